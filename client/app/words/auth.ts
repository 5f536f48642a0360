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
    forgotten:
      "Forgotten your password? An administrator of this server can help: nothing in your library is lost meanwhile.",
    lost: "You were signed out. Sign in to go on where you were.",
    missingEmail: "Enter your e-mail.",
    missingPassword: "Enter your password.",
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
