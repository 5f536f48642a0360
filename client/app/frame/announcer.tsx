import { useSyncExternalStore } from "react";
import { screenTitle } from "./title.ts";

/** Tells screen readers which screen has opened, since no page is loaded. */
export function Announcer() {
  const title = useSyncExternalStore(screenTitle.subscribe, screenTitle.get);
  return (
    <div className="out-of-sight" aria-live="polite" aria-atomic="true">
      {title}
    </div>
  );
}
