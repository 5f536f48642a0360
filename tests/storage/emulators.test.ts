import type { Storage } from "#server/storage/provider.ts";
import type { ConfiguredProvider } from "#server/storage/registry.ts";
import type { Emulator } from "#tests/support/emulate.ts";
import type { EmulatedFiles } from "#tests/support/emulated-files.ts";
import { withNginx } from "#tests/support/emulator-gate.ts";
import { GOOGLE_EMULATOR, startGoogleEmulator } from "#tests/support/google-emulator.ts";
import { MICROSOFT_EMULATOR, startMicrosoftEmulator } from "#tests/support/microsoft-emulator.ts";
import { describeStorage } from "./conformance.ts";
import { byPath, signInAt } from "./oauth-worlds.ts";
import { createTestIo, type StorageWorld } from "./worlds.ts";

type Emulated = Emulator & {
  readonly files: EmulatedFiles;
  provider(): ConfiguredProvider;
};

async function startWorld(
  service: Emulated,
  toTested: (storage: Storage) => Storage = (storage) => storage,
): Promise<StorageWorld> {
  const credential = await signInAt(service, createTestIo());
  const { files } = service;
  return {
    put: async (path, bytes) => void files.put(path, bytes),
    mkdir: async (path) => void files.mkdir(path),
    remove: async (path) => files.remove(path),
    rename: async (from, to) => files.rename(from, to),
    age: async () => {},
    attach: (io) => byPath(files.find, toTested(service.provider().attach(credential, io))),
    stop: async () => {},
  };
}

/** emulate has no log of changes, so what is new is seen in listings, as it is of other storages. */
const withoutLog = ({ changes: _, namesChanges: __, ...storage }: Storage): Storage => storage;

withNginx(() => {
  describeStorage(
    GOOGLE_EMULATOR,
    async () => startWorld(await startGoogleEmulator(), withoutLog),
    { hasNoEtags: true, crowd: 2300 },
  );
  describeStorage(MICROSOFT_EMULATOR, async () => startWorld(await startMicrosoftEmulator()), {
    crowd: 2300,
  });
});
