import { subscribe, unsubscribe } from "node:diagnostics_channel";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { createJudge, type Verdict } from "#server/base/egress/address.ts";
import { createConnector, type Lookup } from "#server/base/egress/connector.ts";
import { parseTarget } from "#server/base/egress/url.ts";
import { AppError } from "#server/base/errors.ts";
import { hostileAddresses, hostileHosts, hostileSpelling } from "./hostile-addresses.ts";
import { failureOf, openEgress, patient, startHttp, startTcp } from "./peers.ts";

/** Every TCP socket that this process starts to connect, wherever to. */
function watchSockets(): () => number {
  let started = 0;
  const count = (): void => {
    started += 1;
  };
  subscribe("net.client.socket", count);
  onTestFinished(() => void unsubscribe("net.client.socket", count));
  return () => started;
}

/** And not because the URL could not be read. */
const becauseOfItsAddress = /EGRESS_ALLOW|cannot be allowed/;

const familyOf = (address: string): number => (address.includes(":") ? 6 : 4);

describe("an address where nobody may go", () => {
  test.each(hostileHosts)(
    "%s is refused as it is written, and no connection is made",
    async (host) => {
      const canary = await startTcp();
      const started = watchSockets();
      const egress = openEgress({}, { allowLoopback: false });
      const failure = await failureOf(egress, { url: `http://${host}:${canary.port}/` });
      expect(failure).toMatchObject({
        name: "AppError",
        code: "storage_refused",
        message: expect.stringMatching(becauseOfItsAddress),
      });
      expect(started()).toBe(0);
      expect(canary.accepted()).toBe(0);
    },
  );

  test.each(hostileAddresses)("%j is refused as what a name resolves to", async (address) => {
    const canary = await startTcp();
    const started = watchSockets();
    const lookup: Lookup = async () => [{ address, family: familyOf(address) }];
    const egress = openEgress({ lookup }, { allowLoopback: false });
    for (const scheme of ["http", "https"]) {
      const failure = await failureOf(egress, { url: `${scheme}://cloud.example:${canary.port}/` });
      expect(failure).toMatchObject({ name: "AppError", code: "storage_refused" });
      expect(failure.message).toContain("cloud.example");
    }
    expect(started()).toBe(0);
    expect(canary.accepted()).toBe(0);
  });

  test("is refused in 5,000 generated spellings", async () => {
    const canary = await startTcp();
    const started = watchSockets();
    const egress = openEgress({}, { allowLoopback: false });
    await fc.assert(
      fc.asyncProperty(
        hostileSpelling(),
        fc.constantFrom("http", "https"),
        async (host, scheme) => {
          const failure = await failureOf(egress, { url: `${scheme}://${host}:${canary.port}/a` });
          expect(failure).toMatchObject({ name: "AppError", code: "storage_refused" });
        },
      ),
      { numRuns: 5_000 },
    );
    expect(started()).toBe(0);
    expect(canary.accepted()).toBe(0);
  });

  test("is refused when it is one among many that are fine, in any place", async () => {
    const peer = await startHttp((_request, response) => response.end("hello"));
    const started = watchSockets();
    const fine = ["127.0.0.1", "8.8.8.8", "2606:4700::1111", "127.0.0.1"];
    for (const hostile of ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0"]) {
      for (let place = 0; place <= fine.length; place += 1) {
        const answers = fine.toSpliced(place, 0, hostile);
        const egress = openEgress({
          lookup: async () => answers.map((address) => ({ address, family: familyOf(address) })),
        });
        const failure = await failureOf(egress, { url: `http://cloud.example:${peer.port}/` });
        expect(failure.code).toBe("storage_refused");
      }
    }
    expect(started()).toBe(0);
  });
});

