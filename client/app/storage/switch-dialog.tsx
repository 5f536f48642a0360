import type { Connection } from "#contract/connections.ts";
import { Confirm } from "../frame/confirm.tsx";
import { type SwitchName, switches, useSwitch } from "./use-switch.ts";

interface SwitchDialogProps {
  readonly connection: Connection;
  readonly which: SwitchName;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Says what it is good for and what it costs, before it is switched on. */
export function SwitchDialog({ connection, which, isOpen, onClose }: SwitchDialogProps) {
  const { words } = switches[which];
  const change = useSwitch(connection, which);
  const close = () => {
    change.reset();
    onClose();
  };
  return (
    <Confirm
      title={words.title(connection.name)}
      texts={words.texts}
      confirm={words.switchOn}
      isOpen={isOpen}
      onClose={close}
      // A refusal is shown in the dialog.
      onConfirm={() => void change.set(true).then(close, () => {})}
      isPending={change.isPending}
      error={change.error}
    />
  );
}
