import { type SQL, sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { ConnectionId } from "#contract/ids.ts";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { annasServer, connect } from "#tests/support/world.ts";

/** Two storages in Anna's band, and a way to write into the second one's row past the server. */
async function twoStorages() {
  const world = await annasServer();
  const [first, second] = [await startFaultServer(), await startFaultServer()];
  for (const cloud of [first, second]) onTestFinished(() => cloud.stop());
  const one = await connect(world, first);
  const other = await connect(world, second);
  const { api } = world.anna;
  return {
    world,
    one,
    other,
    asked: () => [first.count(), second.count()],
    browse: (connectionId: ConnectionId) =>
      api.connections.browse.query({ connectionId, folder: null }),
    check: (connectionId: ConnectionId) => api.connections.check.mutate({ connectionId }),
    put: (sealedCredential: SQL) =>
      write(world.server.deps, (tx) =>
        tx.execute(
          sql`update connections set sealed_credential = ${sealedCredential} where id = ${other.id}`,
        ),
      ),
  };
}

const refusalIn = (call: Promise<unknown>) =>
  call.then(() => "It was not refused.", refusalOf) as Promise<{ code: string; message: string }>;

test.each([
  [
    "that belongs to another row",
    sql`(select sealed_credential from connections other where other.id <> connections.id)`,
  ],
  ["that is not sealed", sql`${JSON.stringify({ url: "http://127.0.0.1/", username: "anna" })}`],
  ["of a key that is not here", sql`replace(sealed_credential, 'v1.test.', 'v1.older.')`],
  ["of a later version", sql`replace(sealed_credential, 'v1.', 'v2.')`],
  ["that was cut short", sql`left(sealed_credential, -1)`],
  ["with nothing in it", sql`''`],
])("a credential %s does not open, and harms no other", async (_, sealedCredential) => {
  const { world, one, other, asked, browse, check, put } = await twoStorages();
  const sealed = sql`select sealed_credential from connections where id = ${other.id}`;
  await put(sealedCredential);
  const [before] = await world.server.deps.db.execute(sealed);
  const askedBefore = asked();
  const refusals = [await refusalIn(browse(other.id)), await refusalIn(check(other.id))];

  expect(refusals.map(({ code }) => code)).toEqual(["internal", "internal"]);
  expect(refusals.map(({ message }) => message).join()).not.toMatch(/v1\.|anna|http/);
  expect(asked()).toEqual(askedBefore);
  expect((await browse(one.id)).folders).toEqual([]);
  expect(await world.server.deps.db.execute(sealed)).toEqual([before]);
});
