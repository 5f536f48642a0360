/** Ways to break a listing, for `rewriteXml` of a fault. */

/** Ends in the middle, as when a proxy gives up, with the connection closed in good order. */
export const cutXml =
  (atBytes: number) =>
  (xml: string): string =>
    xml.slice(0, atBytes);

/** Lists made-up files at these addresses too; they are put into the XML as they are. */
export const addHrefs =
  (...hrefs: string[]) =>
  (xml: string): string =>
    xml.replace("</d:multistatus>", `${hrefs.map(toEntry).join("")}</d:multistatus>`);

/** Entities that stand for ten of the one before, as in the 'billion laughs'. */
export const addEntityBomb = (xml: string): string =>
  xml
    .replace(
      "?>",
      `?><!DOCTYPE bomb [<!ENTITY a "ha">${Array.from({ length: 20 }, toLaugh).join("")}]>`,
    )
    .replace("</d:href>", "&b19;</d:href>");

/** Asks the parser to read a file of the machine that it runs on. */
export const addExternalEntity = (xml: string): string =>
  xml
    .replace("?>", '?><!DOCTYPE x [<!ENTITY passwords SYSTEM "file:///etc/passwd">]>')
    .replace("</d:href>", "&passwords;</d:href>");

/** A name of so many character references. */
export const addCharacterReferences =
  (count: number, reference = "&#65;") =>
  (xml: string): string =>
    xml.replace("</d:multistatus>", `${toEntry(reference.repeat(count))}</d:multistatus>`);

export const nestDeeply =
  (depth: number) =>
  (xml: string): string =>
    xml.replace(
      "</d:multistatus>",
      `${"<d:x>".repeat(depth)}${"</d:x>".repeat(depth)}</d:multistatus>`,
    );

/** The page that a portal, a proxy or an expired login shows instead. */
export const LOGIN_PAGE =
  "<!DOCTYPE html>\n<html lang=en><head><title>Sign in</title></head><body><form></form></body></html>";

const toLaugh = (_: unknown, index: number): string =>
  `<!ENTITY b${index} "${(index === 0 ? "&a;" : `&b${index - 1};`).repeat(10)}">`;

const toEntry = (href: string): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>3</d:getcontentlength><d:getetag>&quot;x&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
