import { expect, onTestFinished, test } from "vitest";
import { createPerson } from "#tests/auth/people.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { lookAt, openPage } from "#tests/support/screen.ts";
import { annasServer } from "#tests/support/world.ts";
import { ACCOUNT, arrive, heading, keepInSight, signIn } from "./people.ts";

const SECTION = "Accounts in a Nextcloud";

test("an administrator makes somebody an account in a Nextcloud, with a quota that is shown and changed", async () => {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  const { server } = await annasServer({ isWorking: true });
  await createPerson(server.deps, "ben", { isVerified: true });
  const anna = await openPage(server.baseUrl, "/sign-in");
  await signIn(anna, ACCOUNT);
  await arrive(anna);
  const { page } = anna;
  await page.getByRole("link", { name: "Admin" }).first().click();
  await heading(anna, "Admin");
  const section = page.getByRole("region", { name: SECTION });
  const submit = section.getByRole("button", { name: "Check and use it" });

  await section.getByLabel("Address of the Nextcloud").fill(cloud.baseUrl);
  await section.getByLabel("User name of an administrator there").fill("anna");
  await submit.click();
  await section.getByText("Enter the app password.").waitFor();
  await section.getByLabel("App password", { exact: true }).fill("a guess");
  await submit.click();
  await section.getByText(/does not accept this user name and password/).waitFor();
  await keepInSight(anna, SECTION);
  await lookAt(anna, "cloud-accounts-refused");
  await section.getByLabel("App password", { exact: true }).fill(cloud.password);
  await submit.click();
  await section.getByText(/^Nextcloud 33\.0\.2 at .*, as anna$/).waitFor();
  await section.getByText("None yet.").waitFor();

  await page.getByRole("button", { name: "More for ben" }).click();
  await page.getByRole("menuitem", { name: "Make a Nextcloud account" }).click();
  const dialog = page.getByRole("dialog", { name: "A Nextcloud account for ben" });
  expect(await dialog.getByLabel("User name there").inputValue()).toBe("ben");
  await dialog.getByLabel("User name there").fill("anna");
  await dialog.getByLabel("Quota in GB").fill("lots");
  await dialog.getByRole("button", { name: "Make the account" }).click();
  await dialog.getByText("Enter a number, such as 5 or 0.5.").waitFor();
  await dialog.getByLabel("Quota in GB").fill("5");
  await dialog.getByRole("button", { name: "Make the account" }).click();
  await dialog.getByText(/has an account of this name already/).waitFor();
  await lookAt(anna, "cloud-account-make");
  await dialog.getByLabel("User name there").fill("ben");
  await dialog.getByRole("button", { name: "Make the account" }).click();
  await dialog.waitFor({ state: "detached" });
  const list = section.getByRole("list", { name: "Accounts that were made" });
  await list.getByText("4.10 kB of 5.00 GB used").waitFor();
  expect(cloud.people.get("ben")).toMatchObject({ quotaBytes: 5e9, email: "ben@band.example" });

  await page.getByRole("button", { name: "More for ben" }).click();
  await page.getByRole("menuitem", { name: "Suspend" }).waitFor();
  expect(await page.getByRole("menuitem", { name: "Make a Nextcloud account" }).count()).toBe(0);
  await page.keyboard.press("Escape");

  await list.getByRole("button", { name: "Change the quota of ben" }).click();
  const quota = page.getByRole("dialog", { name: "Quota of ben" });
  expect(await quota.getByLabel("Quota in GB").inputValue()).toBe("5");
  await quota.getByLabel("Quota in GB").fill("0,005");
  await quota.getByRole("button", { name: "Save" }).click();
  await list.getByText("4.10 kB of 5.00 MB used").waitFor();
  await keepInSight(anna, SECTION);
  await lookAt(anna, "cloud-accounts");

  await section.getByRole("button", { name: "Stop using it" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop using it" }).click();
  await submit.waitFor();
  expect(cloud.people.has("ben")).toBe(true);
  expect(anna.complaints).toEqual([]);
}, 120_000);
