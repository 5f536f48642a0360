import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface MoreMenuProps {
  /** Of which thing it is the menu. */
  readonly label: string;
  readonly width?: number;
  /** The items. */
  readonly children: ReactNode;
}

/** What else can be done with one thing, behind three dots. */
export const MoreMenu = ({ label, width = 208, children }: MoreMenuProps) => (
  <Menu position="bottom-end" width={width}>
    <Menu.Target>
      <ActionIcon aria-label={label}>
        <IconDots size={18} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>{children}</Menu.Dropdown>
  </Menu>
);
