import { NativeSelect } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { AuditAction, AuditEvent } from "#contract/audit.ts";
import type { UserId } from "#contract/ids.ts";
import { EventList } from "../audit/event-list.tsx";
import { useAllEvents } from "../audit/events.ts";
import { sessionQuery } from "../auth/session.ts";
import { Section } from "../frame/screen.tsx";
import { admin } from "../words/admin.ts";
import { audit } from "../words/audit.ts";
import s from "./admin.module.css";
import { useNames } from "./users.ts";

const words = admin.audit;

const isAction = (text: string): text is AuditAction => Object.hasOwn(audit.actions, text);

const CHOICES = [
  { value: "", label: words.all },
  ...Object.entries(audit.actions)
    .map(([value, label]) => ({ value, label }))
    .toSorted((one, other) => one.label.localeCompare(other.label)),
];

/** Everything about accounts and access that was written down; what is shown of it is in the address. */
export function AuditLog() {
  const { action: asked = "", q = "" } = useSearch({ from: "/b/$bandId/admin" });
  const navigate = useNavigate({ from: "/b/$bandId/admin" });
  const action = isAction(asked) ? asked : undefined;
  const events = useAllEvents(action);
  const whoOf = useWho(q);
  const choose = (value: string) =>
    void navigate({
      search: ({ action: _, ...rest }) => (value ? { ...rest, action: value } : rest),
      replace: true,
    });
  return (
    <Section
      title={words.title}
      action={
        <NativeSelect
          className={s.filter ?? ""}
          aria-label={words.filter}
          data={CHOICES}
          value={action ?? ""}
          rightSection={<IconChevronDown size={16} aria-hidden />}
          onChange={(event) => choose(event.currentTarget.value)}
        />
      }
    >
      <EventList
        label={words.title}
        events={events}
        none={action ? words.none : audit.none}
        whoOf={whoOf}
      />
    </Section>
  );
}

/** Names are for those whom the list of people shows; of all others only the account is known. */
function useWho(search: string) {
  const { data: me } = useQuery(sessionQuery);
  const names = useNames(search);
  const nameOf = (id: UserId | null) => {
    if (id === null) return null;
    return id === me?.user.id ? audit.you : (names.get(id) ?? audit.account(id));
  };
  return ({ actorId, subjectId }: AuditEvent): string =>
    audit.who(nameOf(actorId), nameOf(subjectId));
}
