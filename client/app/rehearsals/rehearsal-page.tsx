import { Button } from "@mantine/core";
import { IconPlayerPlayFilled, IconShare } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { BackLink } from "../frame/back-link.tsx";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { FailedPage } from "../frame/failed.tsx";
import { queueOf } from "../library/play.ts";
import { ListPage, LoadingListPage } from "../lists/list-page.tsx";
import { player } from "../playback/here.ts";
import { openListShareDialog } from "../shares/dialog.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { RehearsalCover } from "./rehearsal-cover.tsx";
import { RehearsalMenu } from "./rehearsal-menu.tsx";
import s from "./rehearsals.module.css";
import { foldersOf, useRehearsal } from "./rehearsals.ts";
import { Takes } from "./takes.tsx";

/** A day on which the band has played. */
export function RehearsalPage() {
  const { rehearsalId } = useParams({ from: "/b/$bandId/rehearsals/$rehearsalId" });
  const { data, error, refetch } = useRehearsal(rehearsalId);
  if (data) return <OneRehearsal rehearsal={data} />;
  if (!error) return <LoadingListPage back={<ToRehearsals />} />;
  return <FailedPage title={rehearsals.failed} error={error} onRetry={refetch} />;
}

function OneRehearsal({ rehearsal }: { readonly rehearsal: WholeRehearsal }) {
  const { id, bandId, title, heldOn, notes, takes, takeCount, durationMs } = rehearsal;
  const isEditor = useIsEditor();
  const playFrom = (index: number) => player.playQueue(queueOf(takes, index));
  const first = takes.findIndex(({ state }) => state === "present");
  return (
    <ListPage
      back={<ToRehearsals />}
      cover={<RehearsalCover rehearsal={rehearsal} />}
      title={title}
      facts={[rehearsals.heldOn(heldOn), rehearsals.facts(takeCount, durationMs)].join(" · ")}
      actions={
        <>
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
        </>
      }
    >
      {notes === "" ? null : <p className={s.notes}>{notes}</p>}
      <Folders rehearsal={rehearsal} />
      <Takes rehearsal={rehearsal} onPlay={playFrom} />
    </ListPage>
  );
}

/** Where its takes lie. */
function Folders({ rehearsal: { bandId, takes } }: { readonly rehearsal: WholeRehearsal }) {
  const folders = foldersOf(takes).filter(({ path }) => path !== "");
  if (folders.length === 0) return null;
  return (
    <p className={s.folders}>
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

const ToRehearsals = () => (
  <BackLink to="/b/$bandId/rehearsals" params={{ bandId: useBandId() }}>
    {rehearsals.back}
  </BackLink>
);
