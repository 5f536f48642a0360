import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

/** @throws Error that says how to get it. */
export function requireFfmpeg(): void {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
  } catch (cause) {
    throw new Error("These tests need ffmpeg: apt-get install ffmpeg", { cause });
  }
}

/** What ffmpeg makes of bytes, or of nothing. */
export async function ffmpeg(
  options: readonly string[],
  input: Buffer | null = null,
): Promise<Buffer> {
  const working = promisify(execFile)("ffmpeg", ["-v", "error", ...options, "pipe:1"], {
    encoding: "buffer",
    maxBuffer: 1 << 29,
  });
  // It may have enough before the end.
  working.child.stdin?.on("error", () => {});
  working.child.stdin?.end(input ?? undefined);
  return (await working).stdout;
}
