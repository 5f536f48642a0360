import { escapeHtml } from "#server/base/html.ts";

/** What a mail says, whatever it looks like. */
export interface Letter {
  readonly subject: string;
  readonly greeting: string;
  readonly paragraphs: readonly string[];
  /** The one thing to do. */
  readonly action?: { readonly label: string; readonly url: string };
  /** Below the action: for how long, and what to do when it was not them. */
  readonly notes: readonly string[];
}

const SIGNATURE = "Backline";

export function toText(letter: Letter): string {
  const { greeting, paragraphs, action, notes } = letter;
  const parts = [
    greeting,
    ...paragraphs,
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    ...notes,
  ];
  return `${parts.map((part) => wrap(part)).join("\n\n")}\n\n-- \n${SIGNATURE}\n`;
}

/** Without pictures, scripts or anything that is fetched; in the colours that the reader prefers. */
export function toHtml(letter: Letter): string {
  const { subject, greeting, paragraphs, action, notes } = letter;
  const body = [
    paragraph(greeting),
    ...paragraphs.map((each) => paragraph(each)),
    action ? button(action) : "",
    ...notes.map((each) => note(each)),
    action ? note(`If the button does nothing, open this address: ${action.url}`) : "",
  ].join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #101113 !important; }
  .card { background: #17181b !important; color: #ececee !important; border-color: #2a2c31 !important; }
  .note { color: #a3a6ad !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:24px 12px;background:#f4f4f5;">
<div class="card" style="max-width:520px;margin:0 auto;padding:28px 28px 20px;background:#ffffff;color:#18191b;border:1px solid #e2e3e6;border-radius:8px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;">
<p style="margin:0 0 20px;font-weight:600;">${SIGNATURE}</p>
${body}
</div>
</body>
</html>
`;
}

const paragraph = (text: string): string => `<p style="margin:0 0 16px;">${escapeHtml(text)}</p>`;

const note = (text: string): string =>
  `<p class="note" style="margin:0 0 12px;color:#5d6068;font-size:13px;overflow-wrap:anywhere;">${escapeHtml(text)}</p>`;

const button = ({ label, url }: { label: string; url: string }): string =>
  `<p style="margin:24px 0;"><a href="${escapeHtml(url)}" style="display:inline-block;padding:10px 18px;background:#b35a00;color:#ffffff;text-decoration:none;font-weight:600;border-radius:6px;">${escapeHtml(label)}</a></p>`;

/** At 72 characters, between words; addresses stay whole. */
function wrap(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replaceAll(/(\S.{0,70}\S|\S)(?:\s+|$)/g, "$1\n").trimEnd())
    .join("\n");
}
