import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Passkey } from "#contract/passkeys.ts";
import { passkeys as words } from "../words/passkeys.ts";
import { RemovePasskey } from "./remove-passkey.tsx";
import { RenamePasskey } from "./rename-passkey.tsx";

interface PasskeyMenuProps {
  readonly passkey: Passkey;
  /** Whatever came of it. */
  readonly onSettled: () => void;
}

export function PasskeyMenu({ passkey, onSettled }: PasskeyMenuProps) {
  const [dialog, setDialog] = useState<"rename" | "remove" | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon aria-label={words.menu(passkey.name)}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil size={16} aria-hidden />}
            onClick={() => setDialog("rename")}
          >
            {words.rename.ask}
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => setDialog("remove")}
          >
            {words.remove.ask}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === "rename" ? (
        <RenamePasskey passkey={passkey} onClose={close} onSettled={onSettled} />
      ) : null}
      <RemovePasskey
        passkey={passkey}
        isOpen={dialog === "remove"}
        onClose={close}
        onSettled={onSettled}
      />
    </>
  );
}
