import { Radio, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RegistrationMode } from "#contract/system.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { admin } from "../words/admin.ts";
import s from "./admin.module.css";

const words = admin.registration;
const MODES: readonly RegistrationMode[] = ["open", "invite", "closed"];

/** What is chosen shows at once, and goes back when the server refuses it. */
export function Registration() {
  const { data: info } = useQuery(trpc.system.info.queryOptions());
  const [chosen, setChosen] = useState<RegistrationMode | null>(null);
  const set = useMutation(
    trpc.admin.registration.set.mutationOptions({
      onSuccess: (_, { mode }) => noteMode(mode),
      onError(error) {
        setChosen(null);
        notifications.show({ message: sentenceOf(error) });
      },
    }),
  );
  if (!info) return <Skeleton height={148} />;
  return (
    <Radio.Group
      aria-label={words.title}
      value={chosen ?? info.registration}
      onChange={(value) => {
        const mode = MODES.find((each) => each === value);
        if (!mode) return;
        setChosen(mode);
        set.mutate({ mode });
      }}
    >
      <div className={s.modes}>
        {MODES.map((mode) => (
          <Radio
            key={mode}
            value={mode}
            label={words.modes[mode].label}
            description={words.modes[mode].text}
          />
        ))}
      </div>
    </Radio.Group>
  );
}

function noteMode(registration: RegistrationMode): void {
  queryClient.setQueryData(
    trpc.system.info.queryKey(),
    (before) => before && { ...before, registration },
  );
  void refreshEvents();
}
