import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { SharedLink, ShareTerms } from "#contract/shares.ts";
import { demoFolder, demoFolderCovers, demoRecordings } from "#tests/support/demo.ts";
import { openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";
import { rowOf, signIn } from "./people.ts";

export const TITLE = "Lighthouse Keepers";
export const PASSWORD = "one two three four";

const OPEN: ShareTerms = {
  expiresAt: null,
  playLimit: null,
  canDownload: false,
  canComment: false,
};

export interface Sharing extends StorageWorld {
  readonly browser: Browser;
  /** Somebody with cookies of their own, who has just opened an address. */
  visit(path: string): Promise<Person>;
  /** Anna in her library. */
  enter(): Promise<Person>;
  /** The same in a browser that is open. */
  enterAs(somebody: Person): Promise<Person>;
  /** Makes a link as the dialog does. */
  share(terms?: Partial<ShareTerms>, password?: string | null, title?: string): Promise<SharedLink>;
}

/** Anna's band with the demo recordings, and a browser for everybody. */
export async function annaShares(): Promise<Sharing> {
  const paths = [...demoFolderCovers, ...demoRecordings.map(({ path }) => path)];
  const files = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(demoFolder, path))] as const),
  );
  const world = await annasStorage((cloud) => {
    for (const [path, bytes] of files) cloud.tree.put(path, bytes);
  });
  const browser = await startBrowser();
  const visit = (path: string) => openPage(world.server.baseUrl, path, browser);
  const enterAs = async (anna: Person) => {
    await anna.page.goto(`/b/${world.bandId}/library`);
    await signIn(anna);
    await rowOf(anna, TITLE).waitFor();
    return anna;
  };
  return {
    ...world,
    browser,
    visit,
    enterAs,
    enter: async () => enterAs(await visit("/icon.svg")),
    async share(terms = {}, password = null, title = TITLE) {
      const [track] = await listTracks(world, title);
      if (!track) throw new Error(`Nothing is called ${title}.`);
      return world.anna.api.playback.shares.create.mutate({
        trackId: track.id,
        terms: { ...OPEN, ...terms },
        password,
      });
    },
  };
}

/** From the form of a link that takes one. */
export async function givePassword({ page }: Person, password: string): Promise<void> {
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Open" }).click();
}

export const play = ({ page }: Person): Promise<void> =>
  page.getByRole("button", { name: "Play", exact: true }).click();
