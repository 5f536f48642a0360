import { SaxesParser } from "saxes";

/** One `d:response` as it was sent; nothing in it is checked yet. */
export interface Response {
  readonly href: string;
  /** Texts of the properties whose propstat says 200, by `namespace name`; empty ones left out. */
  readonly props: ReadonlyMap<string, string>;
  readonly isCollection: boolean;
}

export interface MultistatusLimits {
  readonly maxDepth: number;
  /** Of one text, such as an href. */
  readonly maxTextLength: number;
}

const LIMITS: MultistatusLimits = { maxDepth: 32, maxTextLength: 32 * 1024 };

/** Times `maxTextLength`: how much may come without the beginning or end of an element. */
const MAX_QUIET_TEXTS = 8;

const DAV = "DAV:";
const MULTISTATUS = `${DAV} multistatus`;

/** The paths of elements that are read, as the names of their ancestors joined by `>`. */
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

interface State {
  /** Of the open elements, the innermost last. */
  readonly paths: string[];
  /** Since the innermost element began. */
  text: string;
  /** No element has begun or ended since somebody set this. */
  isQuiet: boolean;
  response: Draft;
  propstat: Draft;
}

/**
 * Reads a multistatus (RFC 4918 §13) while it arrives. Namespaces count and prefixes do not; a
 * property counts only when the status of its propstat is 200, because servers list missing ones
 * as empty elements. There is no DTD, hence no entity but the five of XML and character references;
 * depth and length of texts are bounded.
 *
 * `write` and `close` throw at whatever is not well-formed, ends too early or is beyond the limits.
 */
export function createMultistatusReader(
  onResponse: (response: Response) => void,
  limits: MultistatusLimits = LIMITS,
): { write(text: string): void; close(): void } {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const state: State = {
    paths: [],
    text: "",
    isQuiet: true,
    response: createDraft(),
    propstat: createDraft(),
  };
  const append = (more: string): void => {
    state.text += more;
    if (state.text.length > limits.maxTextLength) throw new Error("A text is too long.");
  };
  parser.on("doctype", () => {
    throw new Error("A multistatus has no DTD.");
  });
  parser.on("opentag", (tag) => {
    if (state.paths.length >= limits.maxDepth) throw new Error("Elements are nested too deeply.");
    enter(state, `${tag.uri} ${tag.local}`);
  });
  parser.on("closetag", () => leave(state, onResponse));
  parser.on("text", append);
  parser.on("cdata", append);
  let hasBegun = false;
  let quietLength = 0;
  return {
    write: (more) => {
      // Some PHP servers send an empty line before the declaration, which XML does not allow.
      const text = hasBegun ? more : more.trimStart();
      hasBegun ||= text !== "";
      state.isQuiet = true;
      parser.write(text);
      // The parser itself collects a text, comment or tag until it is complete, however long.
      quietLength = state.isQuiet ? quietLength + text.length : 0;
      if (quietLength > limits.maxTextLength * MAX_QUIET_TEXTS)
        throw new Error("A text, comment or tag is too long.");
    },
    close: () => {
      parser.close();
    },
  };
}

function enter(state: State, name: string): void {
  const above = state.paths.at(-1);
  if (above === undefined && name !== MULTISTATUS) throw new Error("This is no multistatus.");
  const path = above === undefined ? name : `${above}>${name}`;
  state.paths.push(path);
  state.text = "";
  state.isQuiet = false;
  if (path === RESPONSE) state.response = createDraft();
  if (path === PROPSTAT) state.propstat = createDraft();
  if (path === COLLECTION) state.propstat.isCollection = true;
}

function leave(state: State, onResponse: (response: Response) => void): void {
  const { response, propstat } = state;
  const path = state.paths.pop() ?? "";
  const value = state.text.trim();
  state.text = "";
  state.isQuiet = false;
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
      if (value !== "" && state.paths.at(-1) === PROP) {
        propstat.props.set(path.slice(PROP.length + 1), value);
      }
  }
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
