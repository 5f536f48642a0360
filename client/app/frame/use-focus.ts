import { useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/**
 * After a change of screen the focus starts at its content, as it would on a new page. Whoever
 * types in the search field stays there.
 */
export function useFocusOnNavigation(): void {
  const pathname = useLocation({ select: (location) => location.pathname });
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (document.activeElement instanceof HTMLInputElement) return;
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [pathname]);
}
