import type { Connection, ProviderId, StorageQuota } from "#contract/connections.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { formatAgo, formatBytes, formatCount, formatMoment, plural } from "./format.ts";

export const storage = {
  title: "Storage",
  add: "Add a storage",
  none: "No storage is connected yet",
  noneText:
    "Connect the place where your recordings lie. Backline reads what it needs to play them; nothing is copied or moved.",
  failed: "The storage could not be loaded",
  onlyOwners: "Only an owner of this band can change its storage.",
  where: {
    title: "Where is your audio?",
    text: "Backline plays it from there. Nothing is uploaded, copied or changed.",
    demo: "Try it with demo recordings",
    demoText:
      "Eight short recordings that came with Backline. They play at once and can be removed again.",
    demoBusy: "Getting the demo recordings",
    later: "Do it later",
    off: "Off on this server",
  },
  card: {
    primary: "Primary",
    primaryHint: "New recordings go here.",
    makePrimary: "Make it the primary",
    isPrimaryNow: (name: string) => `${name} is the primary storage now: new recordings go there.`,
    demo: "Demo",
    root: "Folder",
    top: "Everything",
    noRoot: "No folder is chosen yet, so nothing is read.",
    chooseRoot: "Choose a folder",
    changeRoot: "Choose another folder",
    /** 'Anna Larsson (anna) at cloud.example', where the storage knows a name. */
    connectedAs: ({ identity, displayName }: Connection) =>
      identity && displayName
        ? identity.replace(/^(.*) at (\S+)$/, (_, id, host) => `${displayName} (${id}) at ${host}`)
        : identity,
    tracks: "Tracks",
    missing: "Missing",
    bytesRead: "Read",
    bytes: ({ bytesRead, libraryBytes }: ScanProgress) =>
      `${formatBytes(bytesRead)} of ${formatBytes(libraryBytes)}`,
    lastScan: "Last scan",
    never: "Never",
    now: "now",
    ago: (moment: string) => formatAgo(moment),
    scanNow: "Scan now",
    check: "Check the connection",
    checkAgain: "Check again",
    pause: "Pause",
    paused: (name: string) =>
      `${name} is paused: nothing is asked of it, and its recordings do not play until it is resumed.`,
    resume: "Resume",
    see: "Go to Storage",
    reconnect: (name: string) => `Reconnect ${name}`,
    reconnectShort: "Reconnect",
    disconnect: "Disconnect",
    more: (name: string) => `More for ${name}`,
    works: (name: string) => `${name} works.`,
  },
  health: {
    active: "Works.",
    watched: (moment: string) => `Watched for changes; looked ${formatAgo(moment)}.`,
    triedAgain: "It is tried again by itself.",
    needs_reconnect:
      "Reconnect it: the storage does not accept our access any more. Your library is kept.",
    unavailable:
      "Does not answer at the moment. Your library is kept, and it plays again when it is back.",
    paused:
      "Is paused: nothing is asked of it, and its recordings do not play. Your library is kept.",
    since: (moment: string) => `Since ${formatMoment(moment)}.`,
  },
  quota: {
    title: "How full the storage is",
    used: ({ usedBytes, totalBytes }: StorageQuota) =>
      totalBytes === null
        ? `${formatBytes(usedBytes)} used`
        : `${formatBytes(usedBytes)} of ${formatBytes(totalBytes)} used`,
    asOf: ({ checkedAt }: StorageQuota) => `As of ${formatMoment(checkedAt)}`,
    nearlyFull: ({ usedBytes, totalBytes }: StorageQuota) =>
      totalBytes === null || usedBytes >= totalBytes
        ? "The storage is full. What is there plays; new recordings do not fit any more."
        : `Nearly full: ${formatBytes(totalBytes - usedBytes)} left for new recordings.`,
  },
  /** The health of one connection in a sentence, for Home and the library. */
  sentence: ({ name, health, unavailableSince, scan, trackCount, rootPath }: Connection) => {
    if (health === "needs_reconnect") return `${name} has to be reconnected. Your library is kept.`;
    if (health === "unavailable")
      return `${name} has been unavailable${since(unavailableSince)}. Your library is kept, and it plays again when the storage is back.`;
    if (health === "paused")
      return `${name} is paused${since(unavailableSince)}. Your library is kept, and it plays again when the storage is resumed.`;
    if (rootPath === null) return `${name} is connected; choose the folder with your recordings.`;
    if (scan && !scan.finishedAt) return `${name} is being scanned.`;
    return `${name} works: ${plural(trackCount, "track")}.`;
  },
  scan: {
    states: {
      queued: "Waiting to begin",
      listing: "Looking for audio",
      reading: "Reading tags",
      done: "Done",
      failed: "Stopped",
      cancelled: "Cancelled",
    },
    progress: (name: string) => `Scan of ${name}`,
    short: (scan: ScanProgress) =>
      scan.state === "reading"
        ? `Reading ${formatCount(scan.read + scan.failed)} of ${formatCount(scan.toRead)}`
        : scan.state === "listing"
          ? `${formatCount(scan.found)} found`
          : "Waiting to begin",
    folders: ({ foldersDone, foldersFound }: ScanProgress) =>
      `${formatCount(foldersDone)} of ${plural(foldersFound, "folder")}`,
    found: "Found",
    read: "Read",
    readOf: ({ read, toRead }: ScanProgress) => `${formatCount(read)} of ${formatCount(toRead)}`,
    failed: "Failed",
    bytes: "Bytes read",
    cancel: "Cancel",
    cancelling: "Cancelling",
    leave: "You can leave this screen; the scan goes on.",
    outcome: (scan: ScanProgress) => outcome(scan) || "Nothing has changed",
    doneTitle: (name: string) => `${name}: scan finished`,
    stoppedTitle: (name: string) => `${name}: scan stopped`,
  },
  withheld: {
    title: ({ withheld, found }: ScanProgress) =>
      `${formatCount(withheld)} of ${plural(withheld + found, "recording")} ${withheld === 1 ? "was" : "were"} not found`,
    text: "Missing recordings keep their place and play again when their files are back.",
    mark: "Mark as missing",
    keep: "Keep",
  },
  connect: {
    title: "Add a storage",
    reconnectTitle: (name: string) => `Reconnect ${name}`,
    reconnectText: "Your library, its folder and its history stay as they are.",
    back: "Choose another kind",
    submit: "Connect",
    submitAgain: "Reconnect",
    trying: "Trying it",
    url: "Address",
    urlHint:
      "As in your browser, such as https://cloud.example.org. For other servers, the full address of the folder.",
    username: "User name",
    password: "App password",
    passwordHint: "Kept encrypted on this server and never shown again.",
    folder: "Folder on the server",
    folderHint: "The folders that the administrator has allowed. You choose one inside it next.",
    missing: "Fill this in.",
    noRoots:
      "No folder is allowed yet. The administrator starts the server with FOLDER_ROOTS=/path/to/music.",
    nextcloud: {
      title: "With Nextcloud: make an app password",
      steps: [
        "In Nextcloud open your picture at the top right, then Settings, then Security.",
        "At the bottom, under Devices & sessions, type Backline and press Create new app password.",
        "Copy it here. It is shown only once.",
      ],
      why: "Your real password is never typed here, and you can take the access away in Nextcloud at any time.",
      open: "Open Nextcloud’s security settings",
    },
    s3: {
      endpoint: "Address",
      endpointHint: "Of the service, such as https://s3.eu-central-1.amazonaws.com.",
      bucket: "Bucket",
      region: "Region",
      regionHint: "As the service shows it. Empty: the one in the address, or us-east-1.",
      accessKeyId: "Access key ID",
      secretAccessKey: "Secret access key",
      sessionToken: "Session token",
      sessionTokenHint:
        "Only of a temporary key. When that ends, after hours mostly, nothing plays until you reconnect with a new one; everything is kept.",
      pathStyle: "Where the bucket’s name goes",
      pathStyles: {
        auto: "Find out by itself",
        path: "In the path: s3.example/bucket",
        host: "Before the host: bucket.s3.example",
      },
      help: {
        title: "Make a key for this bucket alone",
        text: "To play what is there, Backline only reads: at Amazon S3 its key needs the first two permissions, elsewhere “read only”. With the others, or “read and write”, your band can upload as well.",
        steps: [
          "s3:ListBucket on the bucket",
          "s3:GetObject on everything in the bucket",
          "To upload: s3:PutObject and s3:AbortMultipartUpload on everything in the bucket",
        ],
        why: "You can take the key away at the service at any time.",
      },
    },
    jellyfin: {
      url: "Address",
      urlHint: "As in your browser, such as https://media.example.org.",
      access: "Access with",
      accesses: { password: "User name and password", key: "API key" },
      username: "User name",
      password: "Password",
      passwordHint:
        "Sent to your server once and not kept. Only the access that it gives is, encrypted.",
      apiKey: "API key",
      help: {
        title: "An account that only listens",
        text: "Backline reads the original files of the libraries of music, and changes nothing there.",
        steps: [
          "Make an account for it in Jellyfin or Emby, without the rights of an administrator.",
          "Let it see the libraries that this band may hear, and no others.",
          "An API key sees every library, so it is for servers that are all yours.",
        ],
        why: "Backline is then shown among the devices of that account, where its access can be taken back at any time.",
      },
    },
  },
  disconnect: {
    title: (name: string) => `Disconnect ${name}?`,
    removes: (tracks: number) =>
      `Removes ${plural(tracks, "track")} of it from this library, and the access that is kept here.`,
    keeps: (provider: ProviderId) =>
      `Your files are not touched. ${ENDED_THERE[provider]}When you connect it again, the library is read anew.`,
    stays: (staying: number) =>
      `${plural(staying, "recording")} of it ${staying === 1 ? "is" : "are"} in another storage of this band too: ${staying === 1 ? "it stays" : "they stay"} in the library and ${staying === 1 ? "plays" : "play"} from there.`,
    nextPrimary: (name: string) => `${name} becomes the primary storage.`,
    confirm: "Disconnect",
    cancel: "Cancel",
    done: (name: string) => `${name} is disconnected`,
  },
} as const;

/** What becomes of the access on the other side. */
const ENDED_THERE: Readonly<Record<ProviderId, string>> = {
  folder: "",
  webdav: "An app password that a Nextcloud has made for Backline is deleted there. ",
  s3: "The key goes on working until you take it away at the service. ",
  jellyfin: "A session of a media server is ended there; an API key is not. ",
  "google-drive": "The access at Google is ended there. ",
  onedrive:
    "Microsoft lets no program end its own access, so it is only deleted here. Take it away at account.microsoft.com under Privacy, or at myapps.microsoft.com for an account of work or school. ",
};

const since = (moment: string | null): string => (moment ? ` since ${formatMoment(moment)}` : "");

function outcome({ added, changed, moved, missing, failed }: ScanProgress): string {
  const parts = [
    added > 0 ? `${formatCount(added)} new` : "",
    changed > 0 ? `${formatCount(changed)} changed` : "",
    moved > 0 ? `${formatCount(moved)} moved` : "",
    missing > 0 ? `${formatCount(missing)} missing` : "",
    failed > 0 ? `${formatCount(failed)} could not be read` : "",
  ].filter((part) => part !== "");
  return parts.join(", ");
}
