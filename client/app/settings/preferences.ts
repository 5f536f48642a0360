import { createStore, type Store } from "../playback/store.ts";

/** A choice that belongs to this browser. Never anything secret. */
export function createPreference<T>(
  name: string,
  fallback: T,
  parse: (stored: unknown) => T | undefined,
): Store<T> {
  const key = `backline.${name}`;
  const store = createStore<T>(read(key, parse) ?? fallback);
  return {
    ...store,
    set(value) {
      store.set(value);
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // A browser without storage (private mode, full) keeps it until the tab is closed.
      }
    },
  };
}

function read<T>(key: string, parse: (stored: unknown) => T | undefined): T | undefined {
  try {
    const stored = localStorage.getItem(key);
    return stored === null ? undefined : parse(JSON.parse(stored));
  } catch {
    // Somebody else's or an older format counts as nothing.
    return undefined;
  }
}

const toBoolean = (stored: unknown) => (typeof stored === "boolean" ? stored : undefined);

/** Keys that are one character without Ctrl, Alt or Meta can be switched off (WCAG 2.1.4). */
export const singleKeys = createPreference("single-keys", true, toBoolean);
