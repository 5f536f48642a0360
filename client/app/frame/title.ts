import { useEffect } from "react";
import { player } from "../playback/here.ts";
import { createStore } from "../playback/store.ts";
import { frame } from "../words/frame.ts";

/** The title of the screen, as the window and screen readers say it. */
export const screenTitle = createStore<string>(frame.app);

export function useScreenTitle(title: string): void {
  useEffect(() => screenTitle.set(title), [title]);
}

/** The window's title: what plays while something plays, else the screen. */
export function startWindowTitle(): void {
  const show = () => {
    const { track, isPlaying } = player.state.get();
    const playing = [track?.title, track?.artist].filter((part) => part).join(" – ");
    const title = isPlaying && playing ? playing : screenTitle.get();
    document.title = title === frame.app ? title : `${title} · ${frame.app}`;
  };
  screenTitle.subscribe(show);
  player.state.subscribe(show);
  show();
}
