import { askForRanges } from "./peers.ts";

/** What ranges of files go over keeps every promise that everything else is held to. */
askForRanges();
await import("./bounds.test.ts");
await import("./broken-answers.test.ts");
await import("./connections.test.ts");
await import("./leaving.test.ts");
await import("./redirect.test.ts");
await import("./ssrf.test.ts");
await import("./tls.test.ts");
