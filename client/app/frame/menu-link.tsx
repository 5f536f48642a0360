import { Menu, type MenuItemProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";

type AnchorAttributes = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof MenuItemProps>;

/** An entry of a menu that leads to another screen. */
export const MenuLink = createLink((props: MenuItemProps & AnchorAttributes) => (
  <Menu.Item component="a" {...props} />
));
