let token: string | undefined;

/**
 * Takes the setup token out of the address (`#token=…`), so that it stays neither in the history
 * nor on a screenshot. A fragment is never sent to a server.
 *
 * @returns the empty string when the address had none.
 */
export function takeSetupToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    token = given.trim();
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return token ?? "";
}
