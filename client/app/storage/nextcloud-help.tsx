import { IconExternalLink } from "@tabler/icons-react";
import { storage } from "../words/storage.ts";
import s from "./storage.module.css";

const words = storage.connect;

/** Beside the form, because an app password is made elsewhere. @param url - as far as it is typed. */
export function NextcloudHelp({ url }: { readonly url: string }) {
  const { title, steps, why, open } = words.nextcloud;
  const settings = toSecuritySettings(url);
  return (
    <aside className={s.help} aria-label={title}>
      <h2 className={s.helpTitle}>{title}</h2>
      <ol className={s.steps}>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p>{why}</p>
      {settings ? (
        <a href={settings} target="_blank" rel="noreferrer">
          {open} <IconExternalLink size={14} aria-hidden />
        </a>
      ) : null}
    </aside>
  );
}

/** Where a Nextcloud at the typed address makes app passwords; `undefined` while it is no address. */
function toSecuritySettings(typed: string): string | undefined {
  const text = typed.trim();
  if (!/^[^\s.]+\.\S{2,}$|^https?:\/\/\S+$/.test(text)) return undefined;
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
  return url ? new URL("/settings/user/security", url.origin).href : undefined;
}
