import { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { classifyAddress } from "#server/base/egress/address.ts";
import { hostileHosts } from "#tests/base/egress/hostile-addresses.ts";
import { startTcp } from "#tests/base/egress/peers.ts";
import { annasServer, annasStorage, trackAt, type World } from "#tests/support/world.ts";

/** What Anna is told when she enters this address into the form for a storage. */
async function whatItSays({ anna, bandId }: World, url: string): Promise<unknown> {
  const form = { provider: "webdav", url, username: "anna", password: "a password" } as const;
  return anna.api.connections.create.mutate({ bandId, form }).then(
    () => "connected",
    (error: unknown) => refusalOf(error)?.code,
  );
}

test("nobody gets the server to visit this machine or its network by the form for a storage", async () => {
  const canary = await startTcp();
  const world = await annasServer({ environment: { EGRESS_ALLOW_LOOPBACK: "" } });
  for (const host of hostileHosts) {
    for (const scheme of ["http", "https"]) {
      const url = `${scheme}://${host}:${canary.port}/dav/`;
      expect([url, await whatItSays(world, url)]).toEqual([url, "storage_refused"]);
    }
  }
  expect(canary.accepted()).toBe(0);
});

test("nobody gets it to this machine either when an administrator has allowed every network", async () => {
  const canary = await startTcp();
  const environment = { EGRESS_ALLOW_LOOPBACK: "", EGRESS_ALLOW: "0.0.0.0/0,::/0" };
  const world = await annasServer({ environment });
  const never = hostileHosts.filter(
    (host) => classifyAddress(host.replace(/^\[(.*)\]$/, "$1")) !== "private",
  );
  for (const host of never) {
    const url = `http://${host}:${canary.port}/dav/`;
    expect([url, await whatItSays(world, url)]).toEqual([url, "storage_refused"]);
  }
  expect(never.length).toBeGreaterThan(30);
  expect(canary.accepted()).toBe(0);
});

interface Departure {
  readonly stack: string;
  /** Where it arrived; `undefined` when it did not. */
  port: number | undefined;
}

/** Every socket that is connected from now on, whoever does it, with the code that did. */
function watchDepartures(): readonly Departure[] {
  const departures: Departure[] = [];
  const { connect } = Socket.prototype;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  Socket.prototype.connect = function (this: Socket, ...way: unknown[]) {
    const departure: Departure = { stack: new Error("a departure").stack ?? "", port: undefined };
    departures.push(departure);
    this.once("connect", () => {
      departure.port = this.remotePort;
    });
    return (connect as (...args: unknown[]) => Socket).apply(this, way);
  } as typeof connect;
  onTestFinished(() => {
    Socket.prototype.connect = connect;
    Error.stackTraceLimit = stackTraceLimit;
  });
  return departures;
}

const whoOpened = ({ stack, port }: Departure, serverPort: number): string => {
  if (stack.includes("server/base/egress/connector.ts")) return "the gate";
  if (stack.includes("node_modules/postgres/")) return "the database";
  return port === serverPort ? "Anna's browser" : stack;
};

test("from connecting a storage to hearing it, all that leaves the server goes through one gate", async () => {
  const departures = watchDepartures();
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "some bytes"));
  const { anna, server, cloud, connection } = world;
  const { id } = await trackAt(world, "take.mp3");
  expect((await anna.fetch(anna.streamUrl(id))).status).toBe(200);
  await anna.api.connections.browse.query({ connectionId: connection.id, folder: null });
  await anna.api.connections.check.mutate({ connectionId: connection.id });

  const openers = Map.groupBy(departures, (each) => whoOpened(each, server.port));
  expect([...openers.keys()].toSorted()).toEqual(["Anna's browser", "the database", "the gate"]);
  const cloudPort = Number(new URL(cloud.url).port);
  const visits = departures.filter(({ port }) => port === cloudPort);
  expect(visits.length).toBeGreaterThan(0);
  expect(visits.map((each) => whoOpened(each, server.port))).toEqual(visits.map(() => "the gate"));
});
