import { Menu } from "@mantine/core";
import { IconDownload, IconInfoCircle, IconPlayerTrackNext } from "@tabler/icons-react";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { MenuLink } from "../frame/menu-link.tsx";
import { library } from "../words/library.ts";
import { playAfterCurrent } from "./play.ts";
import s from "./row-menu.module.css";
import type { OpenMenu } from "./use-table-input.ts";

interface RowMenuProps {
  readonly menu: OpenMenu | null;
  readonly onClose: () => void;
}

/** One menu for all rows, where it was asked for. */
export function RowMenu({ menu, onClose }: RowMenuProps) {
  const bandId = useBandId();
  if (!menu) return null;
  const { track, x, y } = menu;
  const isMissing = track.state === "missing";
  return (
    <Menu opened onClose={onClose} position="bottom-start" offset={0} width={200}>
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          className={s.anchor}
          style={{ left: x, top: y }}
          aria-label={library.moreFor(track.title)}
        />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPlayerTrackNext size={16} aria-hidden />}
          disabled={isMissing}
          onClick={() => playAfterCurrent(track)}
        >
          {library.playNext}
        </Menu.Item>
        <MenuLink
          to="/b/$bandId/tracks/$trackId"
          params={{ bandId, trackId: track.id }}
          leftSection={<IconInfoCircle size={16} aria-hidden />}
        >
          {library.details}
        </MenuLink>
        <Menu.Item
          component="a"
          href={backline.downloadUrl(track.id)}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
          disabled={isMissing}
        >
          {library.download}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
