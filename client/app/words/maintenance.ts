import type { Maintenance } from "#contract/system.ts";
import { formatMoment } from "./format.ts";

/** When it is expected to end, as long as that is still ahead. */
const untilOf = ({ until }: Maintenance, now = Date.now()): string | null =>
  until !== null && Date.parse(until) > now ? formatMoment(until) : null;

const inWords = (about: Maintenance, sentence: (until: string) => string): string => {
  const until = untilOf(about);
  return sentence(until === null ? "" : ` until ${until}`);
};

export const maintenance = {
  title: "Maintenance",
  page: {
    title: "Backline is being looked after",
    text: "The people who run it are working on it, so nobody can sign in at the moment. Your recordings and your library are safe.",
    until: (about: Maintenance) => {
      const until = untilOf(about);
      return until === null ? null : `They expect to be done by ${until}.`;
    },
    again: "Try again",
    looking: "This page looks again by itself.",
    admin: "Sign in as an administrator",
  },
  banner: (about: Maintenance) =>
    inWords(about, (until) => `Maintenance: you can listen, and nothing can be changed${until}.`),
  adminBanner: (about: Maintenance) =>
    inWords(about, (until) => `Maintenance is on${until}: only administrators change anything.`),
  admin: {
    text: "While it is on, people who are signed in go on listening. Only administrators sign in or change anything, and scans wait.",
    switch: "Maintenance",
    held: "This server was started with MAINTENANCE_MODE=1: it stays on until it is started without, whatever is chosen here.",
    message: "What people read (optional)",
    messageHint: "One or two sentences, such as why and for how long.",
    until: "Expected to be done (optional)",
    untilHint: "People are told. It does not end by itself.",
    update: "Tell people this",
    on: "Maintenance is on. Nobody but administrators changes anything now.",
    off: "Maintenance is off. Everybody can work again.",
    told: "People read this from now on.",
  },
} as const;
