export * from "./account.ts";
export * from "./audit.ts";
export * from "./auth.ts";
export * from "./connections.ts";
export * from "./library.ts";
export * from "./mail.ts";
export * from "./uploads.ts";
export * from "./watching.ts";
