import type { OAuthProviderId, ProviderId } from "#contract/connections.ts";
import { google } from "./google.ts";
import { microsoft } from "./microsoft.ts";
import { createOAuthWords } from "./oauth.ts";

/** For every provider that people sign in at. */
export const signIns = {
  "google-drive": google,
  onedrive: microsoft,
} satisfies Readonly<Record<OAuthProviderId, unknown>>;

export const isSignIn = (provider: ProviderId): provider is OAuthProviderId =>
  Object.hasOwn(signIns, provider);

/** For somebody who comes back from nobody knows where. */
export const someSignIn = createOAuthWords({
  storage: "The storage",
  company: "the provider",
  text: "",
  notes: [],
  client: { text: "", steps: [] },
  why: {
    no_files: "The permission to read files was not given. Connect again and accept it.",
    client: "The client ID or its secret is refused. Check them, then connect again.",
  },
});
