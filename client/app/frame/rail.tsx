import { ActionIcon, Drawer } from "@mantine/core";
import {
  IconCalendarEvent,
  IconCloud,
  IconHome,
  IconMusic,
  IconPlaylist,
  type IconProps,
  IconSettings,
  IconShare,
  IconShield,
  IconX,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useIsAdmin } from "../auth/session.ts";
import { frame } from "../words/frame.ts";
import { useBandId, useIsEditor } from "./band.ts";
import { BandSwitcher } from "./band-switcher.tsx";
import s from "./rail.module.css";

export function Rail() {
  return (
    <div className={s.rail}>
      <RailContent />
    </div>
  );
}

interface RailDrawerProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** The same on a phone, over the screen. */
export function RailDrawer({ isOpen, onClose }: RailDrawerProps) {
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      size={264}
      padding={0}
      withCloseButton={false}
      attributes={{ content: { "aria-label": frame.mainNavigation } }}
    >
      <div className={s.drawer}>
        <ActionIcon className={s.close ?? ""} aria-label={frame.closeNavigation} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
        <RailContent onNavigate={onClose} />
      </div>
    </Drawer>
  );
}

function RailContent({ onNavigate }: { readonly onNavigate?: () => void }) {
  const isAdmin = useIsAdmin();
  const isEditor = useIsEditor();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the links inside take the keys
    <nav className={s.nav} aria-label={frame.mainNavigation} onClick={onNavigate}>
      <BandSwitcher />
      <ul className={s.list}>
        <Entry to="/b/$bandId" icon={IconHome} label={frame.home} isExact />
        <Entry to="/b/$bandId/library" icon={IconMusic} label={frame.library} />
        <Entry to="/b/$bandId/rehearsals" icon={IconCalendarEvent} label={frame.rehearsals} />
        <Entry to="/b/$bandId/playlists" icon={IconPlaylist} label={frame.playlists} />
        {isEditor ? <Entry to="/b/$bandId/shares" icon={IconShare} label={frame.shares} /> : null}
      </ul>
      <ul className={s.list}>
        <Entry to="/b/$bandId/storage" icon={IconCloud} label={frame.storage} />
        <Entry to="/b/$bandId/settings" icon={IconSettings} label={frame.settings} />
        {isAdmin ? <Entry to="/b/$bandId/admin" icon={IconShield} label={frame.admin} /> : null}
      </ul>
    </nav>
  );
}

interface EntryProps {
  readonly to:
    | "/b/$bandId"
    | "/b/$bandId/library"
    | "/b/$bandId/rehearsals"
    | "/b/$bandId/playlists"
    | "/b/$bandId/shares"
    | "/b/$bandId/storage"
    | "/b/$bandId/settings"
    | "/b/$bandId/admin";
  readonly icon: ComponentType<IconProps>;
  readonly label: string;
  readonly isExact?: boolean;
}

function Entry({ to, icon: Icon, label, isExact = false }: EntryProps) {
  const bandId = useBandId();
  return (
    <li>
      <Link
        to={to}
        params={{ bandId }}
        className={s.entry}
        activeOptions={{ exact: isExact, includeSearch: false }}
      >
        <Icon size={18} stroke={1.6} aria-hidden />
        {label}
      </Link>
    </li>
  );
}
