import { describeStorage } from "#tests/storage/conformance.ts";
import { annasFolder, throughWorker } from "./connected.ts";

describeStorage("a folder, for a process without keys,", async () =>
  throughWorker(await annasFolder()),
);
