import { describeStorage } from "#tests/storage/conformance.ts";
import { annasDrive, throughWorker } from "./connected.ts";

describeStorage(
  "a stand-in for Google Drive, ours, for a process without keys,",
  async () => throughWorker(await annasDrive()),
  { crowd: 1100 },
);
