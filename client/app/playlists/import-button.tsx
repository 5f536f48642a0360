import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFileImport } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";
import { sentenceOf, trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { playlists } from "../words/playlists.ts";
import { notePlaylist } from "./playlists.ts";

/** Makes a playlist of another program's file. */
export function ImportButton() {
  const bandId = useBandId();
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const load = useMutation(
    trpc.playback.playlists.import.mutationOptions({
      async onSuccess({ playlist, unknownCount }) {
        await notePlaylist(playlist);
        notifications.show({ message: playlists.imported(playlist.itemCount, unknownCount) });
        const params = { bandId, playlistId: playlist.id };
        void navigate({ to: "/b/$bandId/playlists/$playlistId", params });
      },
      onError: (error) => notifications.show({ message: sentenceOf(error) }),
    }),
  );
  return (
    <>
      <input
        ref={field}
        type="file"
        accept=".m3u,.m3u8,audio/x-mpegurl,application/vnd.apple.mpegurl"
        hidden
        onChange={async (event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (!file) return;
          const name = file.name.replace(/\.m3u8?$/i, "").slice(0, 200) || playlists.title;
          load.mutate({ bandId, name, text: await file.text() });
        }}
      />
      <Button
        variant="default"
        leftSection={<IconFileImport size={16} aria-hidden />}
        loading={load.isPending}
        onClick={() => field.current?.click()}
      >
        {playlists.import}
      </Button>
    </>
  );
}
