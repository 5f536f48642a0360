import { Button, Skeleton } from "@mantine/core";
import {
  IconAlertCircle,
  IconArrowLeft,
  IconPlayerPlayFilled,
  IconShare,
} from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { refusalOf, sentenceOf } from "../api.ts";
import { useIsEditor } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { NothingHere } from "../frame/broken.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { player } from "../playback/here.ts";
import s from "../playlists/playlists.module.css";
import { openListShareDialog } from "../shares/dialog.ts";
import { frame } from "../words/frame.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { RehearsalCover } from "./rehearsal-cover.tsx";
import { RehearsalMenu } from "./rehearsal-menu.tsx";
import own from "./rehearsals.module.css";
import { foldersOf, toQueue, useRehearsal } from "./rehearsals.ts";
import { Takes } from "./takes.tsx";

/** A day on which the band has played. */
export function RehearsalPage() {
  const { rehearsalId } = useParams({ from: "/b/$bandId/rehearsals/$rehearsalId" });
  const { data, error, refetch } = useRehearsal(rehearsalId);
  if (data) return <OneRehearsal rehearsal={data} />;
  if (!error) return <LoadingRehearsal />;
  const refusal = refusalOf(error)?.code;
  if (refusal === "not_found" || refusal === "forbidden") return <NothingHere />;
  return (
    <Blank
      isScreen
      isFailure
      icon={<IconAlertCircle size={24} />}
      title={rehearsals.failed}
      text={sentenceOf(error)}
    >
      <Button onClick={() => refetch()}>{frame.tryAgain}</Button>
    </Blank>
  );
}

function OneRehearsal({ rehearsal }: { readonly rehearsal: WholeRehearsal }) {
  const { id, bandId, title, heldOn, notes, takes, takeCount, durationMs } = rehearsal;
  useScreenTitle(title);
  const isEditor = useIsEditor();
  const playFrom = (index: number) => player.playQueue(toQueue(takes, index));
  const first = takes.findIndex(({ state }) => state === "present");
  return (
    <div className={s.page}>
      <BackLink />
      <div className={s.head}>
        <RehearsalCover rehearsal={rehearsal} />
        <div className={s.text}>
          <h1 className={s.title}>{title}</h1>
          <p className="soft times">
            {[rehearsals.heldOn(heldOn), rehearsals.facts(takeCount, durationMs)].join(" · ")}
          </p>
        </div>
        <div className={s.actions}>
          <Button
            leftSection={<IconPlayerPlayFilled size={16} aria-hidden />}
            disabled={first < 0}
            onClick={() => playFrom(first)}
          >
            {rehearsals.play}
          </Button>
          {isEditor ? (
            <>
              <Button
                variant="default"
                leftSection={<IconShare size={16} aria-hidden />}
                onClick={() => openListShareDialog({ bandId, title, target: { rehearsalId: id } })}
              >
                {rehearsals.share}
              </Button>
              <RehearsalMenu rehearsal={rehearsal} />
            </>
          ) : null}
        </div>
      </div>
      {notes === "" ? null : <p className={own.notes}>{notes}</p>}
      <Folders rehearsal={rehearsal} />
      <Takes rehearsal={rehearsal} onPlay={playFrom} />
    </div>
  );
}

/** Where its takes lie. */
function Folders({ rehearsal: { bandId, takes } }: { readonly rehearsal: WholeRehearsal }) {
  const folders = foldersOf(takes).filter(({ path }) => path !== "");
  if (folders.length === 0) return null;
  return (
    <p className={own.folders}>
      <span className="soft">{rehearsals.inFolder}</span>
      {folders.map(({ connectionId, path }) => (
        <Link
          key={`${connectionId} ${path}`}
          to="/b/$bandId/library/folders"
          params={{ bandId }}
          search={{ connection: connectionId, path }}
        >
          {path}
        </Link>
      ))}
    </p>
  );
}

function BackLink() {
  const { bandId } = useParams({ from: "/b/$bandId/rehearsals/$rehearsalId" });
  return (
    <Link className={s.back} to="/b/$bandId/rehearsals" params={{ bandId }}>
      <IconArrowLeft size={16} aria-hidden /> {rehearsals.back}
    </Link>
  );
}

const LoadingRehearsal = () => (
  <div className={s.page} aria-busy="true">
    <BackLink />
    <div className={s.head}>
      <Skeleton width={48} height={48} radius={4} />
      <div className={s.text}>
        <Skeleton height={18} width={220} />
        <Skeleton height={10} width={120} mt={10} />
      </div>
    </div>
    <Skeleton height={240} />
  </div>
);
