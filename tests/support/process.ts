import { onTestFinished } from "vitest";
import { createTestFolder } from "./deps.ts";
import { type LaunchOptions, launchServer, type ServerProcess } from "./launch.ts";

export type { ServerProcess } from "./launch.ts";

/** A real server in a private folder, killed when the test ends. */
export async function spawnServer(options: Partial<LaunchOptions> = {}): Promise<ServerProcess> {
  const server = launchServer({
    ...options,
    dataDir: options.dataDir ?? (await createTestFolder()),
  });
  onTestFinished(async () => {
    server.kill("SIGKILL");
    await server.ended;
  });
  return server;
}
