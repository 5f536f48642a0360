import { describeStorage } from "#tests/storage/conformance.ts";
import { annasDrive, annasOnedrive, throughWorker } from "./connected.ts";

describeStorage(
  "a stand-in for Google Drive, ours, for a process without keys,",
  async () => throughWorker(await annasDrive()),
  { crowd: 1100 },
);

describeStorage(
  "a stand-in for OneDrive, ours, for a process without keys,",
  async () => throughWorker(await annasOnedrive()),
  { crowd: 1100 },
);
