import { expect, test } from "vitest";
import { createTools } from "#server/waveforms/drawing.ts";
import { PASSWORD } from "#tests/auth/people.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { lookAt, openPage, startBrowser } from "#tests/support/screen.ts";
import { annasStorage, trackAt } from "#tests/support/world.ts";
import { drawAll } from "#tests/waveforms/drawing-world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";
import { keepInSight, signIn } from "./people.ts";

const SECONDS = 40;

test("what one writes at a time another sees, answers, settles and opens by its link", async () => {
  const world = await annasStorage((cloud) =>
    cloud.tree.put("Live/take 1.wav", quietThenLoud(SECONDS)),
  );
  const track = await trackAt(world, "Live/take 1.wav");
  const { email, comments } = await join(world, "ben", "listener");
  expect(await drawAll(world.server.deps, createTools(null))).toBe(1);
  const browser = await startBrowser();
  const path = `/b/${world.bandId}/tracks/${track.id}`;
  const anna = await openPage(world.server.baseUrl, "/icon.svg", browser);
  const ben = await openPage(world.server.baseUrl, "/icon.svg", browser);
  await anna.page.goto(path);
  await signIn(anna);
  await anna.page.getByText("Nobody has written anything yet.").waitFor();
  await ben.page.goto(path);
  await signIn(ben, { email, password: PASSWORD });
  await ben.page.getByText("Nobody has written anything yet.").waitFor();

  const slider = anna.page.getByRole("slider", { name: "Position in “take 1”" });
  const box = await slider.boundingBox();
  if (!box) throw new Error("There is no slider.");
  await anna.page.mouse.click(box.x + box.width * 0.5, box.y + box.height / 3);
  await anna.page.getByRole("button", { name: "Pause" }).first().click();
  await anna.page.getByLabel(/^Comment at 0:2\d$/).fill("The drums come in too early");
  await anna.page.getByRole("button", { name: "Comment", exact: true }).click();

  await ben.page.getByText("The drums come in too early").waitFor();
  await ben.page.getByRole("button", { name: /^Comment of Anna at 2\d seconds$/ }).waitFor();
  await ben.page.getByRole("button", { name: "Reply" }).click();
  await ben.page.getByLabel("Reply to Anna").fill("I’ll wait for the bass <b>next</b> time");
  await ben.page.getByRole("button", { name: "Reply" }).last().click();
  await anna.page.getByText("I’ll wait for the bass <b>next</b> time").waitFor();
  await ben.page.getByLabel("Comment at 0:00").fill("x");
  await ben.page.getByLabel("About the whole recording").click();
  await ben.page.getByLabel("Comment on the whole recording").fill("Our best take");
  await ben.page.getByRole("button", { name: "Comment", exact: true }).click();
  await anna.page.getByText("Our best take").waitFor();
  await anna.page.getByText("Whole recording", { exact: true }).waitFor();
  await lookAt(anna, "comments-marks");
  const goTo = anna.page.getByRole("button", {
    name: /^Go to the comment of Anna at 2\d seconds$/,
  });
  await goTo.focus();
  await anna.page
    .getByRole("tooltip", { name: /^0:2\d Anna: The drums come in too early$/ })
    .waitFor();
  await lookAt(anna, "comments-player");
  const playhead = anna.page.getByRole("slider", { name: "Position", exact: true });
  await playhead.press("Home");
  await expect.poll(async () => Number(await playhead.inputValue())).toBe(0);
  await goTo.press("Enter");
  await expect.poll(async () => Number(await playhead.inputValue())).toBeGreaterThan(19);
  await anna.page.getByRole("button", { name: "Pause" }).first().click();
  await keepInSight(anna, "Comments");
  await lookAt(anna, "comments");

  const { threads } = await comments.list.query({ trackId: track.id });
  const first = threads.find(({ atMs }) => atMs !== null);
  if (!first?.atMs) throw new Error("There is no thread at a time.");
  const seconds = Math.floor(first.atMs / 1000);
  await ben.page.goto(`${path}?t=${seconds}&comment=${first.id}`);
  const meant = ben.page.locator(`#comment-${first.id}[data-meant]`);
  await meant.waitFor();
  const position = ben.page.getByRole("slider", { name: "Position", exact: true });
  await expect.poll(async () => Number(await position.inputValue())).toBe(seconds);
  await meant.getByRole("button", { name: /^Play from 0:2\d$/ }).click();
  await expect
    .poll(async () => Number(await position.inputValue()))
    .toBeGreaterThan(first.atMs / 1000);
  await ben.page.getByRole("button", { name: "Pause" }).first().click();

  await ben.page.goto(path);
  const thread = ben.page.locator(`#comment-${first.id}`);
  await thread.getByRole("button", { name: "Resolve" }).click();
  await thread.waitFor({ state: "detached" });
  await anna.page.getByRole("button", { name: "Show 1 resolved thread" }).click();
  await anna.page.getByText(/^Resolved by ben/).waitFor();
  expect(await anna.page.getByRole("button", { name: /^Comment of Anna/ }).count()).toBe(0);
  await anna.page.getByRole("button", { name: "Reopen" }).click();
  await thread.waitFor();

  const own = anna.page.locator(`#comment-${first.id}`);
  await own.getByRole("button", { name: "Edit" }).click();
  await anna.page.getByLabel("Your comment").fill("The drums come in early");
  await anna.page.getByRole("button", { name: "Save" }).click();
  await thread.getByText("The drums come in early").waitFor();
  // Until then the first button that deletes is the one of the reply.
  await own.getByText("The drums come in early").waitFor();
  await own.getByRole("button", { name: "Delete…" }).first().click();
  await lookAt(anna, "comments-delete");
  await anna.page.getByRole("button", { name: "Delete comment" }).click();
  await thread.getByText("This comment was deleted.").waitFor();
  await thread.getByText("I’ll wait for the bass").waitFor();
  expect([...anna.complaints, ...ben.complaints]).toEqual([]);
}, 180_000);
