/**
 * What has to be so before any other module runs, React and Mantine included: import it first.
 */

declare global {
  interface Window {
    /** Absent where the browser does not know Trusted Types. */
    readonly trustedTypes?: {
      createPolicy(
        name: string,
        rules: Readonly<Record<"createHTML" | "createScriptURL", (text: string) => string>>,
      ): unknown;
    };
  }
}

/** The browser hides a nonce from scripts that look for the attribute; the property still has it. */
export const styleNonce =
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

// The scroll lock of Mantine's dialogs looks for its nonce under this name.
Object.assign(globalThis, { __webpack_nonce__: styleNonce });

// What the page may hand to the browser as code. Mantine sets style sheets through `innerHTML`, so
// text without markup passes; scripts and workers come from this server alone.
window.trustedTypes?.createPolicy("default", {
  createHTML: (html) => (html.includes("<") ? refuse("markup") : html),
  createScriptURL: (url) =>
    new URL(url, location.href).origin === location.origin ? url : refuse("a foreign script"),
});

function refuse(what: string): never {
  throw new TypeError(`Backline does not let ${what} into the page.`);
}
