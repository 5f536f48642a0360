import { expect, onTestFinished, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { createPerson } from "#tests/auth/people.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { refused } from "#tests/support/refused.ts";
import { annasServer } from "#tests/support/world.ts";

const MB = 1_000_000;

/** A server with a Nextcloud in which accounts are made, and Ben who has none there. */
async function annasCloud() {
  const cloud = await startFaultServer({ persona: "nextcloud", basePath: "/cloud" });
  onTestFinished(() => cloud.stop());
  const world = await annasServer();
  const form = { url: cloud.baseUrl, username: cloud.username, password: cloud.password };
  const { nextcloud } = world.anna.api.admin;
  const { userId: ben } = await createPerson(world.server.deps, "ben", { isVerified: true });
  return { ...world, cloud, form, nextcloud, ben };
}

async function annasOpenCloud() {
  const world = await annasCloud();
  await world.nextcloud.set.mutate(world.form);
  return world;
}

const sent = (cloud: FaultServer, method: string) =>
  cloud.requests.filter((request) => request.method === method).length;

test("an administrator enters the Nextcloud; its password is kept sealed and never shown", async () => {
  const { cloud, form, nextcloud, anna, server } = await annasCloud();
  expect(await nextcloud.get.query()).toBeNull();
  const set = await nextcloud.set.mutate({ ...form, url: `${cloud.baseUrl}index.php/apps/files/` });
  expect(set).toEqual({ url: cloud.baseUrl, product: "Nextcloud 33.0.2", username: "anna" });
  expect(await nextcloud.get.query()).toEqual(set);
  const rows = JSON.stringify(await server.deps.db.execute("select * from account_clouds"));
  expect(rows).toContain("v1.");
  expect(rows).not.toContain(cloud.password);
  await nextcloud.remove.mutate();
  await nextcloud.remove.mutate();
  expect(await nextcloud.get.query()).toBeNull();
  const list = { action: "admin.nextcloud_changed" } as const;
  const { events } = await anna.api.admin.audit.list.query(list);
  expect(events.map(({ details }) => details)).toEqual([{ isOn: false }, { isOn: true }]);
});

test("what will not do is told, and changes nothing", async () => {
  const { cloud, form, nextcloud } = await annasCloud();
  cloud.tree.put("x", "x");
  const plain = await startFaultServer();
  onTestFinished(() => plain.stop());
  const wrong = await refused(nextcloud.set.mutate({ ...form, password: "guess" }));
  expect(wrong.message).toMatch(/does not accept this user name and password/);
  const none = await refused(nextcloud.set.mutate({ ...form, url: plain.url }));
  expect(none.message).toMatch(/No Nextcloud answers/);
  cloud.admins.clear();
  expect((await refused(nextcloud.set.mutate(form))).message).toMatch(/no administrator/);
  cloud.admins.add("anna");
  cloud.nextcloud.hasProvisioning = false;
  expect((await refused(nextcloud.set.mutate(form))).message).toMatch(/Provisioning API/);
  const colon = await refused(nextcloud.set.mutate({ ...form, username: "anna:x" }));
  expect(colon.code).toBe("invalid_input");
  expect(await nextcloud.get.query()).toBeNull();
});

test("somebody gets an account there with a quota, which is shown and changed", async () => {
  const { cloud, nextcloud, anna, ben } = await annasOpenCloud();
  const wish = { userId: ben, username: "ben", quotaBytes: 500 * MB };
  const made = await nextcloud.accounts.create.mutate(wish);
  const account = { userId: ben, name: "ben", username: "ben", message: null };
  const quota = { usedBytes: 4096, totalBytes: 500 * MB, checkedAt: expect.any(String) };
  expect(made).toEqual({ ...account, quota });
  const person = { email: "ben@band.example", displayName: "ben", quotaBytes: 500 * MB };
  expect(cloud.people.get("ben")).toEqual(person);
  expect(await nextcloud.accounts.list.query()).toEqual([{ ...account, quota }]);

  const less = { userId: ben, quotaBytes: 2 * MB };
  expect((await nextcloud.accounts.setQuota.mutate(less)).quota?.totalBytes).toBe(2 * MB);
  const usual = await nextcloud.accounts.setQuota.mutate({ userId: ben, quotaBytes: null });
  expect(usual.quota?.totalBytes).toBeNull();
  const list = { action: "admin.nextcloud_account_made" } as const;
  const { events } = await anna.api.admin.audit.list.query(list);
  expect(events.map(({ subjectId }) => subjectId)).toEqual([ben]);
});

test("an answer that was lost makes no second account, and somebody else's is not taken", async () => {
  const { cloud, nextcloud, ben, server } = await annasOpenCloud();
  cloud.people.set("ben", { email: "other@x.example", displayName: "Other", quotaBytes: 1 });
  const wish = { userId: ben, username: "ben", quotaBytes: null };
  const taken = await refused(nextcloud.accounts.create.mutate(wish));
  expect(taken).toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/another e-mail/),
  });
  expect(await nextcloud.accounts.list.query()).toEqual([]);

  cloud.nextcloud.forgetsItsAnswers = true;
  const made = await nextcloud.accounts.create.mutate({ ...wish, username: "ben2" });
  expect(made).toMatchObject({ username: "ben2", message: null });

  const again = await refused(nextcloud.accounts.create.mutate({ ...wish, username: "ben3" }));
  expect(again.message).toMatch(/has an account in the Nextcloud already/);
  const { userId } = await createPerson(server.deps, "carla", { isVerified: true });
  cloud.people.set("carla", { email: "Carla@Band.example", displayName: "", quotaBytes: 1 });
  const met = await nextcloud.accounts.create.mutate({ ...wish, userId, username: "carla" });
  expect(met).toMatchObject({ username: "carla", message: null });
  expect([...cloud.people.keys()]).toEqual(["ben", "ben2", "carla"]);
});

