import { ActionIcon, Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { type MouseEvent, useState } from "react";
import type { SharedTrack } from "#contract/shares.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { formatBytes } from "../words/format.ts";
import { shares } from "../words/shares.ts";
import type { SharedRecording } from "./opened-share.ts";
import type { SharePlayer } from "./share-player.ts";

const words = shares.guest;

interface DownloadProps {
  readonly shared: SharedRecording;
  readonly track: SharedTrack;
  readonly guest: SharePlayer;
}

/** Keeping it counts as a listen, too: the server gives it only afterwards. */
function useDownload({ shared, track, guest }: DownloadProps) {
  const [error, setError] = useState<unknown>(null);
  const onClick = async (event: MouseEvent<HTMLAnchorElement>) => {
    if (guest.hasBegun(track.id)) return;
    event.preventDefault();
    const link = event.currentTarget;
    setError(null);
    try {
      await guest.begin(track.id);
      link.click();
    } catch (refused) {
      setError(refused);
    }
  };
  const link = { href: backline.downloadUrl(track.id, shared.shareId), download: true, onClick };
  return { link, failure: error ? sentenceOf(error) : null };
}

/** Where the link allows it, and it is there. */
export function WholeDownload(props: DownloadProps) {
  const { link, failure } = useDownload(props);
  const { shared, track } = props;
  if (!shared.canDownload || !track.isPresent) return null;
  return (
    <div>
      <Button
        component="a"
        variant="default"
        size="lg"
        {...link}
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        {words.download(formatBytes(track.sizeBytes))}
      </Button>
      <FormFailure>{failure}</FormFailure>
    </div>
  );
}

/** The same in a row of a list. */
export function RowDownload(props: DownloadProps) {
  const { link, failure } = useDownload(props);
  const { shared, track } = props;
  if (!shared.canDownload || !track.isPresent) return null;
  const label = words.keep(track.title, formatBytes(track.sizeBytes));
  return (
    <>
      <ActionIcon component="a" aria-label={label} {...link}>
        <IconDownload size={16} />
      </ActionIcon>
      <FormFailure>{failure}</FormFailure>
    </>
  );
}
