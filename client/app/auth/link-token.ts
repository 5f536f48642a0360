import { useEffect, useState } from "react";

/** By the screen that it is for: what sets a server up confirms no address. */
const tokens = new Map<string, string>();

/**
 * Takes the token of a link out of the address (`#token=…`), so that it stays neither in the history
 * nor on a screenshot. A fragment is never sent to a server.
 *
 * @returns the empty string when the address had none.
 */
export function takeLinkToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    tokens.set(location.pathname, given.trim());
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return tokens.get(location.pathname) ?? "";
}

/** Opening a link in a tab that shows its screen already only changes the fragment. */
export function useLinkToken(): string {
  const [token, setToken] = useState(takeLinkToken);
  useEffect(() => {
    const take = () => setToken(takeLinkToken());
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  return token;
}
