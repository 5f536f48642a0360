import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { createApp, driveStore } from "microsoft-onedrive-mock";
import { onTestFinished } from "vitest";
import { createOnedrive } from "#server/storage/onedrive/index.ts";
import { type ConfiguredProvider, configure } from "#server/storage/registry.ts";
import { ASKED_RANGE, type Emulator, hostEmulator, listen, MICROSOFT } from "./emulate.ts";
import { createFiles, type EmulatedFiles, type Shelf } from "./emulated-files.ts";
import { onlyKnown, toGate, toUpstream } from "./emulator-gate.ts";
import { startNginx } from "./nginx.ts";

/** As tests call it that run against it. */
export const MICROSOFT_EMULATOR =
  "emulate 0.12.2's Entra and microsoft-onedrive-mock 1.0.5 behind nginx";

/**
 * Microsoft's sign-in and Graph as others have built them: emulate, hosted strictly, has the sign-in and
 * no files; microsoft-onedrive-mock has the files and takes one token alone; nginx lets emulate look at
 * each token, has the paths that the two lack (those of a tenant, and two of the drive) and cuts ranges.
 *
 * Neither of them sends anybody on to where the bytes are, so nginx does: to another origin, which wants
 * no token and refuses one. Its addresses do not end, and nothing is shared or forgotten: no 410 of a log,
 * no folders of others, no paths, and the scopes are not looked at.
 */
export interface MicrosoftEmulator extends Emulator {
  readonly url: string;
  readonly files: EmulatedFiles;
  /** Where the bytes are: another origin than `url`. */
  readonly bytesUrl: string;
  /** What was asked there: the path, and the range. */
  readonly downloads: string[];
  provider(settings?: Readonly<Record<string, string>>): ConfiguredProvider;
}

export async function startMicrosoftEmulator(): Promise<MicrosoftEmulator> {
  const { emulator, upstream } = await hostEmulator(MICROSOFT);
  driveStore.clear();
  onTestFinished(() => driveStore.clear());
  const downloads: string[] = [];
  const app = createApp();
  const countingDownloads: RequestListener = (request, response) => {
    const { url: path = "", headers } = request;
    if (path.endsWith("/content")) downloads.push(`${path} ${headers[ASKED_RANGE] ?? ""}`);
    app(request, response);
  };
  const mock = await listen(countingDownloads);
  const nginx = await startNginx(
    (port, bytesPort) => `${toGraph(port, bytesPort, upstream, mock)} ${toBytes(bytesPort, mock)}`,
  );
  onTestFinished(nginx.stop);
  const url = `http://127.0.0.1:${nginx.port}`;
  const spec = createOnedrive({ login: url, graph: `${url}/v1.0` });
  return Object.assign(emulator, {
    url,
    bytesUrl: `http://127.0.0.1:${nginx.secondPort}`,
    files: createFiles(shelf),
    downloads,
    provider: (settings: Readonly<Record<string, string>> = {}) =>
      configure(spec, spec.settings.parse(settings)),
  });
}

const toGraph = (port: number, bytesPort: number, emulate: string, mock: string): string => {
  const asMock = toUpstream(mock, "Bearer valid-token");
  const drive = "/v1.0/me/drive";
  return `
  server {
    listen 127.0.0.1:${port};
    location / { ${toUpstream(emulate)} }
    location ~ ^/[^/]+/oauth2/v2\\.0/(authorize|token)$ {
      rewrite ^/[^/]+(/.*)$ $1 break; ${toUpstream(emulate)}
    }
    location ${drive}/ { ${onlyKnown} ${asMock} }
    location = ${drive} { ${onlyKnown} rewrite ^ /v1.0/drives/me break; ${asMock} }
    location = ${drive}/root/children {
      ${onlyKnown} rewrite ^ ${drive}/items/root/children break; ${asMock}
    }
    location ~ ^/v1\\.0/me/drive/items/(?<item>[\\w-]+)/content$ {
      ${onlyKnown} try_files /none @bytes;
    }
    location @bytes { return 302 http://127.0.0.1:${bytesPort}/download/$item; }
    ${toGate(emulate, "/oidc/userinfo")}
  }`;
};

const toBytes = (port: number, mock: string): string => `
  server {
    listen 127.0.0.1:${port};
    location ~ ^/download/[\\w-]+$ {
      if ($http_authorization) { return 401; }
      rewrite ^/download/(.*)$ /v1.0/me/drive/items/$1/content break;
      ${toUpstream(mock, "Bearer valid-token")}
    }
  }`;

/** Of what a file is the mock says everything, the bytes too, as long as they can be made JSON. */
const withoutJson = (bytes: Buffer): Buffer => Object.assign(bytes, { toJSON: () => undefined });

const shelf: Shelf = {
  children: (parentId) => driveStore.listItems(parentId),
  add(parentId, name, bytes) {
    // Of itself it makes ids of one to ten characters; Microsoft's are never that short.
    const item = { id: randomUUID(), name, parentReference: { id: parentId } };
    const content = bytes ? { content: withoutJson(bytes) } : {};
    return driveStore.createItem({ ...item, ...content } as never, bytes === null).id;
  },
  write: (id, bytes) => void driveStore.updateItem(id, { content: withoutJson(bytes) } as never),
  move: (id, parentId, name) =>
    void driveStore.updateItem(id, { name, parentReference: { id: parentId } } as never),
  remove: (id) => void driveStore.deleteItem(id),
};
