let before: string | undefined;

/** To be told by the router where the person came from with each step. */
export function noteStep(fromPath: string | undefined): void {
  before = fromPath;
}

export const cameFromLibrary = (): boolean => before?.endsWith("/library") === true;
