import { expect, test } from "vitest";
import type { WireError } from "#contract/errors.ts";
import { annasTakes, listen, listener, share } from "./sharing.ts";

test.each([
  [503, "storage_unavailable"],
  [403, "storage_refused"],
  [404, "not_found"],
  [429, "rate_limited"],
])("of a storage that answers %d a guest is told no name and no folder", async (status, code) => {
  const world = await annasTakes();
  const { anna, cloud, track } = world;
  const link = await share(world);
  const guest = await listener(world, link);
  cloud.fault({ method: "GET", status });

  const answer = await listen(world, guest, link);
  const told = (await answer.json()) as WireError;
  expect(told).toMatchObject({ code, message: expect.stringMatching(/^The recording .*storage/) });
  expect(JSON.stringify(told)).not.toMatch(/127\.0\.0\.1|take 1|Live/);

  const members = await anna.fetch(anna.streamUrl(track.id));
  expect(((await members.json()) as WireError).message).not.toBe(told.message);
});
