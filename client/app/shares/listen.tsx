import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { type MouseEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { Mark } from "../frame/mark.tsx";
import { OfflineBanner } from "../frame/online.tsx";
import { useScreenTitle } from "../frame/title.ts";
import { Cover } from "../library/cover.tsx";
import { RateMenu } from "../playback/rate-menu.tsx";
import { SeekBar } from "../playback/seek-bar.tsx";
import { PlayButton } from "../playback/transport-buttons.tsx";
import { TroubleLine } from "../playback/trouble-line.tsx";
import { GuestOfShare } from "../playback/use-waveform.ts";
import { VolumeControl } from "../playback/volume-control.tsx";
import { formatBytes } from "../words/format.ts";
import { frame } from "../words/frame.ts";
import { library } from "../words/library.ts";
import { shares } from "../words/shares.ts";
import s from "./listen.module.css";
import type { SharedRecording } from "./opened-share.ts";
import type { SharePlayer } from "./share-player.ts";

const words = shares.guest;

interface ListenProps {
  readonly token: string;
  readonly shared: SharedRecording;
  readonly guest: SharePlayer;
  /** It takes the place of the password's form, so reading goes on at its title. */
  readonly isAnswer: boolean;
}

/** One recording, for whoever has its link. */
export function Listen({ token, shared, guest, isAnswer }: ListenProps) {
  const { track, canDownload } = shared;
  useScreenTitle(track.title);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isAnswer) heading.current?.focus();
  }, [isAnswer]);
  return (
    <ListenFrame
      cover={
        <Cover
          track={track}
          size="large"
          url={backline.shareCoverUrl(token, track)}
          label={library.track.coverOf(track.title)}
        />
      }
    >
      <div>
        <h1 ref={heading} tabIndex={-1} className={s.title}>
          {track.title}
        </h1>
        <p className={s.by}>
          {[track.artist ?? library.unknownArtist, track.album].filter(Boolean).join(" · ")}
        </p>
      </div>
      {track.isPresent ? (
        <GuestOfShare value={shared.shareId}>
          <Controls />
        </GuestOfShare>
      ) : (
        <p className={s.missing}>{words.missing}</p>
      )}
      {canDownload && track.isPresent ? <Download shared={shared} guest={guest} /> : null}
      <Limits shared={shared} />
    </ListenFrame>
  );
}

interface ListenFrameProps {
  readonly cover: ReactNode;
  readonly children: ReactNode;
  readonly isBusy?: boolean;
}

/** The page around it, also while it loads. */
export const ListenFrame = ({ cover, children, isBusy = false }: ListenFrameProps) => (
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
    </main>
    <footer className={s.tagline}>{frame.tagline}</footer>
  </div>
);

const Controls = () => (
  <section className={s.player} aria-label={words.player}>
    <SeekBar isStacked />
    <div className={s.controls}>
      <RateMenu />
      <PlayButton isLarge />
      <VolumeControl />
    </div>
    <div className={s.trouble}>
      <TroubleLine />
    </div>
  </section>
);

/** Keeping it counts as a listen, too: the server gives it only afterwards. */
function Download({ shared: { shareId, track }, guest }: Pick<ListenProps, "shared" | "guest">) {
  const [error, setError] = useState<unknown>(null);
  const beginFirst = async (event: MouseEvent<HTMLAnchorElement>) => {
    if (guest.hasBegun()) return;
    event.preventDefault();
    const link = event.currentTarget;
    setError(null);
    try {
      await guest.begin();
      link.click();
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <div>
      <Button
        component="a"
        variant="default"
        size="lg"
        href={backline.downloadUrl(track.id, shareId)}
        download
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={beginFirst}
      >
        {words.download(formatBytes(track.sizeBytes))}
      </Button>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
    </div>
  );
}

function Limits({ shared: { playsLeft, expiresAt } }: Pick<ListenProps, "shared">) {
  if (playsLeft === null && expiresAt === null) return null;
  return (
    <div className={`${s.limits} times`}>
      {playsLeft === null ? null : <div>{words.left(playsLeft)}</div>}
      {expiresAt === null ? null : <div>{words.until(expiresAt)}</div>}
    </div>
  );
}
