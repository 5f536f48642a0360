import { describeStorage } from "#tests/storage/conformance.ts";
import { annasOnedrive, throughWorker } from "./connected.ts";

describeStorage(
  "a stand-in for OneDrive, ours, for a process without keys,",
  async () => throughWorker(await annasOnedrive()),
  { crowd: 1100 },
);