describe("a name that changes what it means", () => {
  test("in 1,000 rounds never gets a connection that its answer did not earn", async () => {
    const peer = await startHttp((_request, response) => {
      response.setHeader("connection", "close").end("hello");
    });
    // On this machine all three reach the listener, if nothing stops them.
    const hostile = ["0.0.0.0", "::ffff:127.0.0.1"];
    let calls = 0;
    let fine = 0;
    const lookup: Lookup = async () => {
      calls += 1;
      const address = calls % 2 === 1 ? "127.0.0.1" : (hostile[calls % 4 === 0 ? 0 : 1] ?? "");
      if (address === "127.0.0.1") fine += 1;
      return [{ address, family: familyOf(address) }];
    };
    const egress = openEgress({ lookup });
    let refused = 0;
    for (let round = 0; round < 1_000; round += 1) {
      try {
        const answer = await egress.request({
          url: `http://cloud.example:${peer.port}/`,
          signal: patient(),
        });
        await answer.body.toArray();
      } catch (error) {
        expect(error).toMatchObject({ code: "storage_refused" });
        refused += 1;
      }
    }
    expect(calls).toBe(1_000);
    expect(refused).toBe(500);
    expect(peer.accepted()).toBe(fine);
  });

  test("is asked once a connection, so there is no second answer to use", async () => {
    const canary = await startTcp();
    let calls = 0;
    const lookup: Lookup = async () => {
      calls += 1;
      return [{ address: calls === 1 ? "10.0.0.1" : "127.0.0.1", family: 4 }];
    };
    const egress = openEgress({ lookup });
    await failureOf(egress, { url: `http://cloud.example:${canary.port}/` });
    expect(calls).toBe(1);
    expect(canary.accepted()).toBe(0);
  });

  test.each(["http", "https"])(
    "behind the resolver's back is noticed at the socket before a byte is sent over %s",
    async (scheme) => {
      const canary = await startTcp();
      const verdicts: Verdict[] = ["allowed", "private"];
      const connect = createConnector({
        judge: () => verdicts.shift() ?? "never",
        lookup: async () => [{ address: "127.0.0.1", family: 4 }],
        connectTimeoutMs: 5_000,
      });
      const target = parseTarget(`${scheme}://cloud.example:${canary.port}/`);
      await expect(connect(target, patient())).rejects.toMatchObject({ code: "storage_refused" });
      await expect.poll(() => canary.open()).toBe(0);
      expect(canary.accepted()).toBe(1);
      expect(canary.receivedBytes()).toBe(0);
    },
  );
});

describe("what a refusal tells", () => {
  test("a private address: who can allow it and with which setting, and not where it leads", async () => {
    const lookup: Lookup = async () => [{ address: "192.168.1.10", family: 4 }];
    const failure = await failureOf(openEgress({ lookup }), {
      url: "https://nas.example/dav/secret-folder?token=abc",
    });
    expect(failure).toBeInstanceOf(AppError);
    expect(failure.message).toMatch(/nas\.example.*private network.*EGRESS_ALLOW/);
    expect(failure.message).not.toMatch(/192\.168|secret-folder|abc/);
  });

  test("loopback and link-local: that nobody can allow it", async () => {
    const egress = openEgress({}, { allow: ["0.0.0.0/0", "::/0"], allowLoopback: false });
    for (const host of ["127.0.0.1", "localhost", "169.254.169.254", "[fe80::1]"]) {
      const failure = await failureOf(egress, { url: `http://${host}/` });
      expect(failure.message).toMatch(/cannot be allowed/);
      expect(failure.message).not.toContain("EGRESS_ALLOW");
    }
  });

  test("no difference between an open, a closed and a silent port, nor between private addresses", async () => {
    const open = await startTcp();
    const closed = await startTcp();
    await closed.close();
    const messages = new Set<string>();
    const started = watchSockets();
    for (const address of ["10.0.0.1", "192.168.1.10", "fd12::1", "100.64.3.4"]) {
      const lookup: Lookup = async () => [{ address, family: familyOf(address) }];
      const egress = openEgress({ lookup });
      for (const port of [open.port, closed.port, 80, 443, 8080]) {
        for (const scheme of ["http", "https"]) {
          const failure = await failureOf(egress, { url: `${scheme}://nas.example:${port}/` });
          messages.add(`${failure.code} ${failure.message}`);
        }
      }
    }
    expect([...messages]).toHaveLength(1);
    expect(started()).toBe(0);
  });
});

describe("a network that an administrator allows", () => {
  test("is reached, while the private network beside it is not", async () => {
    const peer = await startTcp();
    const judge = createJudge({ allow: ["192.168.0.0/16"], allowLoopback: false });
    // The listener on loopback stands for a machine in the home network.
    const connectAs = (address: string) =>
      createConnector({
        judge: () => judge(address),
        lookup: async () => [{ address: "127.0.0.1", family: 4 }],
        connectTimeoutMs: 5_000,
      })(parseTarget(`http://nas.example:${peer.port}/`), patient());
    const socket = await connectAs("192.168.1.10");
    expect(socket.remotePort).toBe(peer.port);
    socket.destroy();
    await expect(connectAs("10.0.0.1")).rejects.toMatchObject({ code: "storage_refused" });
    await expect(connectAs("127.0.0.1")).rejects.toMatchObject({ code: "storage_refused" });
    expect(peer.accepted()).toBe(1);
  });
});
