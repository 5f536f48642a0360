import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { WireError } from "#contract/errors.ts";
import type { OpenedShare } from "#contract/shares.ts";
import { refusalOf, sentenceOf } from "../api.ts";
import { Gate } from "../auth/gate.tsx";
import { PlayerContext } from "../playback/use-player.ts";
import { frame } from "../words/frame.ts";
import { shares } from "../words/shares.ts";
import { Listen } from "./listen.tsx";
import { LoadingListen } from "./loading-listen.tsx";
import { openedShareQuery } from "./opened-share.ts";
import { SharePassword } from "./share-password.tsx";
import { createSharePlayer, type SharePlayer } from "./share-player.ts";

const words = shares.guest;

/** What a public link leads to: one recording, and nothing else of the band. */
export function SharePage() {
  const { token } = useParams({ from: "/s/$token" });
  return <Opened key={token} token={token} />;
}

function Opened({ token }: { readonly token: string }) {
  const { data, error, refetch } = useQuery(openedShareQuery(token));
  const guest = useSharePlayer(token, data);
  const [wasAsked, setWasAsked] = useState(false);
  const ended = useSyncExternalStore(guest.refusal.subscribe, guest.refusal.get);
  const refusal = ended ?? (error ? refusalOf(error) : undefined);
  if (refusal && isOver(refusal)) return <Over refusal={refusal} />;
  if (data?.status === "open") {
    return (
      <PlayerContext value={guest.player}>
        <Listen token={token} shared={data} guest={guest} isAnswer={wasAsked} />
      </PlayerContext>
    );
  }
  if (data) {
    return <SharePassword token={token} onOpened={() => setWasAsked(true)} onRefused={guest.end} />;
  }
  if (!error) return <LoadingListen />;
  return (
    <Gate title={words.failed} text={sentenceOf(error)} isAnswer>
      <Button onClick={() => refetch()}>{frame.tryAgain}</Button>
    </Gate>
  );
}

function useSharePlayer(token: string, opened: OpenedShare | undefined): SharePlayer {
  const [guest] = useState(() => createSharePlayer(token));
  useEffect(() => guest.start(), [guest]);
  useEffect(() => {
    if (opened?.status === "open") guest.show(opened);
  }, [guest, opened]);
  return guest;
}

/** A link that is cut short is none of ours, and leads nowhere as well. */
const isOver = ({ code }: WireError): boolean =>
  code === "not_found" || code === "gone" || code === "invalid_input";

const Over = ({ refusal: { code, message } }: { readonly refusal: WireError }) => (
  <Gate
    title={code === "gone" ? words.over.gone : words.over.not_found}
    text={code === "invalid_input" ? words.incomplete : message}
    isAnswer
  >
    {null}
  </Gate>
);
