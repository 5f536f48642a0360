import { useEffect } from "react";

interface Line {
  unsubscribe(): void;
}

/**
 * Follows what others do, as long as somebody looks: a line costs a connection.
 *
 * @param id - of what is followed; another one is another line.
 * @param follow - the same function each time.
 */
export function useWhileLooking<Id>(id: Id, follow: (id: Id) => Line): void {
  useEffect(() => {
    let line: Line | null = null;
    const onVisibility = () => {
      line?.unsubscribe();
      line = document.visibilityState === "visible" ? follow(id) : null;
    };
    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      line?.unsubscribe();
    };
  }, [id, follow]);
}
