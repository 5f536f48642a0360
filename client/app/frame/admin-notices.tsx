import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api.ts";
import { sessionQuery } from "../auth/session.ts";
import s from "./banner.module.css";

/** What an administrator has to know until its cause is gone. */
export function AdminNotices() {
  const { data: me } = useQuery(sessionQuery);
  const { data: notices = [] } = useQuery(
    trpc.system.notices.queryOptions(undefined, {
      enabled: me?.user.role === "admin",
      staleTime: Number.POSITIVE_INFINITY,
    }),
  );
  return notices.map((notice) => (
    <output key={notice.id} className={s.banner}>
      <IconInfoCircle size={16} aria-hidden />
      <span>{notice.message}</span>
    </output>
  ));
}
