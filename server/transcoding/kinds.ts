/** All that is made plays at this rate, in stereo, so that every part of it fits every other. */
export const RATE_HZ = 48_000;

/** A whole number of frames of either coding, so that the parts of all kinds begin together. */
export const SEGMENT_SECONDS = 8;

/** How much is coded before what is wanted and thrown away, so that the coder is in full swing. */
export const LEAD_SECONDS = 0.32;

export const KINDS = ["high-aac", "low-aac", "high-opus", "low-opus"] as const;
export type Kind = (typeof KINDS)[number];
export type Codec = "aac" | "opus";

interface Coding {
  readonly samplesPerFrame: number;
  /** What a decoder gives before the sound begins. */
  readonly delaySamples: number;
  /** As RFC 6381 has it. */
  readonly name: string;
}

export const codings: Readonly<Record<Codec, Coding>> = {
  aac: { samplesPerFrame: 1024, delaySamples: 1024, name: "mp4a.40.2" },
  opus: { samplesPerFrame: 960, delaySamples: 312, name: "opus" },
};

export const codecOf = (kind: Kind): Codec => (kind.endsWith("opus") ? "opus" : "aac");

export const framesPerSegment = (codec: Codec): number =>
  (SEGMENT_SECONDS * RATE_HZ) / codings[codec].samplesPerFrame;

export const leadFrames = (codec: Codec): number =>
  (LEAD_SECONDS * RATE_HZ) / codings[codec].samplesPerFrame;

/** What a codec's delay pushes beyond the last whole one is part of that. */
export const countSegments = (durationMs: number): number =>
  Math.max(1, Math.ceil(durationMs / 1000 / SEGMENT_SECONDS));
