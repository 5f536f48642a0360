/** The release, as `package.json` has it; `tests/config.test.ts` holds the two together. */
export const version = "0.1.0";
