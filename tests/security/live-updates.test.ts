import { and, eq } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BandId, ConnectionId, TrackId } from "#contract/ids.ts";
import { members } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { commentsTopic } from "#server/comments/service.ts";
import { connectionTopic } from "#server/connections/service.ts";
import { editsTopic } from "#server/library/edit-news.ts";
import { recordLog } from "#tests/support/log.ts";
import { access } from "./access.ts";
import { type LiveAnswer, type LiveEvent, listen } from "./live.ts";
import { type NightShift, nightShift, type Principal } from "./night-shift.ts";
import { procedures } from "./procedures.ts";

/** For so long whoever was signed out or put out may still be connected. */
const GRACE_MS = 5_000;

const subscriptions = procedures.filter(({ type }) => type === "subscription");

const follow = (world: NightShift, who: Principal, path: string): Promise<LiveAnswer> =>
  listen(world.as[who], path, access[path]?.input?.(world.theirs));

/** The codes of all that it still says before it ends; `value` for what is none. */
async function hearOut(live: LiveAnswer): Promise<string[]> {
  const heard: string[] = [];
  const ending = (async () => {
    for (let event = await live.next(); event; event = await live.next()) heard.push(codeOf(event));
    return "ended";
  })();
  const waiting = new Promise((resolve) => setTimeout(resolve, GRACE_MS, "goes on").unref());
  expect(await Promise.race([ending, waiting])).toBe("ended");
  return heard;
}

function codeOf({ name, data }: LiveEvent): string {
  if (name === "message") return "value";
  if (name !== "serialized-error") return name;
  const { httpStatus, app } = (data as { data: { httpStatus: number; app: { code: string } } })
    .data;
  return `${httpStatus} ${app.code}`;
}

/** Something happens to the band's storage, as a scan would make it, to a recording, and to tags. */
const stir = ({ server, theirs }: NightShift): Promise<void> =>
  write(server.deps, async (tx) => {
    await server.deps.events.publish(tx, connectionTopic(theirs.connectionId as ConnectionId));
    await server.deps.events.publish(tx, commentsTopic(theirs.trackId as TrackId));
    await server.deps.events.publish(tx, editsTopic(theirs.bandId as BandId));
  });

test.each(subscriptions)("$path: who signs out hears nothing more", async ({ path }) => {
  const world = await nightShift();
  const live = await follow(world, "listener", path);
  const other = await follow(world, "editor", path);
  expect((await live.next())?.name).toBe("message");
  expect((await other.next())?.name).toBe("message");

  await world.as.listener.browser.mutate("auth.signOut");
  expect(await hearOut(live)).toEqual(["401 unauthenticated"]);

  await stir(world);
  expect((await other.next())?.name).toBe("message");
  other.leave();
});

test.each(subscriptions)(
  "$path: who is put out of the band hears nothing more",
  async ({ path }) => {
    const world = await nightShift();
    const live = await follow(world, "listener", path);
    expect((await live.next())?.name).toBe("message");

    const { person } = world.as.listener;
    if (!person) throw new Error("A listener is somebody.");
    await write(world.server.deps, (tx) =>
      tx
        .delete(members)
        .where(
          and(eq(members.bandId, world.theirs.bandId as BandId), eq(members.userId, person.userId)),
        ),
    );
    await stir(world);
    expect(await hearOut(live)).toEqual(["404 not_found"]);
  },
);

test.each(subscriptions)(
  "$path: what fails while it goes on is told to the log and not to them",
  async ({ path }) => {
    const { log, lines } = recordLog();
    const world = await nightShift({ log });
    const live = await follow(world, "listener", path);
    expect((await live.next())?.name).toBe("message");
    expect(lines.join("")).not.toContain("request failed");

    await write(world.server.deps, (tx) => tx.execute("alter table members drop column user_id"));
    await stir(world);
    const failure = await live.next();
    expect(failure && codeOf(failure)).toBe("500 internal");
    expect(JSON.stringify(failure)).not.toMatch(/select|column|members|stack|\.ts/i);
    expect(lines.join("")).toContain("request failed");
  },
);
