import { formatCount } from "./format.ts";

export const auth = {
  email: "E-mail",
  password: "Password",
  name: "Your name",
  showPassword: "Show password",
  signIn: {
    title: "Sign in",
    submit: "Sign in",
    remember: "Keep me signed in for 30 days",
    rememberHint: "Only on a device that is yours.",
    locked: (seconds: number) =>
      `Too many attempts. To keep your account safe, wait ${wait(seconds)} and try again. Devices that are signed in keep working.`,
    lockedButton: (seconds: number) => `Wait ${wait(seconds)}`,
    forgotten: "Forgotten your password?",
    register: "Make an account",
    changed:
      "Your password is changed, and all your devices are signed out. Sign in with the new one.",
    lost: "You were signed out. Sign in to go on where you were.",
    missingEmail: "Enter your e-mail.",
    missingPassword: "Enter your password.",
  },
  code: {
    title: "One more step",
    text: "Your account has a second factor.",
    label: "Code",
    hint: "Six digits from your authenticator app, or one of your backup codes.",
    missing: "Enter the code.",
    submit: "Go on",
    lost: "Signing in took too long, or there were too many wrong codes. Begin again with your password.",
  },
  notSetUp: {
    title: "Backline is running, and nobody has an account yet",
    text: "When it started, the server printed a link that makes the first account. Open that link in this browser.",
    where:
      "Look for the line below where the server was started, or in its log. Each start prints a new one.",
    line: (origin: string) => `${origin}/setup#token=…`,
    haveToken: "I have the token",
  },
  setup: {
    title: "Make the first account",
    text: "It is the administrator of this server. Your recordings stay where they are.",
    token: "Setup token",
    tokenHint: "From the link that the server printed when it started.",
    tokenMissing: "Paste the setup token from the link that the server printed.",
    nameHint: "Shown to the people you share a band with.",
    nameMissing: "Enter your name.",
    emailMissing: "Enter an e-mail such as anna@example.org.",
    passwordHint:
      "At least 8 characters. Four or five unrelated words are strong and easy to remember.",
    passwordShort: (missing: number) =>
      `${formatCount(missing)} more ${missing === 1 ? "character" : "characters"} needed.`,
    submit: "Make the account",
  },
  register: {
    title: "Make an account",
    text: "With it you listen to your own recordings and to those of your bands.",
    submit: "Make the account",
    toSignIn: "Sign in instead",
    closed: {
      title: "No new accounts at the moment",
      text: "The people who run this server let nobody register. Ask them for an account.",
    },
    invite: {
      title: "An account takes an invitation",
      text: "Open the link in the invitation that you were sent. If you have none, ask the people who run this server.",
    },
  },
  mail: {
    title: "Look into your mail",
    register: (email: string) =>
      `A mail to ${email} is on its way. The link in it shows that the address is yours.`,
    verify: (email: string) =>
      `If ${email} belongs to an account here that waits for it, a mail with a new link is on its way.`,
    reset: (email: string) =>
      `If ${email} belongs to an account here, a mail is on its way. Its link lets you choose a new password, once, for an hour.`,
    help: "Nothing after a few minutes? Look among the spam, and whether the address above is right. Else ask the people who run this server.",
    again: "Send it again",
    sentAgain: "Another mail is on its way. Only the link in the newest one works.",
    other: "Use another address",
    toSignIn: "Back to sign in",
  },
  verify: {
    title: "Confirm your e-mail address",
    text: "Press the button to show that this address is yours.",
    submit: "Confirm the address",
    done: "The address is confirmed",
    doneText: "All is ready for you.",
    goOn: "Go on",
    old: "A new link is needed",
    missing:
      "This address is not the whole link: its end is missing. Open it from the mail once more, or let us send a new one.",
    send: "Send a new link",
  },
  confirmEmail: {
    title: "Confirm your new e-mail address",
    text: "Press the button to show that this address is yours. It takes the place of the old one at once.",
    submit: "Confirm the address",
    done: "Your new address is confirmed",
    doneText: "From now on you sign in with it. Devices that are signed in stay so.",
    old: "A new link is needed",
    missing:
      "This address is not the whole link: its end is missing. Open it from the mail once more, or ask for a new one in Settings.",
    taken: "This address can't be yours",
    toSettings: "Go to Settings",
  },
  forgot: {
    title: "Choose a new password",
    text: "Enter the e-mail of your account. We send a link there with which you choose a new password. Nothing in your library is lost meanwhile.",
    submit: "Send the link",
  },
  reset: {
    title: "Choose a new password",
    text: "All your devices are signed out then, and you sign in with the new password.",
    password: "New password",
    submit: "Set the new password",
    missing:
      "This address is not the whole link: its end is missing. Open it from the mail once more, or ask for a new one.",
    askAgain: "Ask for a new link",
  },
  again: {
    title: "Show that it is you",
    text: "This matters enough to ask once more who you are.",
    current: "Current password",
    submit: "Go on",
  },
  strength: {
    label: "Password strength",
    levels: ["Too short", "Weak", "Fair", "Good", "Strong"],
    longer: "Longer is stronger: add a word or two.",
    repeated: "Repetitions and sequences are guessed first.",
    personal: "It contains your name or e-mail, which is guessed first.",
    common: "This is among the passwords that are tried first.",
    fine: "Hard to guess. Keep it in a password manager.",
  },
} as const;

const wait = (seconds: number): string =>
  seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
