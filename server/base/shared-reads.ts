import type { Db, Tx } from "./db.ts";

/** A statement of Drizzle's, prepared under a name that no other has. */
interface Prepared<Row> {
  execute(values: Readonly<Record<string, unknown>>): Promise<Row[]>;
}

/** Asks for the rows that these values find. */
type Read<Values, Row> = (db: Db | Tx, values: Values) => Promise<readonly Readonly<Row>[]>;

/** When all that has arrived so far has been looked at. */
const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * For what every request reads. The statement is prepared once for each pool, which costs a third of
 * building it anew; and all who ask the same within one turn of the event loop share one answer. It is
 * sent for after they asked, so it is no older than one of their own would be.
 *
 * @param prepare - ends in `.prepare(name)`.
 */
export function sharedRead<Values extends Readonly<Record<string, unknown>>, Row>(
  prepare: (db: Db | Tx) => Prepared<Row>,
): Read<Values, Row> {
  const readers = new WeakMap<Db | Tx, (values: Values) => Promise<readonly Row[]>>();
  return (db, values) => {
    const known = readers.get(db);
    if (known) return known(values);
    const statement = prepare(db);
    const reader = together((asked: Values) => statement.execute(asked));
    readers.set(db, reader);
    return reader(values);
  };
}

function together<Values, Row>(
  read: (values: Values) => Promise<readonly Row[]>,
): (values: Values) => Promise<readonly Row[]> {
  /** Not sent yet. */
  const questions = new Map<string, Promise<readonly Row[]>>();

  const ask = async (key: string, values: Values): Promise<readonly Row[]> => {
    await endOfTurn();
    questions.delete(key);
    return read(values);
  };

  return (values) => {
    const key = JSON.stringify(values);
    const question = questions.get(key) ?? ask(key, values);
    questions.set(key, question);
    return question;
  };
}
