import { ActionIcon } from "@mantine/core";
import { IconMenu2 } from "@tabler/icons-react";
import { frame } from "../words/frame.ts";
import { AccountMenu } from "./account-menu.tsx";
import { Activity } from "./activity.tsx";
import { SearchBox } from "./search-box.tsx";
import s from "./top-bar.module.css";

interface TopBarProps {
  readonly onOpenRail: () => void;
}

export function TopBar({ onOpenRail }: TopBarProps) {
  return (
    <header className={s.bar}>
      <ActionIcon className={s.menu ?? ""} aria-label={frame.openNavigation} onClick={onOpenRail}>
        <IconMenu2 size={20} />
      </ActionIcon>
      <SearchBox />
      <div className={s.end}>
        <Activity />
        <AccountMenu />
      </div>
    </header>
  );
}
