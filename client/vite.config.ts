import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Where `npm run dev` listens, for `vite` beside it. */
const SERVER = "http://localhost:3000";

/**
 * Holds the first paint until `main.tsx` has set the colour scheme. It reads a setting, and an
 * inline script that could do it earlier is what the content security policy forbids.
 */
const paintInTheRightColours: Plugin = {
  name: "paint-in-the-right-colours",
  transformIndexHtml: {
    order: "post",
    handler: (html) =>
      html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), paintInTheRightColours],
  // The server puts a fresh nonce in its place with every answer.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(
      ["/trpc", "/stream", "/download", "/cover", "/picture", "/uploads", "^/s/[^/]+/cover"].map(
        (path) => [path, { target: SERVER }],
      ),
    ),
  },
});
