const LOOK_AGAIN_MS = 250;

/**
 * Resolves when whoever started this process is gone.
 *
 * npm runs a script in a shell and tells only that shell of a SIGTERM. Debian's `dash` ends without
 * passing it on, so `npm start` would be over and its server still be there, with the port and the
 * database.
 *
 * @param signal - abort it to stop looking; the promise then never settles.
 */
export function whenParentGone(signal: AbortSignal): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      resolve();
    }, LOOK_AGAIN_MS).unref();
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  });
}
