import type { UserId } from "#contract/ids.ts";
import type { Db } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { CSV_HEAD, toCsvLine } from "./csv.ts";
import { listComments } from "./export-comments-store.ts";
import * as data from "./export-data-store.ts";
import { listEdits } from "./export-edits-store.ts";
import * as lists from "./export-lists-store.ts";
import type { ExportFile } from "./packing.ts";
import { toReadme } from "./readme.ts";
import { toSafeNames } from "./safe-name.ts";

/** Rows that are in memory at a time. */
const PAGE = 1_000;

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** What an export of somebody's consists of. Of bands that others own only the name is theirs. */
export async function listFiles(
  deps: Pick<Deps, "db" | "now">,
  userId: UserId,
): Promise<ExportFile[]> {
  const { db } = deps;
  const memberships = await data.listMemberships(db, userId);
  const owned = memberships.filter(({ role }) => role === "owner");
  const folders = toSafeNames(owned.map(({ name }) => name)).map((name) => `bands/${name}`);
  const events = () => eventPages(db, userId);
  const picture = await data.findPicture(db, userId);
  return [
    textFile("README.txt", async () => toReadme(deps.now(), folders)),
    textFile("account.json", () => describeAccount(db, userId, memberships)),
    ...(picture ? [{ path: "picture.webp", content: () => only(picture) }] : []),
    ...tableFiles("audit", events),
    ...owned.flatMap((band, index) => bandFiles(db, band, folders[index] ?? "")),
  ];
}

function bandFiles(db: Db, band: data.Membership, folder: string): ExportFile[] {
  return [
    textFile(`${folder}/band.json`, async () =>
      toJson({ ...band, storages: await data.listConnections(db, band.id) }),
    ),
    ...tableFiles(`${folder}/tracks`, () => trackPages(db, band)),
  ];
}

async function describeAccount(
  db: Db,
  userId: UserId,
  memberships: readonly data.Membership[],
): Promise<string> {
  return toJson({
    profile: await data.findProfile(db, userId),
    devices: await data.listSessions(db, userId),
    passkeys: await data.listPasskeys(db, userId),
    otherServers: await data.listIdentities(db, userId),
    bands: memberships.map(({ name, role, isPersonal, memberSince }) => ({
      name,
      role,
      isPersonal,
      memberSince,
    })),
    publicLinks: await lists.listLinks(db, userId),
    favourites: await data.listFavourites(db, userId),
    listenedTo: await data.listListens(db, userId),
    playlists: await lists.listPlaylists(db, userId),
    rehearsals: await lists.listRehearsals(db, userId),
    comments: await listComments(db, userId),
    edits: await listEdits(db, userId),
  });
}

/** The same rows for programs and for spreadsheets. */
const tableFiles = (path: string, pages: () => AsyncIterable<readonly Row[]>): ExportFile[] => [
  { path: `${path}.json`, content: () => toJsonList(pages()) },
  { path: `${path}.csv`, content: () => toCsv(pages()) },
];

const textFile = (path: string, write: () => Promise<string>): ExportFile => ({
  path,
  async *content() {
    yield await write();
  },
});

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function* toJsonList(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  let before = "[\n";
  for await (const rows of pages) {
    yield before + rows.map((row) => JSON.stringify(row)).join(",\n");
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

async function* toCsv(pages: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  yield CSV_HEAD;
  let isFirst = true;
  for await (const rows of pages) {
    if (isFirst) yield toCsvLine(Object.keys(rows[0] ?? {}));
    isFirst = false;
    yield rows.map((row) => toCsvLine(Object.values(row))).join("");
  }
}

async function* trackPages(db: Db, band: data.Membership): AsyncGenerator<readonly Row[]> {
  let after: data.TrackData["id"] | null = null;
  for (;;) {
    const rows: data.TrackData[] = await data.listTracksAfter(db, band.id, after, PAGE);
    if (rows.length > 0) yield rows.map(toTrackRow);
    after = rows.at(-1)?.id ?? null;
    if (rows.length < PAGE) return;
  }
}

const toTrackRow = ({ id: _, missingSince, modifiedAt, addedAt, ...row }: data.TrackData): Row => ({
  ...row,
  missingSince: missingSince?.toISOString() ?? null,
  modifiedAt: modifiedAt?.toISOString() ?? null,
  addedAt: addedAt.toISOString(),
});

async function* eventPages(db: Db, userId: UserId): AsyncGenerator<readonly Row[]> {
  let before: string | null = null;
  for (;;) {
    const rows: data.EventData[] = await data.listEventsBefore(db, userId, before, PAGE);
    if (rows.length > 0) yield rows.map((row) => toEventRow(row, userId));
    before = rows.at(-1)?.id ?? null;
    if (rows.length < PAGE) return;
  }
}

/** From where an administrator did something is the administrator's business. */
function toEventRow(event: data.EventData, userId: UserId): Row {
  const isByAnother = event.actorId !== null && event.actorId !== userId;
  return {
    at: event.at.toISOString(),
    what: event.action,
    by: event.actorId === null ? null : isByAnother ? "somebody else" : "you",
    ipAddress: isByAnother ? null : event.ipAddress,
    userAgent: isByAnother ? null : event.userAgent,
    details: Object.keys(event.details).length > 0 ? JSON.stringify(event.details) : null,
  };
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
