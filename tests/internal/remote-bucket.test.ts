import { describeStorage } from "#tests/storage/conformance.ts";
import { annasBucket, throughWorker } from "./connected.ts";

describeStorage(
  "a bucket, for a process without keys,",
  async () => throughWorker(await annasBucket()),
  { hasNoFileIds: true, hasNoFolders: true },
);
