import { Button, Skeleton } from "@mantine/core";
import { IconUser, IconUserOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import type { UserEntry } from "#contract/auth.ts";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { sessionQuery } from "../auth/session.ts";
import { Line, Lines } from "../frame/lines.tsx";
import { MorePages } from "../frame/more-pages.tsx";
import { Section } from "../frame/screen.tsx";
import { frame } from "../words/frame.ts";
import { people as words } from "../words/people.ts";
import s from "./admin.module.css";
import { PeopleSearch } from "./people-search.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { peopleIn, usePeople } from "./users.ts";

/** Everybody who has an account; whom it shows is in the address. */
export function People() {
  const { q = "" } = useSearch({ from: "/b/$bandId/admin" });
  return (
    <Section title={words.title} action={<PeopleSearch shown={q} />}>
      <Found search={q} />
    </Section>
  );
}

function Found({ search }: { readonly search: string }) {
  const list = usePeople(search);
  const { data, error, refetch } = list;
  if (data === undefined) {
    if (!error) return <Skeleton height={112} />;
    return (
      <>
        <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure>
        <Button className={s.more ?? ""} variant="default" onClick={() => refetch()}>
          {frame.tryAgain}
        </Button>
      </>
    );
  }
  return (
    <>
      <PeopleList people={peopleIn(data)} />
      <MorePages list={list} label={words.moreOf} />
    </>
  );
}

function PeopleList({ people }: { readonly people: readonly UserEntry[] }) {
  const { data: me } = useQuery(sessionQuery);
  if (people.length === 0) return <p className={s.note}>{words.none}</p>;
  return (
    <Lines label={words.title}>
      {people.map((person) => (
        <Person key={person.id} person={person} isMe={person.id === me?.user.id} />
      ))}
    </Lines>
  );
}

interface PersonProps {
  readonly person: UserEntry;
  readonly isMe: boolean;
}

const Person = ({ person, isMe }: PersonProps) => (
  <Line
    icon={person.suspendedAt ? <IconUserOff size={18} /> : <IconUser size={18} />}
    title={person.name}
    tags={words.tags(person, isMe)}
    more={words.about(person)}
  >
    <PersonMenu person={person} isMe={isMe} />
  </Line>
);
