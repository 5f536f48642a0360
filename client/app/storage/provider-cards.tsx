import { Button, Skeleton } from "@mantine/core";
import { IconCloudOff, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ProviderOffer } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import { sentenceOf, trpc } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { Blank } from "../frame/blank.tsx";
import { frame } from "../words/frame.ts";
import { storage } from "../words/storage.ts";
import { useConnections } from "./connections.ts";
import s from "./provider-cards.module.css";
import { ProviderIcon } from "./provider-icon.tsx";
import { useDemo } from "./use-demo.ts";

const words = storage.where;

/** Every kind of storage that this server offers, and the recordings that need none. */
export function ProviderCards({ bandId }: { readonly bandId: BandId }) {
  const offers = useQuery(trpc.connections.providers.queryOptions());
  const { data: connections } = useConnections(bandId);
  if (offers.error) {
    return (
      <Blank
        isFailure
        icon={<IconCloudOff size={24} />}
        title={storage.failed}
        text={sentenceOf(offers.error)}
      >
        <Button onClick={() => offers.refetch()}>{frame.tryAgain}</Button>
      </Blank>
    );
  }
  return (
    <>
      <ul className={s.cards}>
        {offers.data
          ? offers.data.map((offer) => <Offer key={offer.id} offer={offer} bandId={bandId} />)
          : [0, 1].map((at) => (
              <li key={at}>
                <Skeleton height={108} />
              </li>
            ))}
      </ul>
      {connections?.some((each) => each.isDemo) ? null : <Demo bandId={bandId} />}
    </>
  );
}

function Offer({ offer, bandId }: { readonly offer: ProviderOffer; readonly bandId: BandId }) {
  const content = (
    <>
      <span className={s.icon}>
        <ProviderIcon provider={offer.id} />
      </span>
      <span>
        <span className={s.name}>{offer.name}</span>
        <span className={s.description}>{offer.description}</span>
        {offer.isOn ? null : (
          <span className={s.off}>
            {words.off}. {offer.unavailableBecause}
          </span>
        )}
      </span>
    </>
  );
  return (
    <li>
      {offer.isOn ? (
        <Link
          className={s.card}
          to="/b/$bandId/storage/add"
          params={{ bandId }}
          search={{ provider: offer.id }}
        >
          {content}
        </Link>
      ) : (
        <div className={s.card} data-off>
          {content}
        </div>
      )}
    </li>
  );
}

function Demo({ bandId }: { readonly bandId: BandId }) {
  const demo = useDemo(bandId);
  return (
    <div className={s.demo}>
      <div>
        <Button
          size="lg"
          leftSection={<IconPlayerPlayFilled size={16} aria-hidden />}
          loading={demo.isPending}
          onClick={() => demo.mutate({ bandId })}
        >
          {words.demo}
        </Button>
      </div>
      <p className={s.demoText}>{words.demoText}</p>
      <FormFailure>{demo.error ? sentenceOf(demo.error) : null}</FormFailure>
    </div>
  );
}
