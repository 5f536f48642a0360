import { benchAccounts } from "./accounts.ts";
import { benchDamaged } from "./damaged.ts";
import { benchLibrary } from "./library.ts";
import { benchListing } from "./listing.ts";
import { benchPlayer } from "./player.ts";
import { benchRescan } from "./rescan.ts";
import { benchScan } from "./scan.ts";
import { benchSlowListeners } from "./slow-listeners.ts";
import { benchStart } from "./start.ts";
import { benchStream } from "./stream.ts";
import { printTable } from "./table.ts";
import { benchWaveforms } from "./waveforms.ts";

const benches = {
  start: ["Start and first load", benchStart],
  accounts: ["Accounts", benchAccounts],
  library: ["A library of 100,000 tracks", benchLibrary],
  listing: ["Listing whole storages", benchListing],
  scan: ["Scan of 10,000 files over WebDAV", benchScan],
  rescan: ["A Nextcloud of 100,000 files, looked through again", benchRescan],
  waveforms: ["Drawing waveforms", benchWaveforms],
  damaged: ["Damaged files drawn", benchDamaged],
  listeners: ["Many slow listeners", benchSlowListeners],
  stream: ["Streaming over WebDAV", benchStream],
  player: ["The player in Chromium", benchPlayer],
} as const;

/** All of them, or those named: `npm run bench -- scan stream`. Takes a few minutes. */
const named = process.argv.slice(2);
for (const [name, [title, bench]] of Object.entries(benches)) {
  if (named.length > 0 && !named.includes(name)) continue;
  printTable(title, await bench());
}
process.exit(0);
