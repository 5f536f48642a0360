import type { Page } from "playwright-core";

export interface Recording {
  /** The loudest sample of each block, one after the other. */
  readonly peaks: number[];
  readonly blockMs: number;
  /** Of each tone that was listened for, its loudness in each of the longer blocks; 1 is full scale. */
  readonly tones: number[][];
  readonly toneBlockMs: number;
}

/**
 * Records what all sounds of the page give out together, sample by sample, from now on.
 *
 * @param tonesHz - to be told apart in it.
 */
export const startRecording = (page: Page, tonesHz: readonly number[] = []): Promise<void> =>
  page.evaluate(`(async () => {
    const context = new AudioContext();
    await context.resume();
    const recorder = context.createScriptProcessor(8192, 2, 2);
    const block = 128;
    const tonesHz = ${JSON.stringify(tonesHz)};
    window.recorded = {
      peaks: [],
      blockMs: (block * 1000) / context.sampleRate,
      tones: tonesHz.map(() => []),
      toneBlockMs: (8192 * 1000) / context.sampleRate,
    };
    const loudnessOf = (samples, hz) => {
      const [step, sum] = [(2 * Math.PI * hz) / context.sampleRate, { re: 0, im: 0 }];
      for (let at = 0; at < samples.length; at += 1) {
        const hann = 1 - Math.cos((2 * Math.PI * at) / samples.length);
        sum.re += hann * samples[at] * Math.cos(step * at);
        sum.im += hann * samples[at] * Math.sin(step * at);
      }
      return (2 * Math.hypot(sum.re, sum.im)) / samples.length;
    };
    recorder.onaudioprocess = ({ inputBuffer }) => {
      const channels = [inputBuffer.getChannelData(0), inputBuffer.getChannelData(1)];
      for (const [at, hz] of tonesHz.entries()) {
        window.recorded.tones[at].push(loudnessOf(channels[0], hz));
      }
      for (let from = 0; from < inputBuffer.length; from += block) {
        let most = 0;
        for (const channel of channels) {
          for (let at = from; at < from + block; at += 1) most = Math.max(most, Math.abs(channel[at]));
        }
        window.recorded.peaks.push(most);
      }
    };
    for (const sound of window.sounds) context.createMediaElementSource(sound).connect(recorder);
    recorder.connect(context.destination);
  })()`);

/** What was heard so far. */
export const readRecording = (page: Page): Promise<Recording> => page.evaluate("window.recorded");

const SILENT = 0.02;

/** The longest silence in milliseconds between the first and the last sound of a recording. */
export function longestSilence({ peaks, blockMs }: Pick<Recording, "peaks" | "blockMs">): number {
  const heard = peaks.map((peak) => peak > SILENT);
  const within = heard.slice(heard.indexOf(true), heard.lastIndexOf(true));
  let [longest, run] = [0, 0];
  for (const isHeard of within) {
    run = isHeard ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest * blockMs;
}
