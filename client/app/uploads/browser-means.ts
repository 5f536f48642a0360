import type { SendPiece, UploadMeans, Wait } from "#sdk/index.ts";

/** A line on which nothing moved for so long is dead, though nobody said so. */
const SILENCE_MS = 60_000;

/** As `fetch`, which does not say how much of a body is on its way. */
const send: SendPiece = ({ url, headers, body, signal, onSent }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const hangUp = () => request.abort();
    const fail = () => reject(signal?.aborted ? signal.reason : new TypeError("No answer."));
    // Only while bytes go out: how long the storage takes with them is its own affair.
    let silence = setTimeout(hangUp, SILENCE_MS);

    request.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(silence);
      if (loaded < body.size) silence = setTimeout(hangUp, SILENCE_MS);
      onSent(loaded);
    });
    request.addEventListener("load", () => resolve(toResponse(request)));
    request.addEventListener("error", fail);
    request.addEventListener("abort", fail);
    request.addEventListener("loadend", () => {
      clearTimeout(silence);
      window.removeEventListener("offline", hangUp);
      signal?.removeEventListener("abort", hangUp);
    });
    signal?.addEventListener("abort", hangUp);
    // The line would look alive for minutes.
    window.addEventListener("offline", hangUp);

    request.open("PATCH", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });

function toResponse(request: XMLHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const { status } = request;
  return new Response(status === 204 ? null : request.responseText, { status, headers });
}

/** Without a network nothing is tried, and with it at once. */
const wait: Wait = (delayMs, signal) =>
  new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      window.removeEventListener("online", goOn);
      signal?.removeEventListener("abort", stop);
      settle();
    };
    const goOn = () => end(resolve);
    const stop = () => end(() => reject(signal?.reason));
    const timer = setTimeout(() => {
      if (navigator.onLine) goOn();
    }, delayMs);
    window.addEventListener("online", goOn);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
  });

/** What a browser can do better than any platform. */
export const browserMeans: UploadMeans = { send, wait };
