import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "#server/storage/folder/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { annasDisk } from "./disk.ts";

describe("connecting a folder", () => {
  const connecting = async () => {
    const { disk, music, secret, put } = await annasDisk();
    await put("music2/take.mp3", Buffer.from("x"));
    const connect = (path: string, roots: readonly string[] = [music]) =>
      folder.connect.verify(
        { FOLDER_ROOTS: [...roots] },
        { provider: "folder", folder: path },
        createTestIo(),
      );
    return { disk, music, secret, connect };
  };

  test("takes an allowed root and what lies in it, by its real path", async () => {
    const { music, connect } = await connecting();
    await symlink(join(music, "Live"), join(music, "Best"));
    const live = { credential: { folder: join(music, "Live") }, name: "Live" };
    expect(await connect(music)).toMatchObject({ credential: { folder: music }, name: "music" });
    expect(await connect(join(music, "Live"))).toMatchObject(live);
    expect(await connect(`${music}/Live/../Live/`)).toMatchObject(live);
    expect(await connect(join(music, "Best"))).toMatchObject(live);
  });

  test("takes a root that is itself a link", async () => {
    const { disk, music, connect } = await connecting();
    await symlink(music, join(disk, "mnt"));
    const mounted = await connect(join(disk, "mnt/Live"), [join(disk, "mnt")]);
    expect(mounted.credential).toEqual({ folder: join(music, "Live") });
  });

  test("refuses everything else in one sentence, whether it exists or not", async () => {
    const { disk, music, secret, connect } = await connecting();
    await symlink(secret, join(music, "out"));
    const sentences = new Set<string>();
    for (const path of [
      secret,
      disk,
      "/",
      "/etc/passwd",
      "/no/such/folder",
      `${disk}/music2`,
      `${disk}/nothing`,
      `${music}/../secret`,
      `${music}/../nothing`,
      join(music, "out"),
    ]) {
      const refusal = await refusalOf(connect(path));
      expect(refusal.code).toBe("storage_refused");
      sentences.add(refusal.message);
    }
    expect([...sentences]).toEqual([expect.stringContaining(`Choose one in ${music}, or ask`)]);
  });

  test("says what is wrong with a path that is allowed", async () => {
    const { music, connect } = await connecting();
    expect((await refusalOf(connect(join(music, "Lvie")))).message).toContain(
      "no folder with this path",
    );
    expect((await refusalOf(connect(join(music, "take 2.mp3")))).message).toContain("no folder");
    expect((await refusalOf(connect("music"))).message).toContain("whole path");
    expect((await refusalOf(connect(`${music}\0`))).message).toContain("whole path");
  });

  test("is off until the administrator allows a folder, and says how", () => {
    const parse = (FOLDER_ROOTS?: string) => folder.settings.parse({ FOLDER_ROOTS });
    expect(folder.offWhy(parse())).toContain("FOLDER_ROOTS");
    expect(folder.offWhy(parse(""))).toContain("FOLDER_ROOTS");
    expect(folder.offWhy(parse("/music"))).toBeNull();
    expect(folder.roots?.(parse("/music:/mnt/tapes:"))).toEqual(["/music", "/mnt/tapes"]);
    expect(folder.settings.safeParse({ FOLDER_ROOTS: "/music:tapes" }).success).toBe(false);
  });
});
