import { expect, test } from "vitest";
import { mp3 } from "#tests/library/made-audio.ts";
import { openPage, type Person } from "#tests/support/screen.ts";
import { annasStorage } from "#tests/support/world.ts";
import { heading, signIn } from "./people.ts";

const ROUNDS = 12;
const SCREENS = ["Home", "Library", "Storage", "Settings", "Admin"] as const;

/** Which procedures the page asks for, those of a batch one by one, and what it is refused. */
function watch({ page }: Person) {
  const asked: Record<"GET" | "POST", string[]> = { GET: [], POST: [] };
  const refused: string[] = [];
  page.on("request", (request) => {
    const [, paths] = /\/trpc\/([^?]+)/.exec(request.url()) ?? [];
    const method = request.method() === "POST" ? "POST" : "GET";
    if (paths) asked[method].push(...paths.split(","));
  });
  page.on("response", (response) => {
    if (response.status() === 429) refused.push(response.url());
  });
  return { asked, refused };
}

test("who browses more restlessly than anybody does within a minute uses a fraction of what they may ask", async () => {
  const { server } = await annasStorage(({ tree }) => {
    // Of a second each, nearly all that is asked would be how often they were heard.
    for (let n = 1; n <= 450; n += 1) tree.put(`Tapes/${n}.mp3`, mp3({ TIT2: `Side ${n}` }, 5));
  });
  const anna = await openPage(server.baseUrl, "/sign-in");
  await signIn(anna);
  await heading(anna, "Home");
  const { page } = anna;
  const { asked, refused } = watch(anna);

  for (let round = 0; round < ROUNDS; round += 1) {
    for (const screen of SCREENS) {
      await page.getByRole("link", { name: screen, exact: true }).first().click();
      await heading(anna, screen);
    }
    await page.getByRole("link", { name: "Library", exact: true }).first().click();
    await page.getByRole("row").filter({ hasText: "Side" }).first().waitFor();
    // Letter by letter, then from one end of the list to the other.
    await page.getByRole("searchbox").first().fill("");
    await page.getByRole("searchbox").first().pressSequentially(`side ${round}`, { delay: 60 });
    await page.getByRole("searchbox").first().fill("");
    await page.getByRole("row").filter({ hasText: "Side" }).first().hover();
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, 3_000);
    await page.getByRole("row").filter({ hasText: "Side" }).first().dblclick();
    for (let seek = 0; seek < 10; seek += 1) await page.keyboard.press("l");
  }

  process.stdout.write(
    `${ROUNDS} rounds through every screen: ${asked.GET.length} asked, ${asked.POST.length} changed.\n`,
  );
  expect(refused).toEqual([]);
  expect(asked.GET.length).toBeGreaterThan(ROUNDS);
  expect(asked.GET.length).toBeLessThan(600);
  expect(asked.POST.length).toBeLessThan(50);
  expect(anna.complaints).toEqual([]);
}, 300_000);
