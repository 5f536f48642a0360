import { expect, test } from "vitest";
import { createPerson } from "#tests/auth/people.ts";
import { lookAt, openPage, type Person, startBrowser } from "#tests/support/screen.ts";
import { annasServer } from "#tests/support/world.ts";
import { ACCOUNT, arrive, heading, keepInSight, signIn } from "./people.ts";

const MESSAGE = "A new disk is being built in. The archive of 2019 comes back with it.";

/** Tomorrow at half past seven in the evening, as the field takes it. */
function tomorrow(): string {
  const day = new Date(Date.now() + 86_400_000);
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}T19:30`;
}

const banner = ({ page }: Person, words: string | RegExp) =>
  page.locator("output").filter({ hasText: words });

const openAdmin = async (person: Person) => {
  await person.page.getByRole("link", { name: "Admin" }).first().click();
  await heading(person, "Admin");
  return person.page.getByRole("form", { name: "Maintenance" });
};

test("during maintenance people find a friendly page, go on listening, and everything works again afterwards", async () => {
  const { server } = await annasServer({ isWorking: true });
  const ben = await createPerson(server.deps, "ben", { isVerified: true });
  const browser = await startBrowser();
  const open = () => openPage(server.baseUrl, "/sign-in", browser);

  const anna = await open();
  await signIn(anna, ACCOUNT);
  await arrive(anna);
  const bens = await open();
  await signIn(bens, ben);
  await arrive(bens);
  const late = await open();
  await late.page.getByLabel("E-mail").waitFor();

  const form = await openAdmin(anna);
  await form.getByLabel("What people read (optional)").fill(MESSAGE);
  await form.getByLabel("Expected to be done (optional)").fill(tomorrow());
  await keepInSight(anna, "Maintenance");
  await lookAt(anna, "maintenance-off");
  await form.getByRole("switch", { name: "Maintenance" }).press("Space");
  await anna.page.getByText("Maintenance is on. Nobody but administrators").waitFor();
  await banner(anna, /^Maintenance is on until .*7:30\sPM: only administrators/).waitFor();
  await lookAt(anna, "maintenance-on");

  await signIn(late, ben);
  await heading(late, "Backline is being looked after");
  await late.page.getByText(MESSAGE).waitFor();
  await late.page.getByText(/They expect to be done by .*7:30\sPM\./).waitFor();
  await lookAt(late, "maintenance-page");
  await late.page.getByRole("button", { name: "Sign in as an administrator" }).click();
  await signIn(late, ben);
  await heading(late, "Backline is being looked after");

  await bens.page.getByRole("link", { name: "Settings" }).first().click();
  await bens.page.getByRole("button", { name: "Become a creator" }).click();
  const dialog = bens.page.getByRole("dialog", { name: "Become a creator?" });
  await dialog.getByRole("button", { name: "Become a creator" }).click();
  await dialog.getByText(/Backline is under maintenance/).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await banner(bens, /you can listen, and nothing can be changed until .*7:30\sPM\./).waitFor();
  await banner(bens, MESSAGE).waitFor();
  await lookAt(bens, "maintenance-banner");

  await late.page.getByRole("button", { name: "Sign in as an administrator" }).click();
  await signIn(late, ACCOUNT);
  await arrive(late);

  await form.getByRole("switch", { name: "Maintenance" }).press("Space");
  await anna.page.getByText("Maintenance is off. Everybody can work again.").waitFor();
  await expect.poll(() => banner(anna, /^Maintenance is on/).count()).toBe(0);
  const happened = anna.page.getByRole("list", { name: "What happened" });
  await happened.getByText("Maintenance switched off").waitFor();
  await happened.getByText("Maintenance switched on").waitFor();

  await bens.page.reload();
  await bens.page.getByRole("button", { name: "Become a creator" }).click();
  await dialog.getByRole("button", { name: "Become a creator" }).click();
  await expect.poll(() => dialog.count()).toBe(0);
  expect(await banner(bens, "Maintenance").count()).toBe(0);
  for (const { complaints } of [anna, bens, late]) expect(complaints).toEqual([]);
}, 300_000);

test("a server that was started for maintenance says so to whoever comes, and to its administrator", async () => {
  const { server } = await annasServer({ environment: { MAINTENANCE_MODE: "1" } });
  const anna = await openPage(server.baseUrl, "/sign-in");
  await heading(anna, "Backline is being looked after");
  await anna.page.getByRole("button", { name: "Try again" }).click();
  await heading(anna, "Backline is being looked after");
  await lookAt(anna, "maintenance-page-plain");
  await anna.page.getByRole("button", { name: "Sign in as an administrator" }).click();
  await signIn(anna, ACCOUNT);
  await arrive(anna);
  const form = await openAdmin(anna);
  await form.getByText(/started with MAINTENANCE_MODE=1/).waitFor();
  await keepInSight(anna, "Maintenance");
  await lookAt(anna, "maintenance-held");
  expect(anna.complaints).toEqual([]);
}, 240_000);
