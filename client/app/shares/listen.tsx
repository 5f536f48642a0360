import { type ReactNode, useEffect, useRef } from "react";
import type { SharedTrack } from "#contract/shares.ts";
import { backline } from "../api.ts";
import { Mark } from "../frame/mark.tsx";
import { OfflineBanner } from "../frame/online.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { Cover } from "../library/cover.tsx";
import { RateMenu } from "../playback/rate-menu.tsx";
import { SeekBar } from "../playback/seek-bar.tsx";
import { NextButton, PlayButton, PreviousButton } from "../playback/transport-buttons.tsx";
import { TroubleLine } from "../playback/trouble-line.tsx";
import { usePlayer } from "../playback/use-player.ts";
import { GuestOfShare } from "../playback/use-waveform.ts";
import { VolumeControl } from "../playback/volume-control.tsx";
import { frame } from "../words/frame.ts";
import { library } from "../words/library.ts";
import { shares } from "../words/shares.ts";
import { WholeDownload } from "./download.tsx";
import { GuestComments } from "./guest-comments.tsx";
import s from "./listen.module.css";
import type { SharedRecording } from "./opened-share.ts";
import type { SharePlayer } from "./share-player.ts";
import { SharedTracks } from "./shared-tracks.tsx";

const words = shares.guest;

interface ListenProps {
  readonly token: string;
  readonly shared: SharedRecording;
  readonly guest: SharePlayer;
  /** It takes the place of the password's form, so reading goes on at its title. */
  readonly isAnswer: boolean;
}

/** What a link leads to, for whoever has it: one recording, or a list of them. */
export function Listen({ token, shared, guest, isAnswer }: ListenProps) {
  const { kind, title, tracks } = shared;
  useScreenTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isAnswer) heading.current?.focus();
  }, [isAnswer]);
  const playingId = usePlayer((state) => state.track?.id);
  const shown = tracks.find(({ id }) => id === playingId) ?? tracks[0];
  const isList = kind !== "track";
  return (
    <GuestOfShare value={shared.shareId}>
      <ListenFrame
        cover={shown ? <LargeCover token={token} track={shown} /> : null}
        below={
          <>
            {isList ? <SharedTracks token={token} shared={shared} guest={guest} /> : null}
            {shared.canComment && shown ? (
              <GuestComments key={shown.id} shareId={shared.shareId} track={shown} />
            ) : null}
          </>
        }
      >
        <div>
          <h1 ref={heading} tabIndex={-1} className={s.title}>
            {title}
          </h1>
          <p className={`${s.by} times`}>
            {isList ? words.facts(shared.heldOn, shared.trackCount) : byOf(shown)}
          </p>
        </div>
        {isList && shown ? <NowShown track={shown} /> : null}
        <Sounding shared={shared} />
        {isList || !shown ? null : <WholeDownload shared={shared} track={shown} guest={guest} />}
        <Limits shared={shared} />
      </ListenFrame>
    </GuestOfShare>
  );
}

const byOf = (track: SharedTrack | undefined): string =>
  [track?.artist ?? library.unknownArtist, track?.album].filter(Boolean).join(" · ");

interface LargeCoverProps {
  readonly token: string;
  readonly track: SharedTrack;
}

const LargeCover = ({ token, track }: LargeCoverProps) => (
  <Cover
    track={track}
    size="large"
    url={backline.shareCoverUrl(token, track)}
    label={library.track.coverOf(track.title)}
  />
);

/** Which one of the list. */
const NowShown = ({ track }: { readonly track: SharedTrack }) => (
  <div className={s.now}>
    <div className={`${s.nowTitle} cut`}>{track.title}</div>
    <div className="soft cut">{byOf(track)}</div>
  </div>
);

function Sounding({ shared: { kind, tracks } }: Pick<ListenProps, "shared">) {
  if (tracks.some(({ isPresent }) => isPresent)) return <Controls isList={kind !== "track"} />;
  return <p className={s.missing}>{tracks.length === 0 ? words.none : words.missing}</p>;
}

interface ListenFrameProps {
  readonly cover: ReactNode;
  readonly children: ReactNode;
  readonly below?: ReactNode;
  readonly isBusy?: boolean;
}

/** The page around it, also while it loads. */
export const ListenFrame = ({ cover, children, below, isBusy = false }: ListenFrameProps) => (
  <div className={s.page}>
    <OfflineBanner />
    <main id="main" className={s.main} aria-busy={isBusy}>
      <div className={s.brand}>
        <Mark size={28} />
        <span>{frame.app}</span>
      </div>
      <div className={s.recording}>
        <div className={s.cover}>{cover}</div>
        <div className={s.side}>{children}</div>
      </div>
      {below}
    </main>
    <footer className={s.tagline}>{frame.tagline}</footer>
  </div>
);

const Controls = ({ isList }: { readonly isList: boolean }) => (
  <section className={s.player} aria-label={words.player}>
    <SeekBar isStacked />
    <div className={s.controls}>
      <RateMenu />
      <div className={s.transport}>
        {isList ? <PreviousButton /> : null}
        <PlayButton isLarge />
        {isList ? <NextButton /> : null}
      </div>
      <VolumeControl />
    </div>
    <div className={s.trouble}>
      <TroubleLine />
    </div>
  </section>
);

function Limits({ shared: { playsLeft, expiresAt } }: Pick<ListenProps, "shared">) {
  if (playsLeft === null && expiresAt === null) return null;
  return (
    <div className={`${s.limits} times`}>
      {playsLeft === null ? null : <div>{words.left(playsLeft)}</div>}
      {expiresAt === null ? null : <div>{words.until(expiresAt)}</div>}
    </div>
  );
}
