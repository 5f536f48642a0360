import { Button } from "@mantine/core";
import { IconCalendarPlus, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useBandId, useIsEditor } from "../frame/band.ts";
import { MorePages } from "../frame/more-pages.tsx";
import { Screen } from "../frame/screen.tsx";
import { AllLists } from "../lists/all-lists.tsx";
import { rehearsals } from "../words/rehearsals.ts";
import { EditRehearsal } from "./edit-rehearsal.tsx";
import { RehearsalLink } from "./rehearsal-link.tsx";
import { useRehearsals } from "./rehearsals.ts";

/** All days on which the band has played. */
export function RehearsalsPage() {
  const isEditor = useIsEditor();
  const [isMaking, setIsMaking] = useState(false);
  return (
    <Screen
      title={rehearsals.title}
      action={
        isEditor ? (
          <Button
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setIsMaking(true)}
          >
            {rehearsals.create}
          </Button>
        ) : null
      }
    >
      <RehearsalList />
      {isMaking ? <EditRehearsal onClose={() => setIsMaking(false)} /> : null}
    </Screen>
  );
}

function RehearsalList() {
  const list = useRehearsals(useBandId());
  return (
    <>
      <AllLists
        all={list.data?.pages.flatMap((page) => page.rehearsals)}
        error={list.error}
        onRetry={list.refetch}
        icon={<IconCalendarPlus size={24} />}
        words={rehearsals}
      >
        {(rehearsal) => <RehearsalLink rehearsal={rehearsal} />}
      </AllLists>
      {list.data ? <MorePages list={list} /> : null}
    </>
  );
}
