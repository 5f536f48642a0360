type Mark = readonly [mark: RegExp, name: string];

/** In this order, since most browsers claim to be others as well. */
const BROWSERS: readonly Mark[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/\S+ .*Safari\//, "Safari"],
];

const SYSTEMS: readonly Mark[] = [
  [/\biPhone\b/, "an iPhone"],
  [/\biPad\b/, "an iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMacintosh\b/, "a Mac"],
  [/\bLinux\b/, "Linux"],
];

const find = (marks: readonly Mark[], userAgent: string): string | undefined =>
  marks.find(([mark]) => mark.test(userAgent))?.[1];

/** 'Firefox on Linux', out of what a browser calls itself. */
export function nameDevice(userAgent: string): string {
  const system = find(SYSTEMS, userAgent);
  const browser = find(BROWSERS, userAgent);
  if (browser) return system ? `${browser} on ${system}` : browser;
  if (system) return `A browser on ${system}`;
  // A program that is no browser begins with its name: 'curl/8.5.0'.
  return /^[\w.-]{1,40}(?=\/|$)/.exec(userAgent)?.[0] ?? "An unknown device";
}

export const isHandheld = (userAgent: string): boolean =>
  /\b(iPhone|iPad|Android|Mobile)\b/.test(userAgent);
