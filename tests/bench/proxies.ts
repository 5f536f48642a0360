import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority } from "#tests/base/egress/certificates.ts";
import { type Nginx, startNginx } from "#tests/support/nginx.ts";

const PROXY = `proxy_http_version 1.1; proxy_set_header Connection "";`;

/**
 * nginx as everybody has it on `port`, and as somebody tunes it on `secondPort`.
 *
 * @param upstream - `http://…` or `https://…`, without a path.
 */
export const startProxies = (upstream: URL, authorization: string): Promise<Nginx> =>
  startNginx((port, secondPort) => {
    const proxy = `proxy_pass ${upstream.protocol}//storage; ${PROXY} proxy_set_header Authorization "${authorization}";`;
    return `
      upstream storage { server ${upstream.host}; keepalive 64; }
      server { listen 127.0.0.1:${port}; location / { ${proxy} } }
      server { listen 127.0.0.1:${secondPort};
        location / { ${proxy} proxy_buffering off; proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; } }`;
  });

export interface Encrypted {
  readonly nginx: Nginx;
  readonly url: URL;
  /** Of whom vouches for it, in PEM. */
  readonly authorityFile: string;
}

/** The same storage behind TLS. */
export async function startEncrypted(folder: string, storage: URL): Promise<Encrypted> {
  const authority = createAuthority("Bench authority");
  const { cert, key } = authority.issue({ names: ["127.0.0.1"] });
  const file = (name: string): string => join(folder, name);
  await writeFile(file("authority.pem"), authority.cert);
  await writeFile(file("cert.pem"), cert);
  await writeFile(file("key.pem"), key);
  const nginx = await startNginx(
    (port) => `
      upstream plain { server ${storage.host}; keepalive 64; }
      server { listen 127.0.0.1:${port} ssl;
        ssl_certificate ${file("cert.pem")}; ssl_certificate_key ${file("key.pem")};
        location / { proxy_pass http://plain; ${PROXY} proxy_buffering off; proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; } }`,
  );
  const url = new URL(storage.pathname, `https://127.0.0.1:${nginx.port}`);
  return { nginx, url, authorityFile: file("authority.pem") };
}
