import { createXmlReader, type XmlLimits } from "#server/storage/xml.ts";

/** One `d:response` as it was sent; nothing in it is checked yet. */
export interface Response {
  readonly href: string;
  /** Texts of the properties whose propstat says 200, by `namespace name`; empty ones left out. */
  readonly props: ReadonlyMap<string, string>;
  readonly isCollection: boolean;
}

const DAV = "DAV:";
const MULTISTATUS = `${DAV} multistatus`;

/** The paths of elements that are read. */
const RESPONSE = `${MULTISTATUS}>${DAV} response`;
const HREF = `${RESPONSE}>${DAV} href`;
const RESPONSE_STATUS = `${RESPONSE}>${DAV} status`;
const PROPSTAT = `${RESPONSE}>${DAV} propstat`;
const PROPSTAT_STATUS = `${PROPSTAT}>${DAV} status`;
const PROP = `${PROPSTAT}>${DAV} prop`;
const COLLECTION = `${PROP}>${DAV} resourcetype>${DAV} collection`;

interface Draft {
  href: string | null;
  status: string | null;
  props: Map<string, string>;
  isCollection: boolean;
}

/**
 * Reads a multistatus (RFC 4918 §13) while it arrives. Namespaces count and prefixes do not; a
 * property counts only when the status of its propstat is 200, because servers list missing ones
 * as empty elements.
 */
export function createMultistatusReader(
  onResponse: (response: Response) => void,
  limits?: XmlLimits,
): { write(text: string): void; close(): void } {
  let response = createDraft();
  let propstat = createDraft();
  return createXmlReader(
    {
      nameOf: ({ uri, local }) => `${uri} ${local}`,
      root: MULTISTATUS,
      enter(path) {
        if (path === RESPONSE) response = createDraft();
        if (path === PROPSTAT) propstat = createDraft();
        if (path === COLLECTION) propstat.isCollection = true;
      },
      leave(path, text, above) {
        const value = text.trim();
        switch (path) {
          case RESPONSE:
            emit(response, onResponse);
            return;
          case PROPSTAT:
            mergeFound(response, propstat);
            return;
          case HREF:
            response.href ??= value;
            return;
          case RESPONSE_STATUS:
            response.status = value;
            return;
          case PROPSTAT_STATUS:
            propstat.status = value;
            return;
          default:
            if (value !== "" && above === PROP) {
              propstat.props.set(path.slice(PROP.length + 1), value);
            }
        }
      },
    },
    limits,
  );
}

const createDraft = (): Draft => ({
  href: null,
  status: null,
  props: new Map(),
  isCollection: false,
});

function mergeFound(response: Draft, propstat: Draft): void {
  if (!isOk(propstat.status)) return;
  response.isCollection ||= propstat.isCollection;
  for (const [name, value] of propstat.props) response.props.set(name, value);
}

/** A response with a status of its own instead of propstats is about something that is not there. */
function emit(draft: Draft, onResponse: (response: Response) => void): void {
  if (draft.href === null || (draft.status !== null && !isOk(draft.status))) return;
  onResponse({ href: draft.href, props: draft.props, isCollection: draft.isCollection });
}

const isOk = (status: string | null): boolean => /^HTTP\/\d(?:\.\d)? 2\d\d\b/.test(status ?? "");
