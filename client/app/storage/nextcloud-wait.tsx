import { Button, Loader } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Connection } from "#contract/connections.ts";
import type { NextcloudLogin } from "#contract/nextcloud.ts";
import { backline, refusalOf, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { nextcloud } from "../words/nextcloud.ts";
import s from "./storage.module.css";

const words = nextcloud.wait;
const LOOK_MS = 3_000;

interface NextcloudWaitProps {
  readonly login: NextcloudLogin;
  readonly onConnected: (connection: Connection) => void;
  /** It was cancelled, or is over: back to the address. */
  readonly onOver: () => void;
  readonly onOtherWay: () => void;
}

/** What may be otherwise with the next look: silence, an outage, being asked to slow down. */
const mayPass: ReadonlySet<string | undefined> = new Set([
  ...[undefined, "busy", "storage_unavailable", "rate_limited", "maintenance"],
]);

const isOver = (error: unknown): boolean => !mayPass.has(refusalOf(error)?.code);

/** Looks again and again, in the background too: the person is in the other tab. */
const useProgress = ({ loginId }: NextcloudLogin) =>
  useQuery({
    queryKey: ["nextcloud login", loginId],
    queryFn: () => backline.api.connections.pollNextcloudLogin.mutate({ loginId }),
    refetchInterval: ({ state: { data, error } }) => {
      if (error) return isOver(error) ? false : waitFor(error);
      return data && data.status !== "waiting" ? false : LOOK_MS;
    },
    refetchIntervalInBackground: true,
    refetchOnWindowFocus: ({ state: { data, error } }) =>
      !error && data?.status === "waiting" ? "always" : false,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

const waitFor = (error: unknown): number =>
  Math.max(LOOK_MS, (refusalOf(error)?.retryAfterSeconds ?? 0) * 1000);

/** Shows which Nextcloud it is, opens it in another tab, and waits until it has granted access. */
export function NextcloudWait({ login, onConnected, onOver, onOtherWay }: NextcloudWaitProps) {
  const { host, product, loginUrl, loginId } = login;
  const { data, error } = useProgress(login);
  const connection = data?.status === "connected" ? data.connection : null;
  const announced = useRef(false);
  useEffect(() => {
    if (!connection || announced.current) return;
    announced.current = true;
    onConnected(connection);
  }, [connection, onConnected]);

  if (error && isOver(error)) return <Over text={sentenceOf(error)} onAgain={onOver} />;
  if (data?.status === "expired") {
    return <Over text={nextcloud.over.expired} onAgain={onOver} />;
  }
  const cancel = () => {
    // Whether it arrives or not, it is over by itself.
    backline.api.connections.cancelNextcloudLogin.mutate({ loginId }).catch(() => {});
  };
  return (
    <section className={s.signIn} aria-label={words.title(host)}>
      <Heading>{words.title(host)}</Heading>
      <p className="soft">{words.text(host, product)}</p>
      <div>
        <Button
          component="a"
          href={loginUrl}
          target="_blank"
          rel="noreferrer"
          size="lg"
          rightSection={<IconExternalLink size={16} aria-hidden />}
        >
          {words.open(host)} <span className="out-of-sight">{words.opens}</span>
        </Button>
      </div>
      <output className={s.waiting}>
        <Loader size={16} aria-hidden /> {words.waiting}
      </output>
      <FormFailure>{error ? sentenceOf(error) : null}</FormFailure>
      <div className={s.signInActions}>
        <Button
          variant="default"
          onClick={() => {
            cancel();
            onOver();
          }}
        >
          {words.cancel}
        </Button>
        <Button
          variant="subtle"
          onClick={() => {
            cancel();
            onOtherWay();
          }}
        >
          {nextcloud.appPassword}
        </Button>
      </div>
    </section>
  );
}

function Over({ text, onAgain }: { readonly text: string; readonly onAgain: () => void }) {
  return (
    <section className={s.signIn} aria-label={nextcloud.over.title}>
      <Heading>{nextcloud.over.title}</Heading>
      <FormFailure>{text}</FormFailure>
      <div>
        <Button onClick={onAgain}>{nextcloud.over.again}</Button>
      </div>
    </section>
  );
}

/** It takes the place of what was just pressed, so reading goes on here. */
function Heading({ children }: { readonly children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h2 ref={heading} tabIndex={-1} className={s.signInTitle}>
      {children}
    </h2>
  );
}
