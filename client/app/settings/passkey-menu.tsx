import { Menu } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Passkey } from "#contract/passkeys.ts";
import { MoreMenu } from "../frame/more-menu.tsx";
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
      <MoreMenu label={words.menu(passkey.name)} width={180}>
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
      </MoreMenu>
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
