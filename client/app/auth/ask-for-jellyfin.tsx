import { useMutation, useQuery } from "@tanstack/react-query";
import { trpc } from "../api.ts";
import { auth } from "../words/auth.ts";
import { jellyfin } from "../words/jellyfin.ts";
import { DialogFoot } from "./dialog-foot.tsx";
import s from "./gate.module.css";
import { JellyfinFields, NO_CREDENTIALS, wrongCredentials } from "./jellyfin-fields.tsx";
import { useFields } from "./use-fields.ts";

const words = auth.again;

interface AskForJellyfinProps {
  readonly onShown: () => void;
  readonly onCancel: () => void;
}

/** For whoever has no password here. */
export function AskForJellyfin({ onShown, onCancel }: AskForJellyfinProps) {
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  const show = useMutation(trpc.auth.reauthenticate.mutationOptions({ onSuccess: onShown }));
  const { field, submit } = useFields({
    initial: NO_CREDENTIALS,
    findWrong: wrongCredentials,
    onSubmit: (credentials) => show.mutate({ way: "jellyfin", ...credentials }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      {info?.jellyfin ? <p className={s.dialogText}>{jellyfin.again.text(info.jellyfin)}</p> : null}
      <JellyfinFields field={field} />
      <DialogFoot
        error={show.error}
        isPending={show.isPending}
        submit={words.submit}
        onCancel={onCancel}
      />
    </form>
  );
}
