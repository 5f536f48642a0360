import { describeStorage } from "#tests/storage/conformance.ts";
import { annasCloud, throughWorker } from "./connected.ts";

describeStorage(
  "a WebDAV server, for a process without keys,",
  async () => throughWorker(await annasCloud("plain")),
  { hasNoFileIds: true },
);
