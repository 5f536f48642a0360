import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** Runs a file of this folder in a process of its own, so that it shares no event loop with anybody. */
export const forkHere = (file: string): ChildProcess => fork(join(import.meta.dirname, file));

/** Gives a file of this folder its task and waits for what it answers. */
export function runApart<Task extends object, Result>(file: string, task: Task): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = forkHere(file);
    child.once("message", (result) => resolve(result as Result));
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}.`)));
    child.send(task);
  });
}
