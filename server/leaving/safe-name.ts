/** Windows opens devices by these names, whatever their extension. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i;

/** Separators, what Windows refuses, what can't be seen and what turns text around. */
const UNSAFE = /[\\/:*?"<>|]|\p{Cc}|\p{Cf}|\p{Co}|\p{Cs}|\p{Zl}|\p{Zp}/gu;

/** Leaves room for folders above and for a number. */
const MAX_BYTES = 100;

/**
 * Names for the folders of an archive, one for each of these: whatever people called them, they
 * unpack on every system, beside each other and nowhere else.
 */
export function toSafeNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = toSafeName(name);
    let unique = safe;
    for (let n = 2; taken.has(unique.toLowerCase()); n += 1) unique = `${safe} (${n})`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

function toSafeName(name: string): string {
  const plain = trim(cut(trim(name.toWellFormed().normalize("NFC").replaceAll(UNSAFE, "_"))));
  if (plain === "") return "band";
  return DEVICES.test(plain) ? `_${plain}` : plain;
}

/** Windows drops dots and spaces at the end; at the beginning a dot hides. */
const trim = (text: string): string => text.replaceAll(/^[.\s]+|[.\s]+$/g, "");

function cut(text: string): string {
  let [kept, bytes] = ["", 0];
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_BYTES) return kept;
    kept += character;
  }
  return kept;
}
