import type { Track, WholeTrack } from "#contract/library.ts";
import { useConnections } from "../storage/connections.ts";
import { edits } from "../words/edits.ts";
import { formatBytes, formatDay, formatDuration } from "../words/format.ts";
import { library } from "../words/library.ts";
import s from "./track-page.module.css";

const words = library.track;

type Facts = readonly (readonly [term: string, value: string | null])[];

/** Everything that is known of a track, and where it lies. */
export function TrackFacts({ track }: { readonly track: WholeTrack }) {
  const { data: connections = [] } = useConnections(track.bandId);
  const storage = connections.find((each) => each.id === track.connectionId);
  return (
    <div className={s.facts}>
      <FactList title={words.tags} facts={tagsOf(track)} />
      <FactList
        title={words.file}
        facts={[
          [words.storage, storage?.name ?? null],
          [words.path, track.path],
          [words.format, formatOf(track)],
          [words.size, formatBytes(track.sizeBytes)],
          [words.added, formatDay(track.addedAt)],
        ]}
      />
    </div>
  );
}

/** As its lines are; the file says them. */
export function TrackLyrics({ track }: { readonly track: WholeTrack }) {
  const lyrics = track.details?.lyrics;
  if (!lyrics) return null;
  return (
    <section className={s.lyrics} aria-label={words.lyrics}>
      <h2 className={s.factsTitle}>{words.lyrics}</h2>
      <p>{lyrics}</p>
    </section>
  );
}

function FactList({ title, facts }: { readonly title: string; readonly facts: Facts }) {
  const known = facts.filter(([, value]) => value !== null && value !== "");
  return (
    <section aria-label={title}>
      <h2 className={s.factsTitle}>{title}</h2>
      {known.length === 0 ? <p className="soft">{words.noTags}</p> : null}
      <dl className={s.list}>
        {known.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd className="times">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const tagsOf = (track: WholeTrack): Facts => [
  [words.artist, track.artist],
  [words.album, track.album],
  [words.albumArtist, track.albumArtist === track.artist ? null : track.albumArtist],
  [words.number, numberOf(track)],
  [words.year, track.year === null ? null : String(track.year)],
  [words.genre, track.genre],
  [words.recordedOn, track.recordedOn && edits.day(track.recordedOn)],
  [words.duration, track.durationMs === null ? null : formatDuration(track.durationMs)],
  [words.loudness, loudnessOf(track)],
  [words.note, track.details?.comment ?? null],
];

function loudnessOf({ details }: WholeTrack): string | null {
  const { trackGainDb = null, albumGainDb = null } = details?.replayGain ?? {};
  const parts = [
    trackGainDb === null ? null : words.trackGain(trackGainDb),
    albumGainDb === null ? null : words.albumGain(albumGainDb),
  ];
  return parts.filter(Boolean).join(" · ") || null;
}

function numberOf({ trackNumber, discNumber }: Track): string | null {
  if (trackNumber === null) return null;
  return discNumber === null ? String(trackNumber) : words.disc(discNumber, trackNumber);
}

function formatOf({ codec, sampleRateHz, channels, bitrateBps }: Track): string {
  const { kiloHertz, kiloBits, channels: nameOf } = library.format;
  const parts = [
    codec,
    sampleRateHz && kiloHertz(sampleRateHz),
    channels && nameOf(channels),
    bitrateBps && kiloBits(bitrateBps),
  ];
  return parts.filter(Boolean).join(" · ");
}
