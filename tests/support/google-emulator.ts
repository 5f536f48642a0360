import { randomUUID } from "node:crypto";
import { createApp } from "google-drive-mock";
import { onTestFinished } from "vitest";
import { createGoogleDrive } from "#server/storage/google-drive/index.ts";
import { type ConfiguredProvider, configure } from "#server/storage/registry.ts";
import { ANNA, type Emulator, GOOGLE, hostEmulator, listen, type Rows } from "./emulate.ts";
import { createFiles, type EmulatedFiles, type Shelf } from "./emulated-files.ts";
import { onlyKnown, toGate, toUpstream } from "./emulator-gate.ts";
import { startNginx, type ToServers } from "./nginx.ts";

/** As tests call it that run against it. */
export const GOOGLE_EMULATOR = "emulate 0.12.2's Google behind nginx";

/**
 * Google's sign-in and Drive as others have built them: emulate, hosted strictly; google-drive-mock 1.2.0
 * for `about`, which emulate has not; and nginx before them for ranges, which neither has. Of `about` the
 * mock says the same whoever asks, so nginx lets emulate look at the token first.
 *
 * There are no shared drives and no shortcuts, no log of changes, no checksums, `fields` and most of `q`
 * are ignored, and neither a code's redirect address nor the scopes are looked at.
 */
export interface GoogleEmulator extends Emulator {
  readonly url: string;
  readonly files: EmulatedFiles;
  provider(settings?: object): ConfiguredProvider;
}

interface DriveItem {
  readonly google_id: string;
  readonly user_email: string;
  readonly name: string;
  readonly mime_type: string;
  readonly parent_google_ids: readonly string[];
  readonly web_view_link: null;
  readonly size: number | null;
  readonly trashed: boolean;
  /** In base64url. */
  readonly data: string | null;
}

export async function startGoogleEmulator(): Promise<GoogleEmulator> {
  const { emulator, tables, upstream } = await hostEmulator<{ driveItems: Rows<DriveItem> }>(
    GOOGLE,
  );
  const nginx = await startNginx(toServers(upstream, await listen(createApp())));
  onTestFinished(nginx.stop);
  const url = `http://127.0.0.1:${nginx.port}`;
  const spec = createGoogleDrive({
    issuer: url,
    authorize: `${url}/o/oauth2/v2/auth`,
    token: `${url}${GOOGLE.token}`,
    revoke: `${url}${GOOGLE.revoke}`,
    drive: `${url}/drive/v3`,
  });
  return Object.assign(emulator, {
    url,
    files: createFiles(toShelf(tables.driveItems)),
    provider: (settings = {}) => configure(spec, settings),
  });
}

/** emulate has no shared drives; whoever may ask is told so. */
const toServers =
  (emulate: string, mock: string): ToServers =>
  (port) =>
    `
    server {
      listen 127.0.0.1:${port};
      location / { ${toUpstream(emulate)} }
      location = /drive/v3/about { ${onlyKnown} ${toUpstream(mock, "Bearer valid-token")} }
      location = /drive/v3/drives { ${onlyKnown} try_files /none @drives; }
      location @drives { default_type application/json; return 200 '{"drives":[]}'; }
      ${toGate(emulate, "/oauth2/v2/userinfo")}
    }`;

const toShelf = (items: Rows<DriveItem>): Shelf => {
  const find = (id: string) => items.all().find((each) => each.google_id === id)?.id ?? -1;
  const toContent = (bytes: Buffer | null) => ({
    size: bytes?.length ?? null,
    data: bytes?.toString("base64url") ?? null,
  });
  return {
    children: (parentId) =>
      items
        .all()
        .filter((each) => each.parent_google_ids.includes(parentId))
        .map((each) => ({ id: each.google_id, name: each.name })),
    add(parentId, name, bytes) {
      const id = randomUUID();
      items.insert({
        google_id: id,
        user_email: ANNA,
        name,
        mime_type: bytes ? "audio/mpeg" : "application/vnd.google-apps.folder",
        parent_google_ids: [parentId],
        web_view_link: null,
        trashed: false,
        ...toContent(bytes),
      });
      return id;
    },
    write: (id, bytes) => void items.update(find(id), toContent(bytes)),
    move: (id, parentId, name) =>
      void items.update(find(id), { name, parent_google_ids: [parentId] }),
    remove: (id) => void items.delete(find(id)),
  };
};
