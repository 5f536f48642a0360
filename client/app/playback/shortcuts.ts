import { singleKeys } from "../settings/preferences.ts";
import type { Player } from "./player.ts";

/** What else there is to reach by a key, besides the player. */
export interface Shortcuts {
  readonly focusSearch?: () => void;
  readonly showHelp?: () => void;
  readonly showCommands?: () => void;
}

const SEEK_SECONDS = 10;

/** Where keys belong to what has the focus. */
const TYPING =
  "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const TAKES_SPACE = "button, a, summary, input, [role=menuitem], [role=radio], [role=switch]";
const TAKES_ARROWS = "input, [role=menu], [role=listbox], [role=radiogroup], [role=slider]";

/** Keys that work wherever the focus is, but never while somebody types. */
export function startShortcuts(player: Player, shortcuts: Shortcuts = {}): () => void {
  const keys = actions(player, shortcuts);
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const isCommand = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    const run = isCommand ? shortcuts.showCommands : findAction(event, keys);
    if (!run) return;
    event.preventDefault();
    run();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}

function findAction(event: KeyboardEvent, keys: Actions): (() => void) | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys.get()) return undefined;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest(TYPING) || isBehindDialog()) return undefined;
  if (event.key === " " && target.closest(TAKES_SPACE)) return undefined;
  if (event.key.startsWith("Arrow") && target.closest(TAKES_ARROWS)) return undefined;
  return keys.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

/** A dialog has the person's attention; only the full player lets keys through. */
const isBehindDialog = (): boolean =>
  document.querySelector('[aria-modal="true"]:not([data-keys-pass])') !== null;

type Actions = ReadonlyMap<string, (() => void) | undefined>;

const actions = (player: Player, shortcuts: Shortcuts): Actions =>
  new Map([
    [" ", player.toggle],
    ["k", player.toggle],
    ["j", () => player.seekBy(-SEEK_SECONDS)],
    ["l", () => player.seekBy(SEEK_SECONDS)],
    ["ArrowLeft", () => player.seekBy(-SEEK_SECONDS)],
    ["ArrowRight", () => player.seekBy(SEEK_SECONDS)],
    ["n", player.next],
    ["p", player.previous],
    ["m", player.toggleMute],
    ["s", player.toggleShuffle],
    ["r", player.cycleRepeat],
    ["a", player.markLoopStart],
    ["b", player.markLoopEnd],
    ["/", shortcuts.focusSearch],
    ["?", shortcuts.showHelp],
  ]);
