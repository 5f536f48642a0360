import { ActionIcon } from "@mantine/core";
import { IconMenu2 } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { frame } from "../words/frame.ts";
import { AccountMenu } from "./account-menu.tsx";
import { Activity } from "./activity.tsx";
import { SearchBox } from "./search-box.tsx";
import s from "./top-bar.module.css";

const UploadsIndicator = lazy(() =>
  import("../uploads/indicator.tsx").then((module) => ({ default: module.UploadsIndicator })),
);

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
        <Suspense>
          <UploadsIndicator />
        </Suspense>
        <Activity />
        <AccountMenu />
      </div>
    </header>
  );
}
