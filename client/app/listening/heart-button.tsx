import { ActionIcon } from "@mantine/core";
import { IconHeart, IconHeartFilled } from "@tabler/icons-react";
import { usePlayer } from "../playback/use-player.ts";
import { listening } from "../words/listening.ts";
import { setFavourite, useIsFavourite } from "./favourites.ts";

/** Marks what plays as a favourite, or not any more. */
export function HeartButton() {
  const track = usePlayer((state) => state.track);
  const isFavourite = useIsFavourite(track) ?? false;
  const bandId = track?.bandId;
  if (!track || !bandId) return null;
  return (
    <ActionIcon
      aria-label={listening.favourite(track.title)}
      aria-pressed={isFavourite}
      onClick={() => void setFavourite({ id: track.id, bandId }, !isFavourite)}
    >
      {isFavourite ? <IconHeartFilled size={18} /> : <IconHeart size={18} />}
    </ActionIcon>
  );
}
