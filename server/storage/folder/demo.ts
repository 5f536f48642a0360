import { fileURLToPath } from "node:url";
import type { Credential } from "./credential.ts";

/** The recordings that come with the program, to try it without an account anywhere. */
export const demoFolder = fileURLToPath(new URL("../../demo/recordings", import.meta.url));

/** Works whatever `FOLDER_ROOTS` says, and holds no path, so that moving the program breaks nothing. */
export const createDemoCredential = (): Credential => ({ demo: true });
