import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { trpc } from "../api.ts";
import { Confirm } from "../frame/confirm.tsx";
import { MoreMenu } from "../frame/more-menu.tsx";
import { rehearsals } from "../words/rehearsals.ts";
import { EditRehearsal } from "./edit-rehearsal.tsx";
import { refreshRehearsals } from "./rehearsals.ts";

interface RehearsalMenuProps {
  readonly rehearsal: WholeRehearsal;
}

/** For editors and owners. */
export function RehearsalMenu({ rehearsal }: RehearsalMenuProps) {
  const [opened, setOpened] = useState<"edit" | "remove" | null>(null);
  const close = () => setOpened(null);
  return (
    <>
      <MoreMenu label={rehearsals.more(rehearsal.title)}>
        <Menu.Item
          leftSection={<IconPencil size={16} aria-hidden />}
          onClick={() => setOpened("edit")}
        >
          {rehearsals.edit}
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => setOpened("remove")}
        >
          {rehearsals.remove}
        </Menu.Item>
      </MoreMenu>
      {opened === "edit" ? <EditRehearsal rehearsal={rehearsal} onClose={close} /> : null}
      <RemoveRehearsal rehearsal={rehearsal} isOpen={opened === "remove"} onClose={close} />
    </>
  );
}

interface RemoveRehearsalProps extends RehearsalMenuProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function RemoveRehearsal({ rehearsal, isOpen, onClose }: RemoveRehearsalProps) {
  const navigate = useNavigate();
  const remove = useMutation(
    trpc.library.rehearsals.remove.mutationOptions({
      async onSuccess() {
        notifications.show({ message: rehearsals.removed(rehearsal.title) });
        const params = { bandId: rehearsal.bandId };
        await navigate({ to: "/b/$bandId/rehearsals", params, replace: true });
        await refreshRehearsals();
      },
    }),
  );
  return (
    <Confirm
      title={rehearsals.removeTitle(rehearsal.title)}
      texts={rehearsals.removeTexts}
      confirm={rehearsals.removeConfirm}
      isHarmful
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() => remove.mutate({ rehearsalId: rehearsal.id })}
      isPending={remove.isPending}
      error={remove.error}
    />
  );
}
