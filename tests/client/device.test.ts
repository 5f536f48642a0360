import { expect, test } from "vitest";
import { isHandheld, nameDevice } from "../../client/app/words/device.ts";

const MOZILLA = "Mozilla/5.0";
const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0";
const IPHONE =
  "(iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

test.each([
  [`${MOZILLA} (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0`, "Firefox on Linux"],
  [`${MOZILLA} (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`, "Chrome on Windows"],
  [`${MOZILLA} (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/141.0`, "Edge on Windows"],
  [
    `${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) ${CHROME} Safari/537.36 OPR/122`,
    "Opera on a Mac",
  ],
  [
    `${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`,
    "Safari on a Mac",
  ],
  [`${MOZILLA} ${IPHONE} Version/18.6 Mobile/15E148 Safari/604.1`, "Safari on an iPhone"],
  [`${MOZILLA} ${IPHONE} CriOS/141.0 Mobile/15E148 Safari/604.1`, "Chrome on an iPhone"],
  [`${MOZILLA} (Linux; Android 15; Pixel 9) ${CHROME} Mobile Safari/537.36`, "Chrome on Android"],
  [
    `${MOZILLA} (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    "Samsung Internet on Android",
  ],
  [
    `${MOZILLA} (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0 Safari/537.36`,
    "Chrome on Linux",
  ],
  ["curl/8.5.0", "curl"],
  ["node", "node"],
  ["", "An unknown device"],
  ["<b>what is this</b>", "An unknown device"],
])("%s is called %s", (userAgent, name) => {
  expect(nameDevice(userAgent)).toBe(name);
});

test("a phone is told from a desk", () => {
  expect(isHandheld(`${MOZILLA} ${IPHONE}`)).toBe(true);
  expect(isHandheld(`${MOZILLA} (Linux; Android 15; Pixel 9)`)).toBe(true);
  expect(isHandheld(`${MOZILLA} (X11; Linux x86_64; rv:144.0)`)).toBe(false);
});
