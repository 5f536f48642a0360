import { sql } from "drizzle-orm";
import type { BandId } from "#contract/ids.ts";
import type { Db } from "#server/base/db.ts";

/** A word to look for. */
interface AskedWord {
  readonly word: string;
  /** Other words that it might stand for, exactly as they are. */
  readonly turned: readonly string[];
  /** LIKE patterns of words that it might stand for. */
  readonly masked: readonly string[];
}

/** Words of a band's library that are like others, for each of them the likest first. */
export async function findNearWords(
  db: Db,
  { bandId }: { readonly bandId: BandId },
  asked: readonly AskedWord[],
): Promise<Map<string, string[]>> {
  const rows = await db.execute<{ word: string; near: string[] }>(sql`
    select a.word, to_json(array(
      select n.word from library_near_words(${bandId}, a.word, a.turned, a.masked) as n(word)
    )) as near
    from json_to_recordset(${JSON.stringify(asked)}::json) as a(word text, turned text[], masked text[])`);
  return new Map(rows.map(({ word, near }) => [word, near]));
}
