import { Button, Skeleton } from "@mantine/core";
import { IconAlertCircle, IconShare } from "@tabler/icons-react";
import { sentenceOf } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { ButtonLink } from "../frame/button-link.tsx";
import { Screen } from "../frame/screen.tsx";
import { frame } from "../words/frame.ts";
import { shares } from "../words/shares.ts";
import { type Shares, useShares } from "./list.ts";
import { MoreShares } from "./more-shares.tsx";
import { ShareLine } from "./share-line.tsx";
import s from "./shares.module.css";

/** The public links of the band, also those that are over. */
export function SharesPage() {
  return (
    <Screen title={shares.title}>
      <ShareList list={useShares(useBandId())} />
    </Screen>
  );
}

function ShareList({ list }: { readonly list: Shares }) {
  if (!list.data) {
    if (!list.error) return <LoadingShares />;
    return (
      <Blank
        isFailure
        icon={<IconAlertCircle size={24} />}
        title={shares.failed}
        text={sentenceOf(list.error)}
      >
        <Button onClick={() => list.refetch()}>{frame.tryAgain}</Button>
      </Blank>
    );
  }
  const all = list.data.pages.flatMap((page) => page.shares);
  if (all.length === 0) return <NoShares />;
  return (
    <>
      <ul className={s.list} aria-label={shares.list}>
        {all.map((share) => (
          <ShareLine key={share.id} share={share} />
        ))}
      </ul>
      <MoreShares list={list} />
    </>
  );
}

function NoShares() {
  const bandId = useBandId();
  return (
    <Blank icon={<IconShare size={24} />} title={shares.empty.title} text={shares.empty.text}>
      <ButtonLink to="/b/$bandId/library" params={{ bandId }} search={{}}>
        {shares.empty.toLibrary}
      </ButtonLink>
    </Blank>
  );
}

const LoadingShares = () => (
  <div className={s.list} aria-busy="true">
    {["70%", "55%", "62%"].map((width) => (
      <div key={width} className={s.line}>
        <Skeleton width={44} height={44} radius={6} />
        <div>
          <Skeleton height={12} width={width} />
          <Skeleton height={10} width="40%" mt={10} />
        </div>
      </div>
    ))}
  </div>
);
