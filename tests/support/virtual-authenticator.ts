import type { Person } from "./screen.ts";

/** A device that Chromium plays: it keeps passkeys, and knows its owner when it is told so. */
export interface VirtualAuthenticator {
  /** Whether whoever sits here is its owner from now on. */
  verify(isOwner: boolean): Promise<void>;
  /** Whether it says yes without anybody touching it, to what it is asked from now on. */
  answerByItself(isOn: boolean): Promise<void>;
  countPasskeys(): Promise<number>;
  /** How often the page has asked for a passkey since it was loaded; from the next loading on. */
  countRequests(): Promise<number>;
}

const COUNT_REQUESTS = `
  window.passkeyRequests = 0;
  const { credentials } = navigator;
  const get = credentials.get.bind(credentials);
  credentials.get = (options) => {
    window.passkeyRequests += 1;
    return get(options);
  };
`;

/** @see https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/ */
export async function createVirtualAuthenticator({
  page,
  context,
}: Pick<Person, "page" | "context">): Promise<VirtualAuthenticator> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await context.addInitScript(COUNT_REQUESTS);
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async verify(isUserVerified) {
      await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    async answerByItself(enabled) {
      await devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    },
    async countPasskeys() {
      const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
      return credentials.length;
    },
    countRequests: () => page.evaluate("window.passkeyRequests"),
  };
}
