import { useEffect } from "react";
import { playerInTab } from "../playback/in-tab.ts";
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
    const state = playerInTab.get()?.state.get();
    const { title: song, artist } = (state?.isPlaying && state.track) || {};
    const playing = [song, artist].filter((part) => part).join(" – ");
    const title = playing || screenTitle.get();
    document.title = title === frame.app ? title : `${title} · ${frame.app}`;
  };
  screenTitle.subscribe(show);
  // There is one for good, once there is one.
  playerInTab.subscribe(() => playerInTab.get()?.state.subscribe(show));
  show();
}
