import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

test("every secret of compose.yaml is asked for by name and has no default", async () => {
  const compose = await readFile(join(root, "compose.yaml"), "utf8");
  const variables = [...compose.matchAll(/\$\{([A-Z_]+)([^}]*)\}/g)];
  const secrets = variables.filter(([, name = ""]) => /PASSWORD|KEYS/.test(name));
  const assigned = [...compose.matchAll(/^\s+(\w*(?:PASSWORD|KEYS|SECRET)\w*): (.*)$/gm)];

  expect(secrets.length).toBeGreaterThan(5);
  for (const [, name, rest] of secrets) expect(rest, name).toBe(`:?set ${name} in .env`);
  for (const [, name, value] of assigned) expect(value, name).toMatch(/^\$\{[A-Z_]+:\?/);
});

test("the image runs as nobody's root and holds neither tests nor build tools", async () => {
  const dockerfile = await readFile(join(root, "server/Dockerfile"), "utf8");
  const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  const compose = await readFile(join(root, "compose.yaml"), "utf8");

  expect(last).toMatch(/^USER node$/m);
  expect(dockerfile).toContain("npm ci --omit=dev");
  expect(last).not.toMatch(/COPY.*(tests|\.git)/);
  expect(compose).toMatch(/read_only: true/);
  expect(compose).toMatch(/cap_drop: \[ALL\]/);
});
