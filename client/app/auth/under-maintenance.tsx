import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useSyncExternalStore } from "react";
import type { Maintenance } from "#contract/system.ts";
import { trpc } from "../api.ts";
import { maintenance } from "../words/maintenance.ts";
import s from "./gate.module.css";
import { Aside, Gate } from "./gate.tsx";
import { adminsForm } from "./maintenance.ts";

const words = maintenance.page;

const LOOK_EVERY_MS = 30_000;

/** @returns what takes the place of the form during maintenance; `null` otherwise. */
export function useMaintenancePage(): ReactElement | null {
  const isAdminsForm = useSyncExternalStore(adminsForm.subscribe, adminsForm.get);
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  if (!info?.maintenance || isAdminsForm) return null;
  return <UnderMaintenance about={info.maintenance} />;
}

function UnderMaintenance({ about }: { readonly about: Maintenance }) {
  const { refetch, isFetching, dataUpdatedAt } = useQuery(
    trpc.system.info.queryOptions(undefined, { refetchInterval: LOOK_EVERY_MS }),
  );
  const until = words.until(about);
  return (
    <Gate title={words.title} text={words.text} isAnswer>
      {about.message ? <p className={s.said}>{about.message}</p> : null}
      {until ? <p className={s.help}>{until}</p> : null}
      <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
        {words.again}
      </Button>
      <output className={s.answer} key={dataUpdatedAt}>
        {words.looking}
      </output>
      <Aside>
        <Button variant="subtle" size="compact-sm" px={0} onClick={() => adminsForm.set(true)}>
          {words.admin}
        </Button>
      </Aside>
    </Gate>
  );
}
