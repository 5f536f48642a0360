import { IconCalendarEvent } from "@tabler/icons-react";
import type { Rehearsal } from "#contract/rehearsals.ts";
import { backline } from "../api.ts";
import s from "../lists/lists.module.css";

/** The cover of its first take that has one. */
export function RehearsalCover({ rehearsal: { cover } }: { readonly rehearsal: Rehearsal }) {
  const url = cover && backline.coverUrl(cover, "small");
  return (
    <span className={s.cover} data-count={url ? 1 : 0}>
      {url ? <img src={url} alt="" loading="lazy" /> : <IconCalendarEvent size={22} aria-hidden />}
    </span>
  );
}
