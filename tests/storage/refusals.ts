import { inspect } from "node:util";
import { expect } from "vitest";
import { AppError } from "#server/base/errors.ts";

/** Every sentence on screen ends in something that the reader can do or wait for. */
const advice =
  /\b(check|try again|ask the|reconnect|connect|enter|tell the people|scan|create|tried again|read again|goes on by itself|choose|spread|use|upload it again|should look like)\b/i;

/**
 * The failure that some work ends in, held to what every failure of a storage promises: a code, a
 * sentence that says what to do, and none of the secrets, however deep one looks.
 */
export async function refusalOf(
  work: Promise<unknown>,
  secrets: readonly string[] = [],
): Promise<AppError> {
  const error = await work.then(
    () => expect.unreachable("It should have failed."),
    (failure: unknown) => failure,
  );
  if (!(error instanceof AppError)) throw error;
  expect(error.message).toMatch(advice);
  expect(error.message).toMatch(/^\S.{30,}\.$/s);
  expect(error.message).not.toMatch(/\bat \/|node:|undefined|\[object/);
  const all = inspect(error, { depth: 20, showHidden: true });
  for (const secret of secrets) {
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ]) {
      expect(all).not.toContain(form);
    }
  }
  return error;
}
