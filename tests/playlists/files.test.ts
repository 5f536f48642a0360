import { expect, test } from "vitest";
import { readM3u, writeM3u } from "#server/playlists/m3u.ts";
import { createMatcher } from "#server/playlists/matching.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { refused } from "#tests/support/refused.ts";
import { annasStorage, listTracks } from "#tests/support/world.ts";

const PATHS = [
  "Live/2026/take 1.mp3",
  "Live/2025/take 1.mp3",
  "Live/Köln/größe 50%.mp3",
  "Studio/#1 hit.mp3",
  "Studio/夜汽車.mp3",
];

const annasPaths = () =>
  annasStorage(({ tree }) => {
    for (const path of PATHS) tree.put(path, mp3({ TIT2: path }, 20));
  });

test("what is exported comes back as the same list", async () => {
  const world = await annasPaths();
  const { playlists } = world.anna.api.playback;
  const tracks = await listTracks(world);
  const order = [4, 0, 3, 2, 1, 0].map((index) => tracks[index]?.id ?? expect.unreachable());
  const name = 'Set: "Köln"\n/ 2026';
  const made = await playlists.create.mutate({ bandId: world.bandId, name, trackIds: order });
  const file = await playlists.export.query({ playlistId: made.id });
  expect(file.filename).toBe("Set_ _Köln___ 2026.m3u8");
  const lines = file.text.split("\n");
  expect(lines[0]).toBe("#EXTM3U");
  expect(lines.filter((line) => line.startsWith("#EXTINF:"))).toHaveLength(6);
  const paths = lines.filter((line) => line !== "" && !line.startsWith("#"));
  expect(paths.every((path) => !path.startsWith("/") && !path.includes(".."))).toBe(true);
  const back = await playlists.import.mutate({
    ...{ bandId: world.bandId, name: "Back", text: file.text },
  });
  expect([back.unknown, back.unknownCount]).toEqual([[], 0]);
  const { items } = await playlists.items.query({ playlistId: back.playlist.id });
  expect(items.map(({ track }) => track.id)).toEqual(order);
});

test("nothing that a file names is fetched or leads out of the library", async () => {
  const world = await annasPaths();
  const { playlists } = world.anna.api.playback;
  const text = [
    "\ufeff#EXTM3U\r",
    "#EXTINF:20,Somebody - Take 1",
    "D:\\Music\\Live\\2026\\take 1.mp3",
    "../../etc/passwd",
    "Live/../Live/2026/take 1.mp3",
    `${world.cloud.url}Live/2026/take%201.mp3`,
    "https://other.example/Live/2026/take 1.mp3",
    "file:///home/anna/Live/K%C3%B6ln/gr%C3%B6%C3%9Fe%2050%25.mp3",
    "take 1.mp3",
    "somewhere/夜汽車.mp3",
    "/srv/STUDIO/#1 hit.mp3",
    "file:///%ff.mp3",
    "javascript:alert(1)",
  ].join("\n");
  const before = world.cloud.count();
  const made = await playlists.import.mutate({ bandId: world.bandId, name: "Old", text });
  expect(world.cloud.count()).toBe(before);
  const { items } = await playlists.items.query({ playlistId: made.playlist.id });
  expect(items.map(({ track }) => track.path)).toEqual([
    "Live/2026/take 1.mp3",
    "Live/Köln/größe 50%.mp3",
    "Studio/夜汽車.mp3",
    "Studio/#1 hit.mp3",
  ]);
  // Two files are called `take 1.mp3`: that alone says not which.
  expect(made.unknown).toEqual([
    "../../etc/passwd",
    "Live/../Live/2026/take 1.mp3",
    `${world.cloud.url}Live/2026/take%201.mp3`,
    "https://other.example/Live/2026/take 1.mp3",
    "take 1.mp3",
    "file:///%ff.mp3",
    "javascript:alert(1)",
  ]);
});

test("a file that means nothing here makes no playlist", async () => {
  const world = await annasPaths();
  const { playlists } = world.anna.api.playback;
  for (const text of ["", "#EXTM3U", "other.mp3\n", "\0", "x\n".repeat(10_001)]) {
    const refusal = await refused(
      playlists.import.mutate({ bandId: world.bandId, name: "Old", text }),
    );
    expect(refusal.code).toBe("conflict");
  }
  expect(await playlists.list.query({ bandId: world.bandId })).toEqual([]);
});

test("names that are spelt in another form are the same", () => {
  const path = "Live/Ko\u0308ln/TAKE.mp3";
  const match = createMatcher([{ id: "one" as never, path }]);
  const [line] = readM3u("live/K\u00f6ln/take.MP3");
  expect(match(line?.parts ?? [])).toBe("one");
});

test("titles cannot write lines of their own", () => {
  const text = writeM3u("a\nb", [
    { title: "x\n/etc/passwd", artist: "y\r\nz", durationMs: 1499, path: "#a\nb.mp3" },
  ]);
  expect(text).toBe("#EXTM3U\n#PLAYLIST:a b\n#EXTINF:1,y z - x /etc/passwd\n./#a b.mp3\n");
});
