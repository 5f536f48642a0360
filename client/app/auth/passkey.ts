import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreation,
  PasskeyRequest,
} from "#contract/passkeys.ts";
import { backline, sentenceOf } from "../api.ts";
import { passkeys } from "../words/passkeys.ts";

/** Only whoever uses a passkey loads it. */
const library = () => import("@simplewebauthn/browser");

/** The server forgets a challenge after five minutes; one that is offered for long is renewed before. */
const RENEW_MS = 4 * 60_000;

const words = passkeys.device;

/** Whoever cancels may choose again; a device that always says no is not asked for ever. */
const MOST_CANCELLED = 10;

/** Why the browser or the device did not do it, said for people. */
class PasskeyFailure extends Error {
  override readonly name = "PasskeyFailure";
}

export const sentenceOfPasskey = (error: unknown): string =>
  error instanceof PasskeyFailure ? error.message : sentenceOf(error);

/** False in old browsers, and where the address is neither https nor this very machine. */
export const hasPasskeys = (): boolean => "PublicKeyCredential" in globalThis;

/** Asks whoever sits here for one of their passkeys. */
export async function askForPasskey(options: PasskeyRequest): Promise<PasskeyAssertion> {
  stopOffering();
  const { startAuthentication } = await library();
  try {
    return withoutExtensions(await startAuthentication({ optionsJSON: options as RequestJson }));
  } catch (error) {
    throw nameFailure(error, words.notAllowed);
  }
}

/** Lets the device make a new one. */
export async function makePasskey(options: PasskeyCreation): Promise<PasskeyAttestation> {
  const { startRegistration } = await library();
  try {
    return withoutExtensions(await startRegistration({ optionsJSON: options as CreationJson }));
  } catch (error) {
    throw nameFailure(error, words.notMade);
  }
}

type Library = Awaited<ReturnType<typeof library>>;
type RequestJson = Parameters<Library["startAuthentication"]>[0]["optionsJSON"];
type CreationJson = Parameters<Library["startRegistration"]>[0]["optionsJSON"];

/** We ask for none of them, and some password managers add what the server does not know. */
const withoutExtensions = <T extends { clientExtensionResults: unknown }>(answer: T) => ({
  ...answer,
  clientExtensionResults: {},
});

const SENTENCES: Readonly<Record<string, string>> = {
  InvalidStateError: words.known,
  ConstraintError: words.unfit,
  NotSupportedError: words.unfit,
  SecurityError: words.elsewhere(location.host),
};

function nameFailure(error: unknown, notAllowed: string): PasskeyFailure {
  const name = error instanceof Error ? error.name : "";
  const isRefused = name === "NotAllowedError" || name === "AbortError";
  const sentence = isRefused ? notAllowed : (SENTENCES[name] ?? words.other);
  return new PasskeyFailure(sentence, { cause: error });
}

const nothing = (): void => {};

/** Ends what `offerPasskeys` has begun: a browser asks for one passkey at a time. */
let stopOffering = nothing;

/**
 * Lets the browser offer passkeys where it offers to fill in the e-mail, if it can. Nothing is said
 * when it can't: there is a button, too.
 *
 * @returns ends the offer.
 */
export function offerPasskeys(onChosen: (assertion: PasskeyAssertion) => void): () => void {
  const offer = { isOver: false, cancel: nothing };
  const stop = () => {
    offer.isOver = true;
    offer.cancel();
    offer.cancel = nothing;
  };
  stopOffering = stop;
  keepOffering(offer, onChosen).catch(nothing);
  return stop;
}

interface Offer {
  isOver: boolean;
  /** Ends the request that the browser holds open at the moment. */
  cancel: () => void;
}

async function keepOffering(
  offer: Offer,
  onChosen: (assertion: PasskeyAssertion) => void,
): Promise<void> {
  if (!hasPasskeys()) return;
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  await library();
  for (let cancelled = 0; !offer.isOver && cancelled < MOST_CANCELLED; ) {
    const options = await backline.api.auth.passkeyOptions.mutate();
    const chosen = offer.isOver ? "ended" : await offerOnce(offer, options);
    if (chosen === "cancelled") cancelled += 1;
    else if (chosen !== "ended" && !offer.isOver) return onChosen(chosen);
  }
}

/** @returns `ended` when we ended it: it is over, or went on for so long that it needs another challenge. */
async function offerOnce(
  offer: Offer,
  options: PasskeyRequest,
): Promise<PasskeyAssertion | "cancelled" | "ended"> {
  const { startAuthentication, WebAuthnAbortService } = await library();
  const renewing = setTimeout(() => offer.cancel(), RENEW_MS);
  offer.cancel = () => WebAuthnAbortService.cancelCeremony();
  try {
    const optionsJSON = options as RequestJson;
    return withoutExtensions(await startAuthentication({ optionsJSON, useBrowserAutofill: true }));
  } catch (error) {
    switch (error instanceof Error ? error.name : "") {
      case "AbortError":
        return "ended";
      case "NotAllowedError":
        return "cancelled";
      default:
        throw error;
    }
  } finally {
    clearTimeout(renewing);
    offer.cancel = nothing;
  }
}
