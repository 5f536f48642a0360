import type { BandRole } from "#contract/bands.ts";
import type { TrackId, UserId } from "#contract/ids.ts";
import type { Backline } from "#sdk/index.ts";
import { insertMember } from "#server/bands/store.ts";
import { write } from "#server/base/db.ts";
import { createPerson } from "#tests/auth/people.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";

export interface Room extends StorageWorld {
  readonly trackId: TrackId;
  readonly durationMs: number;
  readonly annas: Comments;
}

/** What somebody does with comments. */
export type Comments = Backline["api"]["library"]["comments"];

/** Anna's band with one recording. */
export async function annasRoom(): Promise<Room> {
  const world = await annasStorage(({ tree }) =>
    tree.put("Live/take.mp3", mp3({ TIT2: "Take" }, 200)),
  );
  const { id: trackId, durationMs } = await trackAt(world, "Live/take.mp3");
  if (durationMs === null) throw new Error("The recording has no length.");
  return { ...world, trackId, durationMs, annas: world.anna.api.library.comments };
}

export interface Somebody {
  readonly userId: UserId;
  readonly email: string;
  readonly client: Backline;
  readonly comments: Comments;
}

/** Somebody with an account. @param role - in Anna's band; `null` for a stranger. */
export async function join(
  { server, bandId }: Pick<StorageWorld, "server" | "bandId">,
  name: string,
  role: BandRole | null,
): Promise<Somebody> {
  const { userId, email, password } = await createPerson(server.deps, name, { isVerified: true });
  if (role) {
    await write(server.deps, (tx) => insertMember(tx, { bandId, userId, role }));
  }
  const client = server.guest();
  await client.api.auth.signIn.mutate({ email, password, rememberMe: false });
  return { userId, email, client, comments: client.api.library.comments };
}
