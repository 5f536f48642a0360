import { describe, expect, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { flac } from "./made-audio.ts";
import { rescan } from "./scanning.ts";
import {
  artistNamed,
  foldersIn,
  genreNamed,
  LIBRARY,
  library,
  oneAlbum,
  viewsOf,
} from "./viewed.ts";

describe("after files have changed", () => {
  test("what is missing is counted apart", async () => {
    const world = await library();
    const before = await oneAlbum(world, "The Long Road");
    world.cloud.tree.remove("Long Road/CD 2/1.flac");
    await rescan(world);
    const { id, durationMs, ...after } = await oneAlbum(world, "The Long Road");
    expect(after).toMatchObject({ trackCount: 4, missingCount: 1, discCount: 2 });
    expect(id).toBe(before.id);
    expect(durationMs).toBeLessThan(before.durationMs);
    const counts = { trackCount: 4, missingCount: 1 };
    expect(await artistNamed(world, "The Walkers")).toMatchObject(counts);
    expect(await genreNamed(world, "Folk")).toMatchObject({ trackCount: 5, missingCount: 1 });
    expect(await foldersIn(world, "Long Road")).toContainEqual(["Long Road/CD 2", "CD 2", 2, 1]);
  });

  test("the views follow, and what nothing is left of is gone", async () => {
    const world = await library();
    const { bandId } = world;
    const [mix, zed] = [await oneAlbum(world, "Mix"), await artistNamed(world, "Zed")];
    const echo = await oneAlbum(world, "An Echo");
    // The same files with other tags, and a folder with another name.
    for (const [path, TITLE] of [
      ["Mix/CD 1/1.flac", "Tin"],
      ["Mix/Disc 2/2.flac", "Tar"],
    ] as const) {
      world.cloud.tree.put(path, flac({ TITLE, ALBUM: "Remix", ARTIST: "Cy", GENRE: "Drone" }, 2));
    }
    const tree = world.cloud.tree;
    tree.remove("Zed/1.flac");
    tree.put("Zed (old)/1.flac", LIBRARY["Zed/1.flac"] ?? "");
    await rescan(world);

    const gone = await viewsOf(world)
      .albums.get.query({ bandId, albumId: mix.id })
      .catch(refusalOf);
    // Anna is an administrator, who is not told which ids there are.
    expect(gone).toMatchObject({ code: "forbidden" });
    expect(await oneAlbum(world, "Remix")).toMatchObject({ artist: "Cy", isCompilation: false });
    expect(await artistNamed(world, "Bo")).toMatchObject({ trackCount: 1 });
    expect(await genreNamed(world, "Drone")).toMatchObject({ trackCount: 3 });
    // The recording moved: its artist is who they were, its album lies elsewhere and no tag says whose it is.
    expect(await artistNamed(world, "Zed")).toEqual(zed);
    expect(await oneAlbum(world, "An Echo")).toMatchObject({
      trackCount: 1,
      addedAt: echo.addedAt,
    });
    const tops = (await foldersIn(world)).map(([path]) => path);
    expect(tops).toContain("Zed (old)");
    expect(tops).not.toContain("Zed");
  });
});
