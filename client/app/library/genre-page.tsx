import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { trpc } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { views } from "../words/views.ts";
import { countsOf } from "./names-view.tsx";
import { OneOfView } from "./one-of-view.tsx";
import { TrackGroup } from "./track-group.tsx";
import { useTrackPages } from "./use-track-pages.ts";
import { ViewPage } from "./view-head.tsx";

export function GenrePage() {
  const bandId = useBandId();
  const { genreId } = useParams({ from: "/b/$bandId/library/genres/$genreId" });
  const { data, error, refetch } = useQuery(
    trpc.library.genres.get.queryOptions({ bandId, genreId }),
  );
  const pages = useTrackPages(bandId, { genreId }, "artist");
  if (!data) return <OneOfView error={error} onRetry={() => void refetch()} />;
  return (
    <ViewPage title={data.name} facts={[countsOf(data)]} pages={pages}>
      <TrackGroup pages={pages} label={views.tracksOf} />
    </ViewPage>
  );
}
