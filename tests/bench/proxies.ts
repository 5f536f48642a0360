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
