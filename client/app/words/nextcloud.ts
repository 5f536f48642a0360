export const nextcloud = {
  signIn: "Sign in at your Nextcloud",
  why: "No password is typed here: you sign in at your Nextcloud as always, and allow it there.",
  address: "Address of your Nextcloud",
  addressHint: "As in your browser, such as https://cloud.example.org.",
  otherWay: "Use an app password, or another WebDAV server",
  appPassword: "Use an app password instead",
  signInInstead: "Sign in at a Nextcloud instead",
  missing: "Fill this in.",
  finding: "Looking for it",
  wait: {
    title: (host: string) => `Sign in at ${host}`,
    text: (host: string, product: string) =>
      `${product} answers at ${host}. If that is yours, open it, sign in there and grant Backline access; this page goes on by itself.`,
    open: (host: string) => `Open ${host}`,
    opens: "(in a new tab)",
    waiting: "Waiting until you have granted access. It ends after 20 minutes.",
    cancel: "Cancel",
  },
  over: {
    title: "Nothing was connected",
    expired: "The 20 minutes are over, and nobody granted access. You can begin again.",
    again: "Begin again",
  },
} as const;
