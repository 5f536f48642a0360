/** 32 of them, so that each random byte chooses one evenly; nothing that looks like another. */
const CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const LENGTH = 16;
const GROUP = 4;

/**
 * A password that can be read out: 80 random bits, in groups such as `k7mq-9xfp-2wht-vj4c`.
 *
 * @param random - fills an array with random bytes.
 */
export function createPassword(
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes),
): string {
  const bytes = random(new Uint8Array(LENGTH));
  const characters = Array.from(bytes, (byte) => CHARACTERS[byte % CHARACTERS.length]);
  const groups = Array.from({ length: LENGTH / GROUP }, (_, at) =>
    characters.slice(at * GROUP, (at + 1) * GROUP).join(""),
  );
  return groups.join("-");
}
