import { Button, Skeleton } from "@mantine/core";
import type { AuditEvent } from "#contract/audit.ts";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { Line, Lines } from "../frame/lines.tsx";
import { MorePages } from "../frame/more-pages.tsx";
import { audit } from "../words/audit.ts";
import { formatMoment } from "../words/format.ts";
import { frame } from "../words/frame.ts";
import s from "./event-list.module.css";
import type { Events } from "./events.ts";

interface EventListProps {
  readonly label: string;
  readonly events: Events;
  /** What to say where nothing is. */
  readonly none: string;
  /** Who did it to whom, where that is not clear. */
  readonly whoOf?: (event: AuditEvent) => string;
}

export function EventList({ label, events, none, whoOf }: EventListProps) {
  const { data, error } = events;
  if (data === undefined) {
    if (!error) return <Skeleton height={224} />;
    return (
      <>
        <FormFailure>{`${audit.failed} ${sentenceOf(error)}`}</FormFailure>
        <Button className={s.more ?? ""} variant="default" onClick={() => events.refetch()}>
          {frame.tryAgain}
        </Button>
      </>
    );
  }
  const all = data.pages.flatMap((page) => page.events);
  if (all.length === 0) return <p className="soft">{none}</p>;
  return (
    <>
      <Lines label={label}>
        {all.map((event) => (
          <Line key={event.id} title={audit.sentence(event)} more={describe(event, whoOf)}>
            <time className={`${s.time} times`} dateTime={event.at}>
              {formatMoment(event.at)}
            </time>
          </Line>
        ))}
      </Lines>
      <MorePages list={events} />
    </>
  );
}

const describe = (event: AuditEvent, whoOf: EventListProps["whoOf"]): string =>
  [whoOf?.(event), audit.place(event)].filter((part) => part).join(" · ");
