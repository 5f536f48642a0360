import { Menu } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconLinkOff, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import type { Share } from "#contract/shares.ts";
import { MoreMenu } from "../frame/more-menu.tsx";
import { shares } from "../words/shares.ts";
import { EditShare } from "./edit-share.tsx";
import { RemoveShare } from "./remove-share.tsx";
import { RenewLink } from "./renew-link.tsx";

/** What can be done about a link. */
export function ShareMenu({ share }: { readonly share: Share }) {
  const [opened, setOpened] = useState<"edit" | "renew" | "remove" | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <MoreMenu label={shares.menu(share)} width={176}>
        <Menu.Item
          leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}
          onClick={() => setOpened("edit")}
        >
          {shares.edit.open}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconRefresh size={16} aria-hidden />}
          onClick={() => setOpened("renew")}
        >
          {shares.renew.open}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          color="red"
          leftSection={<IconLinkOff size={16} aria-hidden />}
          onClick={() => setOpened("remove")}
        >
          {shares.remove.open}
        </Menu.Item>
      </MoreMenu>
      {opened === "edit" ? <EditShare share={share} onClose={close} /> : null}
      <RenewLink share={share} isOpen={opened === "renew"} onClose={close} />
      <RemoveShare share={share} isOpen={opened === "remove"} onClose={close} />
    </>
  );
}
