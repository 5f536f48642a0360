import { Button, Skeleton } from "@mantine/core";
import { IconAlertCircle, IconCalendarPlus, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { sentenceOf } from "../api.ts";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { Screen } from "../frame/screen.tsx";
import s from "../playlists/playlists.module.css";
import { frame } from "../words/frame.ts";
import { rehearsals } from "../words/rehearsals.ts";
import { EditRehearsal } from "./edit-rehearsal.tsx";
import { RehearsalLine } from "./rehearsal-line.tsx";
import { useRehearsals } from "./rehearsals.ts";

/** All days on which the band has played. */
export function RehearsalsPage() {
  const isEditor = useIsEditor();
  const [isMaking, setIsMaking] = useState(false);
  return (
    <Screen
      title={rehearsals.title}
      action={
        isEditor ? (
          <Button
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setIsMaking(true)}
          >
            {rehearsals.create}
          </Button>
        ) : null
      }
    >
      <RehearsalList isEditor={isEditor} />
      {isMaking ? <EditRehearsal onClose={() => setIsMaking(false)} /> : null}
    </Screen>
  );
}

function RehearsalList({ isEditor }: { readonly isEditor: boolean }) {
  const list = useRehearsals(useBandId());
  if (!list.data) {
    if (!list.error) return <LoadingRehearsals />;
    return (
      <Blank
        isFailure
        icon={<IconAlertCircle size={24} />}
        title={rehearsals.failed}
        text={sentenceOf(list.error)}
      >
        <Button onClick={() => list.refetch()}>{frame.tryAgain}</Button>
      </Blank>
    );
  }
  const all = list.data.pages.flatMap((page) => page.rehearsals);
  if (all.length === 0) {
    const { title, text, forListeners } = rehearsals.empty;
    return (
      <Blank
        icon={<IconCalendarPlus size={24} />}
        title={title}
        text={isEditor ? text : `${text} ${forListeners}`}
      />
    );
  }
  return (
    <>
      <ul className={s.list} aria-label={rehearsals.list}>
        {all.map((rehearsal) => (
          <li key={rehearsal.id}>
            <RehearsalLine rehearsal={rehearsal} />
          </li>
        ))}
      </ul>
      {list.hasNextPage ? (
        <Button
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {rehearsals.showMore}
        </Button>
      ) : null}
    </>
  );
}

const LoadingRehearsals = () => (
  <div className={s.list} aria-busy="true">
    {["44%", "60%", "38%"].map((width) => (
      <div key={width} className={s.line}>
        <Skeleton width={48} height={48} radius={4} />
        <span className={s.text}>
          <Skeleton height={12} width={width} />
          <Skeleton height={10} width="24%" mt={8} />
        </span>
      </div>
    ))}
  </div>
);
