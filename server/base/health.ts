import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Deps } from "#server/deps.ts";

const CHECK_TIMEOUT_MS = 2_000;
const RETRY_SECONDS = 2;

type Check = "ok" | "failed";

/** Never refused for being busy: whoever asks decides whether we live. */
const exempt = { config: { pressureHandler: () => undefined } };

/**
 * `live`: the process runs. `ready`: it may be sent requests, because what it stands on answers
 * within two seconds and it is not stopping. Neither says more than that to whoever asks.
 */
export const healthRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  let checking: Promise<Record<string, Check>> | undefined;
  const check = (): Promise<Record<string, Check>> => {
    // One at a time, however many ask.
    checking ??= checkAll(deps).finally(() => {
      checking = undefined;
    });
    return checking;
  };

  app.get("/health/live", exempt, async () => ({ status: "ok" }));

  app.get("/health/ready", exempt, async (_request, reply) => {
    if (isStopping(app)) return reply.code(503).send({ status: "stopping", checks: {} });
    const checks = await check();
    const isReady = Object.values(checks).every((each) => each === "ok");
    if (!isReady) reply.code(503).header("retry-after", String(RETRY_SECONDS));
    return reply.send({ status: isReady ? "ok" : "failed", checks });
  });
};

const isStopping = (app: FastifyInstance): boolean => app.drain.hasBegun;

async function checkAll(deps: Deps): Promise<Record<string, Check>> {
  const [database, jobs] = await Promise.all([within(deps.probe()), within(deps.jobs.check())]);
  return { database, jobs };
}

async function within(check: Promise<void>): Promise<Check> {
  const late = Promise.withResolvers<Check>();
  const timer = setTimeout(() => late.resolve("failed"), CHECK_TIMEOUT_MS);
  const outcome = check.then(
    () => "ok" as const,
    () => "failed" as const,
  );
  return Promise.race([outcome, late.promise]).finally(() => clearTimeout(timer));
}
