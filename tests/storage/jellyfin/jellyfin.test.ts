import { describeStorage } from "#tests/storage/conformance.ts";
import { startWorld } from "./worlds.ts";

const can = { hasNoFileIds: true, hasNoEtagsWithBytes: true } as const;

describeStorage("Jellyfin, by a stand-in", () => startWorld("jellyfin", "account"), can);
describeStorage(
  "Jellyfin with an API key, by a stand-in",
  () => startWorld("jellyfin", "key"),
  can,
);
describeStorage("Emby, by a stand-in", () => startWorld("emby", "account"), can);
describeStorage("Emby with an API key, by a stand-in", () => startWorld("emby", "key"), can);
