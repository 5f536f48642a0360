import type { Sound } from "./sound.ts";

/** Points a sound at what it plays. Every source of every voice goes through here. */
export function attach(sound: Sound, url: string): void {
  sound.src = url;
}

/** Takes it away again: no more bytes are asked for. */
export function detach(sound: Sound): void {
  sound.removeAttribute("src");
  sound.load();
}
