import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestFolder } from "./deps.ts";

export const SCRIPT = "console.log('a song');";

/** A folder as `npm run build` leaves it, small. */
export async function createClientBuild(): Promise<string> {
  const folder = await createTestFolder();
  await mkdir(join(folder, "assets"));
  await writeFile(
    join(folder, "index.html"),
    [
      "<!doctype html><html><head><title>Backline</title>",
      '<meta property="csp-nonce" nonce="__CSP_NONCE__">',
      '<script type="module" nonce="__CSP_NONCE__" src="/assets/app-1a2b3c4d.js"></script>',
      '<link rel="stylesheet" nonce="__CSP_NONCE__" href="/assets/app-1a2b3c4d.css">',
      '</head><body><div id="root"></div></body></html>',
    ].join("\n"),
  );
  await writeFile(join(folder, "assets/app-1a2b3c4d.js"), SCRIPT);
  await writeFile(join(folder, "assets/app-1a2b3c4d.css"), "body { margin: 0 }");
  await writeFile(join(folder, "icon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
  await writeFile(join(folder, ".hidden"), "hidden");
  return folder;
}
