import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { FastifyInstance } from "fastify";
import { onTestFinished } from "vitest";
import { type Backline, createBackline } from "#sdk/index.ts";
import { type AppOptions, buildApp } from "#server/app.ts";
import { startSetup } from "#server/auth/setup.ts";
import { handlers } from "#server/worker.ts";
import { type TestDeps, type TestDepsOptions, testDeps } from "./deps.ts";

export interface TestServerOptions extends TestDepsOptions, AppOptions {
  /** Adds to the app what only the test needs, such as a route that fails. */
  readonly prepare?: (app: FastifyInstance, deps: TestDeps) => void | Promise<void>;
  /** Takes up jobs by itself, as the real one does; tests mostly run them one by one. */
  readonly isWorking?: boolean;
  /** Its `PUBLIC_URL` is where it listens: at `localhost`, as passkeys want it. */
  readonly hasOwnAddress?: boolean;
}

/** The whole server, on a loopback port of its own. */
export interface TestServer {
  readonly baseUrl: string;
  readonly port: number;
  readonly app: FastifyInstance;
  readonly deps: TestDeps;
  /** A client that nobody has signed in with, with cookies of its own. */
  guest(): Backline;
  /** The client of the first administrator, who is made when first asked for. */
  admin(): Promise<Backline>;
  /** Closes it before the test is over; what runs is cut off. */
  stop(): Promise<void>;
}

/**
 * A test shares its process with every server that it starts, on machines that do much else. None of
 * that is the load that a server turns people away for.
 */
export const PATIENT_MS = 10_000;

export const ADMIN = {
  email: "anna@band.example",
  name: "Anna",
  password: "seven blue trombones",
} as const;

export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const free = options.hasOwnAddress ? await findFreePort() : 0;
  const own = options.hasOwnAddress ? { PUBLIC_URL: `http://localhost:${free}` } : {};
  const deps = await testDeps({ ...options, environment: { ...own, ...options.environment } });
  const app = await buildApp(deps, { maxEventLoopDelayMs: PATIENT_MS, ...options });
  await options.prepare?.(app, deps);
  await app.listen({ host: "127.0.0.1", port: free });
  if (options.isWorking) await deps.jobs.work(deps, handlers);

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= app.drain.begin({ noticeMs: 0, deadlineMs: 0 });
    return stopped;
  };
  onTestFinished(stop);

  const bound = app.server.address();
  const port = typeof bound === "object" && bound ? bound.port : 0;
  const baseUrl = `http://127.0.0.1:${port}`;
  const guest = (): Backline => createBackline({ baseUrl });
  let admin: Promise<Backline> | undefined;
  return {
    baseUrl,
    port,
    app,
    deps,
    guest,
    admin() {
      admin ??= signUpAdmin({ deps, guest });
      return admin;
    },
    stop,
  };
}

/** One that nobody listened on a moment ago. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Sets the server up as the printed link would, and stays signed in. */
export async function signUpAdmin(server: Pick<TestServer, "deps" | "guest">): Promise<Backline> {
  const setupToken = await startSetup(server.deps);
  if (setupToken === null) throw new Error("This server has its administrator already.");
  const backline = server.guest();
  await backline.api.auth.setup.mutate({ setupToken, ...ADMIN });
  return backline;
}
