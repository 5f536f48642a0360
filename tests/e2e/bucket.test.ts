import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { type FakeS3, startFakeS3 } from "#tests/support/fake-s3.ts";
import { lookAt, type Person } from "#tests/support/screen.ts";
import { arriveAtSetup, expectMusic, makeFirstAccount, rowOf } from "./people.ts";

test("from the printed link over a bucket to music", async () => {
  const keys = { accessKeyId: "ASIAANNA4711EXAMPLE", sessionToken: "FwoGZX/IvYXdz//token==" };
  const cloud = await startFakeS3("annas-band", keys);
  onTestFinished(() => cloud.stop());
  for (const { path } of demoRecordings) {
    cloud.put(`Band/${path}`, await readFile(join(demoFolder, path)));
  }
  const person = await arriveAtSetup({ environment: { DIRECT_ORIGINS: cloud.endpoint } });
  const { page } = person;
  await makeFirstAccount(person);
  await lookAt(person, "welcome-s3");

  await page.getByText("S3 storage").first().click();
  await page.getByLabel("Bucket", { exact: true }).waitFor();
  await lookAt(person, "connect-s3");
  await page.getByLabel("Address").fill(cloud.endpoint);
  await page.getByLabel("Bucket", { exact: true }).fill(cloud.bucket);
  await page.getByLabel("Region").fill("us-west-2");
  await page.getByLabel("Access key ID").fill(cloud.accessKeyId);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("Fill this in.").waitFor();
  await page.getByLabel("Secret access key", { exact: true }).fill(cloud.secretAccessKey);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText(/only works with its session token/).waitFor();
  await page.getByLabel("Session token", { exact: true }).fill(keys.sessionToken);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText(/is in the region eu-central-1/).waitFor();
  await lookAt(person, "connect-s3-refused");
  await page.getByLabel("Region").fill(cloud.region);
  await page.getByRole("button", { name: "Connect" }).click();

  await page.getByRole("button", { name: "Band" }).waitFor();
  await page.getByRole("button", { name: "Use this folder" }).click();
  await page.getByText("just now").waitFor({ timeout: 30_000 });
  await page.getByText("ASIA…MPLE in annas-band").first().waitFor();
  await page.getByRole("link", { name: "Library" }).first().click();
  await rowOf(person, "夜汽車").waitFor({ timeout: 20_000 });
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
  await playStraight(person, cloud);
}, 180_000);

/** Recordings come from the bucket itself, and through the server where that does not work. */
async function playStraight(person: Person, cloud: FakeS3): Promise<void> {
  const { page } = person;
  await page.getByRole("link", { name: "Storage" }).first().click();
  await page.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Play straight from the storage" }).click();
  await page.getByText(/works for five minutes/).waitFor();
  await lookAt(person, "play-straight");
  await page.getByRole("button", { name: "Play straight from the storage" }).click();
  await page.getByText(/now come straight from/).waitFor();
  await page.getByText("Straight from the storage").first().waitFor();
  await lookAt(person, "plays-straight");

  await page.getByRole("link", { name: "Library" }).first().click();
  const already = cloud.requests.length;
  const byBrowser = () =>
    cloud.requests
      .slice(already)
      .filter(({ headers }) => headers["user-agent"]?.includes("Mozilla"));
  await rowOf(person, "Moth Hour").dblclick();
  await expectMusic(person);
  expect(byBrowser().length).toBeGreaterThan(0);
  expect(byBrowser().every(({ url }) => url?.includes("X-Amz-Signature="))).toBe(true);

  expect(person.complaints).toEqual([]);

  // As where the bucket lies in a network that the browser is not in.
  await page.route(`${cloud.endpoint}/**`, (route) => route.abort());
  await rowOf(person, "夜汽車").dblclick();
  await expectMusic(person);
}