test("two who make it at once make one", async () => {
  const { cloud, nextcloud, ben } = await annasOpenCloud();
  const wish = { userId: ben, username: "ben", quotaBytes: null };
  const tries = await Promise.allSettled(
    [1, 2, 3, 4].map(() => nextcloud.accounts.create.mutate(wish)),
  );
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const each of tries) {
    if (each.status === "rejected") expect(refusalOf(each.reason)?.code).toBe("conflict");
  }
  expect(cloud.people.size).toBe(1);
});

test("without a confirmed address, a Nextcloud or a person nothing is made", async () => {
  const { cloud, nextcloud, server, ben } = await annasOpenCloud();
  const wish = { userId: ben, username: "ben", quotaBytes: null };
  await write(server.deps, (tx) =>
    tx.execute("update users set email_verified_at = null where name = 'ben'"),
  );
  const unproved = await refused(nextcloud.accounts.create.mutate(wish));
  expect(unproved).toMatchObject({ code: "conflict", message: expect.stringMatching(/confirmed/) });
  const nobody = { ...wish, userId: wish.userId.replace(/^./, "f") as typeof ben };
  expect((await refused(nextcloud.accounts.create.mutate(nobody))).code).toBe("not_found");
  const spoiled = await refused(nextcloud.accounts.create.mutate({ ...wish, username: "../ben" }));
  expect(spoiled.code).toBe("invalid_input");
  await write(server.deps, (tx) =>
    tx.execute("update users set email_verified_at = now(), deleted_at = now() where name = 'ben'"),
  );
  expect((await refused(nextcloud.accounts.create.mutate(wish))).code).toBe("not_found");
  await nextcloud.remove.mutate();
  expect((await refused(nextcloud.accounts.create.mutate(wish))).code).toBe("not_found");
  expect([sent(cloud, "POST"), cloud.people.size]).toEqual([0, 0]);
});

test("an account that is gone there, or a Nextcloud that is down, holds up nothing else", async () => {
  const { cloud, nextcloud, ben } = await annasOpenCloud();
  await nextcloud.accounts.create.mutate({ userId: ben, username: "ben", quotaBytes: null });
  cloud.people.clear();
  const [gone] = await nextcloud.accounts.list.query();
  expect(gone).toMatchObject({ quota: null, message: expect.stringMatching(/deleted there/) });
  const quota = await refused(nextcloud.accounts.setQuota.mutate({ userId: ben, quotaBytes: MB }));
  expect(quota.code).toBe("not_found");
  cloud.nextcloud.maintenance = true;
  const [down] = await nextcloud.accounts.list.query();
  expect(down).toMatchObject({ quota: null, message: expect.stringMatching(/maintenance/) });
});

test("another Nextcloud knows nothing of the accounts of the one before; the same one does", async () => {
  const { form, nextcloud, ben } = await annasOpenCloud();
  await nextcloud.accounts.create.mutate({ userId: ben, username: "ben", quotaBytes: null });
  await nextcloud.set.mutate(form);
  expect(await nextcloud.accounts.list.query()).toHaveLength(1);
  const other = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => other.stop());
  await nextcloud.set.mutate({ ...form, url: other.baseUrl });
  expect(await nextcloud.accounts.list.query()).toEqual([]);
});
