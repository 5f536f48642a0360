import { connect, type Socket } from "node:net";

/** What postgres.js tells of the place to connect to. */
interface Place {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | false;
}

/**
 * Connects to Postgres, and reports the loss of a connection once: by `close`.
 *
 * postgres.js 3.4.9 forgets what it sends between a socket's `error` and its `close`: such a
 * statement never settles, and after the reconnect it is given the rows of the next one, which may
 * be somebody else's (`tests/base/transactions.test.ts` sees the first half). Without `error` it fails
 * everything at once when the socket closes. Not for TLS, where postgres.js makes a socket of its
 * own around this one. To be removed when https://github.com/porsager/postgres/pull/1215 is released.
 */
export function openDatabaseSocket({ host, port, path }: Place): Socket {
  const socket = path ? connect(path) : connect({ host: host[0], port: port[0] ?? 5432 });
  let isConnected = false;
  socket.once("connect", () => {
    isConnected = true;
  });
  const emit = socket.emit.bind(socket);
  return Object.assign(socket, {
    // For the certificate's name.
    host: host[0],
    emit: (event: string, ...rest: unknown[]) => {
      if (isConnected && event === "error") return true;
      if (isConnected && event === "close") return emit("close", false);
      return emit(event, ...rest);
    },
  });
}
