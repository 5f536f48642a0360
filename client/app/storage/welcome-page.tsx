import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Gate } from "../auth/gate.tsx";
import { sessionQuery } from "../auth/session.ts";
import { storage } from "../words/storage.ts";
import { ProviderCards } from "./provider-cards.tsx";
import s from "./storage.module.css";

const words = storage.where;

/** The second half of the first run. */
export function WelcomePage() {
  const { data: me } = useQuery(sessionQuery);
  return (
    <Gate title={words.title} text={words.text} isWide>
      {me ? (
        <>
          <ProviderCards bandId={me.personalBandId} />
          <p className={s.later}>
            <Link to="/b/$bandId" params={{ bandId: me.personalBandId }}>
              {words.later}
            </Link>
          </p>
        </>
      ) : (
        <Skeleton height={108} />
      )}
    </Gate>
  );
}
