import { folder } from "#server/storage/folder/index.ts";
import { onDisk } from "#tests/storage/worlds.ts";
import { describeWriting } from "#tests/storage/writing.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { filesIn } from "#tests/uploads/uploading.ts";

describeWriting("a folder", async () => {
  const music = await createTestFolder();
  return {
    put: onDisk(music).put,
    attach: (io) => folder.attach({ FOLDER_ROOTS: [music] }, { folder: music }, io),
    everything: () => filesIn(music),
    stop: async () => {},
  };
});
