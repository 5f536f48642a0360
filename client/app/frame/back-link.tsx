import { IconArrowLeft } from "@tabler/icons-react";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";
import s from "./back-link.module.css";

/** To what a page is one of, above its title. */
export const BackLink = createLink(
  ({ children, ...props }: AnchorHTMLAttributes<HTMLAnchorElement>) => (
    <a {...props} className={s.back}>
      <IconArrowLeft size={16} aria-hidden /> {children}
    </a>
  ),
);
