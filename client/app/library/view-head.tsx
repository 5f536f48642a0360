import { Button } from "@mantine/core";
import { IconArrowsShuffle, IconPlayerPlayFilled, IconPlaylistAdd } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useScreenTitle } from "../frame/title.ts";
import { views } from "../words/views.ts";
import { playAllAfterCurrent, playQueueOf, toDrawn } from "./play.ts";
import type { TrackPages } from "./use-track-pages.ts";
import { ViewTabs } from "./view-screen.tsx";
import s from "./views.module.css";

interface ViewHeadProps {
  readonly title: string;
  readonly by?: ReactNode;
  readonly facts: readonly string[];
  readonly cover?: ReactNode;
  readonly pages: TrackPages;
  /** What else can be done with all of it. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The page of one album, artist or genre: what it is, what can be done with all of it, and its parts. */
export function ViewPage({ title, by, facts, cover, pages, actions, children }: ViewHeadProps) {
  useScreenTitle(title);
  return (
    <div className={s.page}>
      <ViewTabs />
      <div className={s.body}>
        <div className={s.about}>
          {cover ? <div className={s.largeCover}>{cover}</div> : null}
          <div>
            <h1 className={s.heading}>{title}</h1>
            {by ? <p className={s.whose}>{by}</p> : null}
            <p className="soft times">{facts.join(" · ")}</p>
            <PlayAll pages={pages} actions={actions} />
          </div>
        </div>
        {children}
      </div>
    </div>
  );
}

/** Queues what has been loaded; playing, in order or not, fetches the rest as it goes. */
function PlayAll({ pages, actions }: Pick<ViewHeadProps, "pages" | "actions">) {
  const isEmpty = !pages.rows.some(({ state }) => state === "present");
  const shuffle = async () => playQueueOf(await toDrawn(pages.toQueue(0)));
  const queueAll = () => {
    playAllAfterCurrent(pages.rows.filter(({ state }) => state === "present"));
  };
  return (
    <div className={s.plays}>
      <Button
        leftSection={<IconPlayerPlayFilled size={16} aria-hidden />}
        disabled={isEmpty}
        onClick={() => playQueueOf(pages.toQueue(0))}
      >
        {views.play}
      </Button>
      <Button
        variant="default"
        leftSection={<IconArrowsShuffle size={16} aria-hidden />}
        disabled={isEmpty}
        onClick={() => void shuffle()}
      >
        {views.shuffle}
      </Button>
      <Button
        variant="default"
        leftSection={<IconPlaylistAdd size={16} aria-hidden />}
        disabled={isEmpty}
        onClick={queueAll}
      >
        {views.playNext}
      </Button>
      {actions}
    </div>
  );
}
