/** For whoever opens the archive, perhaps years later. */
export const toReadme = (at: Date, folders: readonly string[]): string =>
  [
    "A copy of your data in Backline",
    `Made on ${at.toISOString().slice(0, 10)}.`,
    "",
    "account.json   your profile, the devices that were signed in, your passkeys by name, accounts",
    "               at other servers, the bands that you are in, the public links that you made, and",
    "               what you have changed of the tags that are kept beside recordings",
    "picture.webp   your picture, if you have one",
    "audit.json     what happened to your account; audit.csv is the same for a spreadsheet",
    ...folders.map((folder) => `${folder}/`),
    "",
    "Each band that you own has a folder: band.json is the band with its storages, tracks.json what is",
    "in its library, and tracks.csv the same for a spreadsheet. Of bands that others own only the name",
    "and your role are in account.json.",
    "",
    "The recordings themselves lie in your storages, where they always were; Backline has no copies of",
    "them. Passwords, secrets and the access to your storages are not in here.",
    "",
    "Times are in UTC (ISO 8601), text is UTF-8. In the .csv files an apostrophe stands before text that",
    "a spreadsheet would take for a formula.",
    "",
  ].join("\r\n");
