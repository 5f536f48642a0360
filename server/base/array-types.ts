/** Types of arrays by what is in them (pg_type.oid), for what the job queue asks and answers. */
const ARRAYS = {
  bool: 1000,
  int4: 1007,
  text: 1009,
  varchar: 1015,
  int8: 1016,
  uuid: 2951,
  jsonb: 3807,
} as const;

/**
 * How postgres.js writes and reads lists.
 *
 * By itself it asks each new connection for the array types of the database. When the connection
 * dies during that question nobody is told, and the process ends of an unhandled rejection (3.4.9,
 * `fetchArrayTypes`). With these it has nothing to ask.
 *
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export const arrayTypes = Object.fromEntries(
  Object.entries(ARRAYS).map(([name, oid]) => [
    `${name}List`,
    { to: oid, from: [oid], serialize: toArrayText, parse: parseArrayText },
  ]),
);

/** `{"a","b",NULL}`: quoted, so that no element reads as syntax. */
export function toArrayText(list: readonly unknown[]): string {
  return `{${list.map((each) => toElementText(each)).join(",")}}`;
}

function toElementText(element: unknown): string {
  if (element === null || element === undefined) return "NULL";
  if (Array.isArray(element)) return toArrayText(element);
  return `"${toText(element).replaceAll(/["\\]/g, "\\$&")}"`;
}

function toText(element: unknown): string {
  return typeof element === "object" ? JSON.stringify(element) : String(element);
}

/** A list of one dimension, its elements as text. */
export function parseArrayText(text: string): (string | null)[] {
  const elements = text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs);
  return [...elements].map(([, quoted, plain]) => {
    if (quoted !== undefined) return quoted.replaceAll(/\\(.)/gs, "$1");
    return plain === undefined || plain === "NULL" ? null : plain;
  });
}
