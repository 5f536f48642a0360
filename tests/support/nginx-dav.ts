import { createHash } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "./nginx.ts";
import type { WebdavServer } from "./webdav-servers.ts";

/** In PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface NginxDav extends WebdavServer {
  /** The same over TLS; `null` without an identity. */
  readonly encryptedUrl: string | null;
}

const USERNAME = "anna";
const PASSWORD = "prøve: 4711";
const MODULE = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

/**
 * nginx as a WebDAV storage over a folder, with Basic authentication: a file is its own static answer,
 * only listings are a module's (`apt-get install nginx-light libnginx-mod-http-dav-ext`). Where proxies
 * are compared it is the storage to have behind them, because it costs less than they do; behind Apache
 * all look alike, because it is Apache that is measured.
 */
export async function startNginxDav(folder: string, identity?: Identity): Promise<NginxDav> {
  const home = await mkdtemp(join(tmpdir(), "backline-nginx-dav-"));
  const hash = createHash("sha1").update(PASSWORD).digest("base64");
  await writeFile(join(home, "users"), `${USERNAME}:{SHA}${hash}\n`);
  if (identity) {
    await writeFile(join(home, "cert.pem"), identity.cert);
    await writeFile(join(home, "key.pem"), identity.key);
  }
  // As root it gives its requests to another user, who reads there who may come in.
  await chmod(home, 0o755);
  const certificate = `ssl_certificate ${home}/cert.pem; ssl_certificate_key ${home}/key.pem;`;
  const nginx = await startNginx(
    (port, encryptedPort) => `
      server {
        listen 127.0.0.1:${port};
        ${identity ? `listen 127.0.0.1:${encryptedPort} ssl; ${certificate}` : ""}
        sendfile on; tcp_nopush on; root ${folder};
        auth_basic "nginx"; auth_basic_user_file ${home}/users;
        dav_methods PUT DELETE MKCOL MOVE; dav_ext_methods PROPFIND OPTIONS;
      }`,
    [MODULE],
  );
  return {
    ...{ url: `http://127.0.0.1:${nginx.port}/`, username: USERNAME, password: PASSWORD, folder },
    encryptedUrl: identity ? `https://127.0.0.1:${nginx.secondPort}/` : null,
    settle: async () => {},
    async stop() {
      await nginx.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
