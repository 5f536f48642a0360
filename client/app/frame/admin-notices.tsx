import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api.ts";
import { useIsAdmin } from "../auth/session.ts";
import s from "./banner.module.css";

/** What an administrator has to know until its cause is gone. */
export function AdminNotices() {
  const isAdmin = useIsAdmin();
  const { data: notices = [] } = useQuery(
    trpc.system.notices.queryOptions(undefined, {
      enabled: isAdmin,
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
