import { sql } from "drizzle-orm";
import sharp from "sharp";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { photograph, SVG } from "#tests/support/pictures.ts";
import { lookAt, openPage, type Person } from "#tests/support/screen.ts";
import {
  ACCOUNT,
  annasMailingServer,
  arrive,
  heading,
  openLink,
  openSettings,
  signIn,
} from "./people.ts";

async function annaInSettings() {
  const world = await annasMailingServer();
  const person = await openPage(world.server.baseUrl, "/sign-in");
  await signIn(person);
  await arrive(person);
  await person.page.goto(`/b/${world.bandId}`);
  await openSettings(person);
  return { ...world, person, page: person.page };
}

const choose = ({ page }: Person, name: string, mimeType: string, buffer: Buffer) =>
  page.locator("input[type=file]").setInputFiles({ name, mimeType, buffer });

/** Large, and with something to look at. */
const portrait = async (): Promise<Buffer> => {
  const face = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="2000"><rect width="3000" height="2000" fill="#2f6f6f"/><circle cx="1500" cy="900" r="480" fill="#f0c8a0"/><ellipse cx="1500" cy="2000" rx="900" ry="600" fill="#803040"/></svg>',
  );
  return sharp(face).jpeg({ quality: 100 }).toBuffer();
};

test("a picture is chosen with the keyboard, looked at, used, and removed", async () => {
  const { anna, person, page } = await annaInSettings();
  await lookAt(person, "profile");

  const opened = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a picture" }).focus();
  await page.keyboard.press("Enter");
  const chooser = await opened;
  await chooser.setFiles({ name: "me.jpg", mimeType: "image/jpeg", buffer: await portrait() });
  await page.getByText("This is how it will look.").waitFor();
  await lookAt(person, "profile-picture-chosen");
  await page.keyboard.press("Enter");
  await page.getByText("Your picture is changed.").waitFor();
  const account = page.getByRole("button", { name: "Account of Anna" });
  await expect.poll(() => account.locator("img").count()).toBe(1);
  await expect
    .poll(() => page.evaluate(`document.querySelector("[aria-label=Profile] img")?.naturalWidth`))
    .toBe(512);
  await lookAt(person, "profile-picture");

  const user = (await anna.api.auth.me.query()).user;
  const answer = await anna.fetch(anna.pictureUrl(user, "large") ?? "");
  const [red = 0, green = 0, blue = 0] = await sharp(Buffer.from(await answer.arrayBuffer()))
    .raw()
    .toBuffer();
  expect(
    [Math.abs(red - 0x2f), Math.abs(green - 0x6f), Math.abs(blue - 0x6f)].every((d) => d < 9),
  ).toBe(true);

  await choose(person, "drawing.jpg", "image/jpeg", SVG);
  await page.getByText(/Your browser can't read this file/).waitFor();
  await lookAt(person, "profile-picture-unreadable");
  await choose(person, "phone.jpg", "image/jpeg", await photograph());
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await page.getByText("Your picture is removed.").waitFor();
  await expect.poll(() => account.locator("img").count()).toBe(0);
  expect(person.complaints).toEqual([]);
}, 240_000);

test("name, dates and time zone are changed, and every date is written in that way", async () => {
  const { server, anna, bandId, person, page } = await annaInSettings();
  await write(server.deps, (tx) =>
    tx.execute(sql`update sessions set created_at = '2026-03-14T23:30:00Z'`),
  );
  await page.reload();
  await page.getByRole("button", { name: "Change name" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Anna Berg");
  await lookAt(person, "profile-name");
  await page.keyboard.press("Enter");
  await page.getByText("Your profile is changed.").waitFor();
  await page.getByRole("button", { name: "Account of Anna Berg" }).waitFor();
  await page.getByRole("navigation").getByText("Anna Berg").waitFor();

  const locale = page.getByRole("combobox", { name: "Dates" });
  const zone = page.getByRole("combobox", { name: "Time zone" });
  expect(await locale.inputValue()).toBe("Browser: English (United States)");
  await locale.fill("Switz");
  await lookAt(person, "profile-dates");
  await page.getByRole("option", { name: "German (Switzerland)" }).click();
  await expect.poll(async () => (await anna.api.auth.me.query()).user.locale).toBe("de-CH");
  await zone.focus();
  await zone.fill("zurich");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await anna.api.auth.me.query()).user.timeZone)
    .toBe("Europe/Zurich");
  // Without loading the page again, and after.
  const devices = page.getByRole("list", { name: "Devices that are signed in" });
  await devices.getByText("since 15.03.2026").first().waitFor();
  await lookAt(person, "profile-dates-changed");
  await page.goto(`/b/${bandId}/settings`);
  await devices.getByText("since 15.03.2026").first().waitFor();
  expect(await zone.inputValue()).toBe("Europe/Zurich");

  await zone.click();
  await zone.fill("nowhere");
  await page.getByText("There is none of this name.").waitFor();
  await page.keyboard.press("Escape");
  await zone.fill("browser");
  await page.getByRole("option", { name: /^Browser: / }).click();
  await expect.poll(async () => (await anna.api.auth.me.query()).user.timeZone).toBeNull();
  expect(person.complaints).toEqual([]);
}, 240_000);

test("a new e-mail address is asked for in Settings and confirmed from its mailbox", async () => {
  const { server, mail, bandId, person, page } = await annaInSettings();
  await write(server.deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );
  const email = "anna@new.example";
  await page.getByRole("button", { name: "Change e-mail" }).click();
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText(/Enter an e-mail such as/).waitFor();
  await page.getByLabel("New e-mail").fill(email);
  await lookAt(person, "change-email");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Show that it is you" });
  await dialog.getByLabel("Current password", { exact: true }).fill(ACCOUNT.password);
  await page.keyboard.press("Enter");
  await page.getByText(/A mail to anna@new.example is on its way/).waitFor();
  await lookAt(person, "change-email-sent");
  await mail.next(ACCOUNT.email);

  const link = await openLink(person, mail, email);
  await heading(person, "Confirm your new e-mail address");
  expect(page.url(), "the token stays in the address").not.toContain("token");
  await lookAt(person, "confirm-email");
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await heading(person, "Your new address is confirmed");
  await lookAt(person, "confirm-email-done");
  await page.getByRole("link", { name: "Go on" }).click();
  await arrive(person);
  await page.goto(`/b/${bandId}/settings`);
  await page.getByRole("region", { name: "Profile" }).getByText(email).waitFor();

  await page.goto(link);
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await heading(person, "A new link is needed");
  await lookAt(person, "confirm-email-old");
  await page.getByRole("link", { name: "Go to Settings" }).click();
  await heading(person, "Security");
  await page.getByRole("button", { name: "Sign out this device" }).click();
  await heading(person, "Sign in");
  await signIn(person, { email, password: ACCOUNT.password });
  await arrive(person);
  expect(person.complaints).toEqual([]);
}, 240_000);
