const KEY = "backline.reloaded-at";
const ONCE_IN_MS = 60_000;

/**
 * A new version of Backline has other files than the page that is open knows. When it misses one,
 * it loads itself again, but not while something plays, and not over and over.
 */
export function startUpdateWatch(isPlaying: () => boolean): void {
  window.addEventListener("vite:preloadError", () => {
    if (isPlaying() || Date.now() - Number(sessionStorage.getItem(KEY)) < ONCE_IN_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  });
}

/** Whether an error is about a file that is not there any more. */
export const isOutdated = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|preload CSS/i.test(error.message);
