import type { JellyfinName, JellyfinProduct, JellyfinServer } from "#contract/jellyfin.ts";
import { plural } from "./format.ts";

const products: Readonly<Record<JellyfinProduct, string>> = { jellyfin: "Jellyfin", emby: "Emby" };

/** A server is often called like its machine, which says little without what it is. */
const nameOf = ({ name, product }: JellyfinName): string =>
  name.toLowerCase().includes(product) ? name : `${name} (${products[product]})`;

export const jellyfin = {
  username: "User name",
  password: "Password",
  missingUsername: "Enter your user name.",
  missingPassword: "Enter your password.",
  signIn: {
    with: (server: JellyfinName) => `Sign in with ${nameOf(server)}`,
    text: ({ product }: JellyfinName) =>
      `With your ${products[product]} user name and password. The password goes there and is not kept here.`,
    submit: "Sign in",
    otherWay: "Sign in another way",
  },
  again: {
    text: (server: JellyfinName) =>
      `This matters enough to ask once more for what you sign in with at ${nameOf(server)}.`,
  },
  own: {
    title: (server: JellyfinName) => nameOf(server),
    linkHint: "Link your account there, and you can sign in with it as well.",
    linkText: (server: JellyfinName) => `What you sign in with at ${nameOf(server)}`,
    linked: (name: string) => `You can sign in with your account ${name} there.`,
    link: "Link",
    linkTo: (server: JellyfinName) => `Link ${nameOf(server)}`,
    unlink: "Unlink",
    unlinkTitle: (server: JellyfinName) => `Unlink ${nameOf(server)}?`,
    unlinkText: "You cannot sign in with your account there any more.",
    unlinkKeeps: "You stay signed in, and everything you have here and there is kept.",
    linkDone: "You can sign in with that account now.",
    unlinkDone: "The account is unlinked.",
  },
  admin: {
    title: "Sign-in with Jellyfin or Emby",
    text: "People can use the account that they have at your media server. It has to be one whose administrators you trust: they can sign in as anybody who is linked to it.",
    url: "Address of the server",
    urlHint: "As you open it in a browser, such as https://media.example.org.",
    missingUrl: "Enter the address.",
    plain: "Passwords go to this address over plain http: anyone on the way can read them.",
    use: "Check and use it",
    checkAgain: "Check again",
    answered: ({ name, product, version }: JellyfinServer) =>
      `${name} answers: ${products[product]} ${version}`,
    newUsers: "New people may come in",
    newUsersHint:
      "Whoever has an account there and none here gets one by signing in. This counts whoever else can register, also when nobody can.",
    saved: (server: JellyfinName) => `People can sign in with ${nameOf(server)}.`,
    off: "Switch off",
    offTitle: (server: JellyfinName) => `Switch sign-in with ${nameOf(server)} off?`,
    offText: (dependents: number) =>
      dependents > 0
        ? `${plural(dependents, "person", "people")} here ${dependents === 1 ? "has" : "have"} no other way in, and cannot sign in again until it is back on.`
        : "Nobody can sign in with it any more; everybody here has another way in.",
    offKeeps:
      "Who is signed in stays so. Links are kept and work again when the same server is back.",
    offDone: "Sign-in through a media server is off.",
    failed: "What is set could not be loaded.",
  },
} as const;
