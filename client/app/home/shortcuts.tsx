import { IconClockPlus, IconCloudPlus, IconFileUnknown, IconHourglass } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useBandId, useIsOwner } from "../frame/band.ts";
import { home } from "../words/settings.ts";
import s from "./home.module.css";

export function Shortcuts() {
  const params = { bandId: useBandId() };
  const isOwner = useIsOwner();
  const to = "/b/$bandId/library" as const;
  return (
    <ul className={s.shortcuts}>
      <Shortcut
        link={{ to, params, search: { sort: "added", dir: "desc" } }}
        icon={<IconClockPlus size={18} stroke={1.6} aria-hidden />}
        label={home.newestFirst}
      />
      <Shortcut
        link={{ to, params, search: { sort: "duration", dir: "desc" } }}
        icon={<IconHourglass size={18} stroke={1.6} aria-hidden />}
        label={home.longest}
      />
      <Shortcut
        link={{ to, params, search: { state: "missing" } }}
        icon={<IconFileUnknown size={18} stroke={1.6} aria-hidden />}
        label={home.missing}
      />
      {isOwner ? (
        <Shortcut
          link={{ to: "/b/$bandId/storage/add", params, search: {} }}
          icon={<IconCloudPlus size={18} stroke={1.6} aria-hidden />}
          label={home.addStorage}
        />
      ) : null}
    </ul>
  );
}

interface ShortcutProps {
  readonly link: LinkProps;
  readonly icon: ReactNode;
  readonly label: string;
}

const Shortcut = ({ link, icon, label }: ShortcutProps) => (
  <li>
    <Link className={s.shortcut} {...link}>
      {icon}
      {label}
    </Link>
  </li>
);
