import type { Connection } from "#contract/connections.ts";
import { Confirm } from "../frame/confirm.tsx";
import { direct } from "../words/direct.ts";
import { useDirect } from "./use-direct.ts";

interface PlayDirectProps {
  readonly connection: Connection;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Says what it is good for and what it costs, before. */
export function PlayDirect({ connection, isOpen, onClose }: PlayDirectProps) {
  const change = useDirect(connection);
  const close = () => {
    change.reset();
    onClose();
  };
  return (
    <Confirm
      title={direct.title(connection.name)}
      texts={direct.texts}
      confirm={direct.switchOn}
      isOpen={isOpen}
      onClose={close}
      // A refusal is shown in the dialog.
      onConfirm={() => void change.set(true).then(close, () => {})}
      isPending={change.isPending}
      error={change.error}
    />
  );
}
