import type { Answer } from "#tests/auth/browser.ts";
import { type Access, access, isForMembers, refusalFor, routeAccess } from "./access.ts";
import { ask } from "./asking.ts";
import type { Objects, Principal, Visitor } from "./night-shift.ts";
import { type Procedure, procedures } from "./procedures.ts";

/** Something that can be asked of the server: a procedure, or a raw route by one method. */
export interface Door {
  readonly name: string;
  readonly access: Access;
  /** Its answer has no body, so that only the status says why it is refused. */
  readonly isHead: boolean;
  ask(visitor: Visitor, objects: Objects): Promise<Answer>;
}

/** In the order of the table, in which all of them are possible. */
export const procedureDoors: readonly Door[] = Object.entries(access).map(([path, each]) => ({
  name: path,
  access: each,
  isHead: false,
  ask: (visitor, objects) => ask(visitor, findProcedure(path), each.input?.(objects)),
}));

/** A route that is about this object. */
export const toPath = (route: string, id: string): string => route.replace(/:\w+/, id);

export const routeDoors: readonly Door[] = Object.entries(routeAccess).flatMap(([route, each]) =>
  ["GET", "HEAD"].map((method) => ({
    name: `${method} ${route}`,
    access: each,
    isHead: method === "HEAD",
    ask: (visitor: Visitor, objects: Objects) =>
      visitor.browser.fetch(pathOf(route, visitor, objects), { method }),
  })),
);

/** The address of a route: about an object of a band, or about the visitor as a user. */
export const pathOf = (route: string, { person }: Visitor, { trackId }: Objects): string =>
  toPath(route.replace(":userId", person?.userId ?? trackId), trackId);

/** Routes first, because the last procedures take away what they need. */
export const doors: readonly Door[] = [...routeDoors, ...procedureDoors];

/** What is about the objects of a band. */
export const bandDoors = doors.filter((door) => isForMembers(door.access));

const STATUS = { unauthenticated: 401, forbidden: 403, not_found: 404 } as const;

/** Status and code of the refusal that this one gets; `null` when they may. */
export function refusalAt({ access: { needs }, isHead }: Door, who: Principal): string | null {
  const code = refusalFor(needs, who);
  if (code === null) return null;
  return isHead ? String(STATUS[code]) : `${STATUS[code]} ${code}`;
}

export function findProcedure(path: string): Procedure {
  const found = procedures.find((each) => each.path === path);
  if (!found) throw new Error(`There is no procedure ${path}.`);
  return found;
}
