import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFileZip } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ExportEntry } from "#contract/leaving.ts";
import { backline, queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { Line, Lines } from "../frame/lines.tsx";
import { leaving } from "../words/leaving.ts";
import { Row } from "./row.tsx";

const words = leaving.exports;
const { exports } = backline.api.account;

const WHILE_WAITING_MS = 2_000;
/** It may be downloaded in another window, or its day may be over. */
const WHILE_READY_MS = 10_000;

const refresh = () => {
  void refreshEvents();
  return queryClient.invalidateQueries({ queryKey: trpc.account.exports.list.queryKey() });
};

function pollEvery(entries: readonly ExportEntry[] | undefined): number | false {
  if (entries?.some(({ state }) => state === "waiting")) return WHILE_WAITING_MS;
  return entries?.some(({ state }) => state === "ready") ? WHILE_READY_MS : false;
}

/** Copies of everything: asking for one, and what became of the last ones. */
export function Exports() {
  const { data: entries, error } = useQuery(
    trpc.account.exports.list.queryOptions(undefined, {
      staleTime: 0,
      refetchInterval: ({ state }) => pollEvery(state.data),
    }),
  );
  const { withProof, dialog } = useReauthentication();
  const ask = useMutation({
    mutationFn: () => withProof(() => exports.request.mutate()),
    onSuccess: () => notifications.show({ message: words.asked }),
    onSettled: refresh,
  });
  const download = useMutation({
    mutationFn: (exportId: string) => withProof(() => exports.link.query({ exportId })),
    onSuccess: ({ url }) => save(url),
    onSettled: refresh,
  });
  const failure = ask.error ?? download.error;
  return (
    <>
      <Row label={words.title} hint={words.hint}>
        <Button
          variant="default"
          loading={ask.isPending}
          disabled={entries?.some(({ state }) => state === "waiting") ?? false}
          onClick={() => ask.mutate()}
        >
          {words.ask}
        </Button>
      </Row>
      <FormFailure>{failure ? sentenceOf(failure) : null}</FormFailure>
      {error ? <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure> : null}
      {entries && entries.length > 0 ? (
        <Lines label={words.list}>
          {entries.slice(0, 3).map((entry) => (
            <Line
              key={entry.id}
              icon={<IconFileZip size={18} />}
              title={words.state(entry)}
              more={words.more(entry)}
            >
              {entry.state === "ready" ? (
                <Button loading={download.isPending} onClick={() => download.mutate(entry.id)}>
                  {words.download}
                </Button>
              ) : null}
            </Line>
          ))}
        </Lines>
      ) : null}
      {dialog}
    </>
  );
}

/** The browser saves it; the screen stays. */
function save(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
