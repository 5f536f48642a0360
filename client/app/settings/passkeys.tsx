import { Button, Skeleton } from "@mantine/core";
import { IconCloud, IconFingerprint } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Passkey } from "#contract/passkeys.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { hasPasskeys } from "../auth/passkey.ts";
import { sessionQuery } from "../auth/session.ts";
import { Line, Lines } from "../frame/lines.tsx";
import { passkeys as words } from "../words/passkeys.ts";
import { AddPasskey } from "./add-passkey.tsx";
import { PasskeyMenu } from "./passkey-menu.tsx";
import { Part } from "./row.tsx";
import s from "./settings.module.css";

/** With the list changes in what ways somebody can show who they are. */
export function refreshPasskeys(): void {
  void queryClient.invalidateQueries({ queryKey: trpc.account.passkeys.list.queryKey() });
  void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
  void refreshEvents();
}

/** The passkeys of this account, and the way to another one. */
export function Passkeys() {
  const [form, setForm] = useState<"new" | "open" | "closed">("new");
  const { data, error } = useQuery(trpc.account.passkeys.list.queryOptions());
  const canAdd = hasPasskeys();
  return (
    <Part
      title={words.title}
      action={
        canAdd && form !== "open" ? (
          <Button
            variant="default"
            onClick={() => setForm("open")}
            // Whoever has just closed the form goes on where they were.
            autoFocus={form === "closed"}
          >
            {words.add.ask}
          </Button>
        ) : null
      }
    >
      <p className={s.hint}>{canAdd ? words.text : words.unable}</p>
      {form === "open" ? (
        <AddPasskey onClose={() => setForm("closed")} onSettled={refreshPasskeys} />
      ) : null}
      {data ? (
        <PasskeyList passkeys={data} />
      ) : error ? (
        <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure>
      ) : (
        <Skeleton height={56} />
      )}
    </Part>
  );
}

function PasskeyList({ passkeys }: { readonly passkeys: readonly Passkey[] }) {
  if (passkeys.length === 0) return null;
  return (
    <Lines label={words.title}>
      {passkeys.map((passkey) => (
        <Line
          key={passkey.id}
          icon={passkey.isSynced ? <IconCloud size={18} /> : <IconFingerprint size={18} />}
          title={passkey.name}
          tags={[passkey.isSynced ? words.synced : words.oneDevice]}
          more={words.used(passkey)}
        >
          <PasskeyMenu passkey={passkey} onSettled={refreshPasskeys} />
        </Line>
      ))}
    </Lines>
  );
}
