import { describeStorage } from "#tests/storage/conformance.ts";
import { annasBucket, annasCloud, annasFolder, throughWorker } from "./connected.ts";

describeStorage("a folder, for a process without keys,", async () =>
  throughWorker(await annasFolder()),
);

describeStorage(
  "a WebDAV server, for a process without keys,",
  async () => throughWorker(await annasCloud("plain")),
  { hasNoFileIds: true },
);

describeStorage(
  "a bucket, for a process without keys,",
  async () => throughWorker(await annasBucket()),
  {
    hasNoFileIds: true,
    hasNoFolders: true,
  },
);
