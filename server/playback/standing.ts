import type { FastifyRequest } from "fastify";
import type { AttachedTrack } from "./service.ts";
import type { StandingPlan } from "./standing-answer.ts";
import type { Playable } from "./store.ts";

export type Actor = NonNullable<FastifyRequest["actor"]>;

/** Bytes are on their way to a listener. */
export type Begun = (actor: Actor, playable: Playable, startByte: number) => void;

/** Ends an answer at once. */
export type Cut = (reason: unknown) => void;

/** One listener's recording, and what of it is on its way to them. */
export interface Standing {
  readonly key: string;
  /** The same as the text that came; known since it came so. */
  text: string | undefined;
  /** How to answer without a way through Node's HTTP; `undefined` where that can't be done. */
  readonly plan: StandingPlan | undefined;
  readonly actor: Actor;
  readonly attached: AttachedTrack;
  /** What its storage ends by, and all of its answers with it. */
  readonly until: AbortSignal;
  readonly place: { readonly path: string; readonly route: string | undefined };
  /** Of its answers, but for what tells one from another. */
  readonly headers: Readonly<Record<string, string | number>>;
  readonly freshUntilMs: number;
  readonly answers: Set<Cut>;
  /** Frees everything. */
  readonly ending: AbortController;
  isForgotten: boolean;
  /** Somebody is on the way to ask anew. */
  isBeingRenewed: boolean;
}
