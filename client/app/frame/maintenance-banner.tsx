import { IconTool } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api.ts";
import { useIsAdmin } from "../auth/session.ts";
import { maintenance } from "../words/maintenance.ts";
import s from "./banner.module.css";

const LOOK_EVERY_MS = 60_000;

/** What cannot be done at the moment, and why. */
export function MaintenanceBanner() {
  const isAdmin = useIsAdmin();
  const { data: info } = useQuery(
    trpc.system.info.queryOptions(undefined, { refetchInterval: LOOK_EVERY_MS }),
  );
  const about = info?.maintenance;
  const sentence = about && (isAdmin ? maintenance.adminBanner(about) : maintenance.banner(about));
  return (
    <output className={about ? s.banner : undefined}>
      {about ? (
        <>
          <IconTool size={16} aria-hidden />
          <span>
            {sentence} {about.message}
          </span>
        </>
      ) : null}
    </output>
  );
}
