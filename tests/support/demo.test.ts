import { readdir, readFile, stat } from "node:fs/promises";
import { join, parse, relative, sep } from "node:path";
import { type IAudioMetadata, parseFile } from "music-metadata";
import { describe, expect, test } from "vitest";
import { type DemoRecording, demoFolder, demoFolderCovers, demoRecordings } from "./demo.ts";

const MOST_BYTES = 300_000;
const MOST_COVER_BYTES = 15_000;
const PADDING_MS = 60;

describe("the recordings that come with Backline", () => {
  test("are all listed, and everything listed is there", async () => {
    const entries = await readdir(demoFolder, { recursive: true, withFileTypes: true });
    const found = entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        relative(demoFolder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"),
      );
    const listed = [...demoRecordings.map(({ path }) => path), ...demoFolderCovers];
    expect(found.toSorted()).toEqual(listed.toSorted());
  });

  test("come twice in each of the four formats", () => {
    const count = (format: string) => demoRecordings.filter((it) => it.format === format).length;
    expect(["mp3", "flac", "ogg", "m4a"].map(count)).toEqual([2, 2, 2, 2]);
  });

  test("have one name that must be encoded in a URL, and some beyond ASCII", () => {
    const paths = demoRecordings.map(({ path }) => path);
    expect(paths.filter((path) => /#.*%.*\+/.test(path))).toHaveLength(1);
    expect(paths.filter((path) => /[^ -~]/.test(path)).length).toBeGreaterThanOrEqual(3);
    expect(paths).toEqual(paths.map((path) => path.normalize("NFC")));
  });

  test.each(demoRecordings)("$path is small and is what its tags say", async (recording) => {
    const file = join(demoFolder, recording.path);
    expect((await stat(file)).size).toBeLessThan(MOST_BYTES);
    const metadata = await parseFile(file, { duration: true });
    expect(describeTags(recording.path, metadata)).toEqual(expectedTags(recording));
    const durationMs = (metadata.format.duration ?? 0) * 1000;
    expect(Math.abs(durationMs - recording.durationMs)).toBeLessThanOrEqual(PADDING_MS);
  });

  test("show a picture of at most 15 kB, inside the file or beside it", async () => {
    for (const { path } of demoRecordings.filter(({ hasCover }) => hasCover)) {
      const { common } = await parseFile(join(demoFolder, path));
      expect(common.picture?.map(({ data }) => data.length <= MOST_COVER_BYTES)).toEqual([true]);
    }
    for (const path of demoFolderCovers) {
      const { size } = await stat(join(demoFolder, path));
      expect(size).toBeLessThanOrEqual(MOST_COVER_BYTES);
    }
  });

  test("hold the shapes that readers stumble over", async () => {
    const [variable, constant] = await Promise.all(
      demoRecordings
        .filter(({ format }) => format === "mp3")
        .map(({ path }) => parseFile(join(demoFolder, path))),
    );
    expect(variable?.format).toMatchObject({ codecProfile: "V6", tagTypes: ["ID3v2.4"] });
    expect(constant?.format).toMatchObject({ codecProfile: "CBR", tagTypes: ["ID3v2.3", "ID3v1"] });
    expect(await listAtoms("Rehearsals/2026-04-02/Voice memo (kitchen idea).m4a")).toEqual([
      "ftyp",
      "free",
      "mdat",
      "moov",
    ]);
    expect(await listAtoms("The Lamplight Sessions/02 Moth Hour.m4a")).toEqual([
      "ftyp",
      "moov",
      "free",
      "mdat",
    ]);
  });
});

type Tags = Omit<DemoRecording, "path" | "durationMs">;

function expectedTags({ path: _path, durationMs: _durationMs, ...tags }: DemoRecording): Tags {
  return tags;
}

const formats: Readonly<Record<string, Tags["format"]>> = {
  "MPEG 1 Layer 3": "mp3",
  FLAC: "flac",
  "Vorbis I": "ogg",
  "MPEG-4/AAC": "m4a",
};

/** By what is in the file, not by its name; only a title that is missing comes from the name. */
function describeTags(path: string, { common, format }: IAudioMetadata) {
  return {
    format: formats[format.codec ?? ""],
    title: common.title ?? parse(path).name,
    artist: common.artist ?? null,
    album: common.album ?? null,
    albumArtist: common.albumartist ?? null,
    trackNumber: common.track.no,
    discNumber: common.disk.no,
    year: common.year ?? null,
    genre: common.genre?.join() ?? null,
    hasCover: common.picture !== undefined,
  };
}

/** The names of an MP4 file's top-level boxes: each is `size (4) | name (4) | content`. */
async function listAtoms(path: string): Promise<string[]> {
  const bytes = await readFile(join(demoFolder, path));
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    names.push(bytes.toString("latin1", at + 4, at + 8));
  }
  return names;
}
