import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const SIGNALS = ["SIGINT", "SIGTERM"];

/**
 * Runs a program to its end. When we are told to stop it is told too, so that we can clean up after
 * it has.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 * @returns {Promise<{ ending: number | string, output: string }>} its exit code, or the signal or
 *   the error that ended it, and what it said if it was given pipes
 */
export function run(program, args, options) {
  return new Promise((resolve) => {
    const child = spawn(program, args, options);
    const passOn = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, passOn);
    const said = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => said.push(chunk));
    }
    const finish = (ending) => {
      for (const signal of SIGNALS) process.removeListener(signal, passOn);
      resolve({ ending, output: Buffer.concat(said).toString() });
    };
    child.once("error", (error) => finish(error.message));
    child.once("close", (code, signal) => finish(code ?? signal));
  });
}

/**
 * @param {string} file
 * @returns {string | undefined} nothing when there is no such file, or none that we may read
 */
export function findText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
