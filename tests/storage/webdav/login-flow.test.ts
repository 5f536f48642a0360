import { expect, test } from "vitest";
import { requireOwn } from "#server/storage/webdav/login-flow.ts";
import { refusalOf } from "#tests/storage/refusals.ts";

const cloud = new URL("https://cloud.example/nextcloud/");

test.each([
  ["https://cloud.example/nextcloud/index.php/login/v2/flow/x", "as it is"],
  ["https://cloud.example/index.php/login/v2/flow/x", "of another installation on the host"],
  ["https://cloud.example:443/x", "with the port that is meant anyway"],
  ["https://CLOUD.example/x", "in capitals"],
])("%s is taken, %s", (said) => {
  expect(requireOwn(cloud, said).href).toBe(new URL(said).href);
});

test("what a Nextcloud behind a proxy takes for http stays on https, with its port", () => {
  expect(requireOwn(cloud, "http://cloud.example/x").href).toBe("https://cloud.example/x");
  const elsewhere = new URL("https://cloud.example:8443/");
  expect(requireOwn(elsewhere, "http://cloud.example:8443/x").href).toBe(
    "https://cloud.example:8443/x",
  );
});

test("one that was asked over http may not send people to https of its own accord", async () => {
  const plain = new URL("http://nas.example/");
  expect(requireOwn(plain, "http://nas.example/x").href).toBe("http://nas.example/x");
  await refused(plain, "https://nas.example/x");
});

test.each([
  "https://other.example/",
  "https://cloud.example.other.example/",
  "https://cloud.example:8443/",
  "http://cloud.example:8080/",
  "https://cloud.example@other.example/",
  "https://anna@cloud.example/",
  "https://anna:secret@cloud.example/",
  "ftp://cloud.example/",
  "javascript://cloud.example/%0aalert(1)",
  "data:text/html,x",
  "//cloud.example/x",
  "/index.php",
  "",
])("%j is not of cloud.example", async (said) => {
  await refused(cloud, said);
});

async function refused(base: URL, said: string): Promise<void> {
  const ask = async () => requireOwn(base, said);
  expect((await refusalOf(ask(), ["secret"])).code).toBe("storage_refused");
}
