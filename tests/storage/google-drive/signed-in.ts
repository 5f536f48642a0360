import { startSignedInWorld } from "#tests/storage/oauth-worlds.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { startFakeGoogle } from "#tests/support/fake-google.ts";

export async function annasDrive() {
  const google = await startFakeGoogle();
  const world = await startSignedInWorld(google);
  return { google, storage: await world.attach(createTestIo()), tree: google.tree };
}
