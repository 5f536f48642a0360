import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "#server/config.ts";
import { AppError } from "./errors.ts";
import { createNonce, pageHeaders } from "./headers.ts";
import { escapeHtml } from "./html.ts";

/** Where `npm run build` puts the client. */
export const CLIENT_DIR = join(import.meta.dirname, "../../client/dist");

/** What Vite writes where a nonce belongs (`html.cspNonce`). */
const NONCE_PLACEHOLDER = "__CSP_NONCE__";

/** The first part of addresses that are never a page of the client. */
const NOT_PAGES = [
  "trpc",
  "api",
  "stream",
  "download",
  "cover",
  "picture",
  "health",
  "oauth",
  "assets",
];

/** Pages have no dots, so that a file that is missing is missing. */
const PAGE = /^\/[\w~%/-]*$/;

const FOR_EVER = "public, max-age=31536000, immutable";
const ASK_AGAIN = "public, no-cache";

export interface PageOptions {
  readonly http: Config["http"];
  readonly clientDir: string;
}

/**
 * Serves the built client: its files, and its page for every address that a person may have open.
 * The page is made anew for each response, because the policy's nonce is; it is the only HTML here.
 */
export async function serveClient(app: FastifyInstance, options: PageOptions) {
  // A route for each file that is there now, and so no way to any other.
  await app.register(fastifyStatic, {
    root: options.clientDir,
    wildcard: false,
    globIgnore: ["**/*.html"],
    index: false,
    dotfiles: "deny",
    preCompressed: true,
    cacheControl: false,
    suppressWarning: true,
    decorateReply: false,
    setHeaders: (reply, path) => {
      const [folder] = relative(options.clientDir, path).split(sep);
      // Vite puts a hash of the content into every name in there.
      reply.header("cache-control", folder === "assets" ? FOR_EVER : ASK_AGAIN);
    },
  });

  app.setNotFoundHandler((request, reply) => {
    if (isNavigation(request)) return sendPage(reply, options);
    throw new AppError("not_found", "There is nothing at this address.");
  });
}

/** A person opened an address: no file, no data, and whoever asked wants to show a page. */
function isNavigation(request: FastifyRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  if (!(request.headers.accept ?? "").includes("text/html")) return false;
  const [path = ""] = request.url.split("?");
  return PAGE.test(path) && !NOT_PAGES.includes(path.split("/")[1] ?? "");
}

/** What those who show a preview of a page are told of it. */
export interface PageMeta {
  readonly title: string;
  /** By their names in the Open Graph protocol. */
  readonly properties: Readonly<Record<string, string>>;
}

/** @param meta - what people wrote may be in it: it is text and never markup. */
export async function sendPage(
  reply: FastifyReply,
  options: PageOptions,
  meta?: PageMeta,
): Promise<FastifyReply> {
  const page = await readFile(join(options.clientDir, "index.html"), "utf8").catch(() => null);
  const nonce = createNonce();
  const html = (page ?? NOT_BUILT).replaceAll(NONCE_PLACEHOLDER, nonce);
  return reply
    .code(page === null ? 503 : 200)
    .headers(pageHeaders(nonce, options.http))
    .type("text/html; charset=utf-8")
    .send(meta && page !== null ? withMeta(html, meta) : html);
}

function withMeta(html: string, { title, properties }: PageMeta): string {
  const lines = Object.entries(properties).map(
    ([name, content]) => `<meta property="${escapeHtml(name)}" content="${escapeHtml(content)}" />`,
  );
  const head = [`<title>${escapeHtml(title)}</title>`, ...lines].join("\n    ");
  // By a function: in a string `$&` and the like would mean something.
  return html.replace(/<title>[^<]*<\/title>/, () => head);
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>Backline</title></head>
  <body>
    <h1>The screens are not built yet</h1>
    <p>The server runs, but its screens are missing. Run <code>npm run build</code> and start it again.</p>
  </body>
</html>
`;
