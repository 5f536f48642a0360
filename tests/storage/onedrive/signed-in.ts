import { startSignedInWorld } from "#tests/storage/oauth-worlds.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { startFakeMicrosoft } from "#tests/support/fake-microsoft.ts";

export async function annasOnedrive() {
  const microsoft = await startFakeMicrosoft();
  const world = await startSignedInWorld(microsoft);
  microsoft.graphRequests.length = 0;
  return { microsoft, storage: await world.attach(createTestIo()), tree: microsoft.tree };
}
