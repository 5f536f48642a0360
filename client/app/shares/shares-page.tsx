import { Skeleton } from "@mantine/core";
import { IconShare } from "@tabler/icons-react";
import { useBandId } from "../frame/band.ts";
import { Blank } from "../frame/blank.tsx";
import { ButtonLink } from "../frame/button-link.tsx";
import { Failed } from "../frame/failed.tsx";
import { MorePages } from "../frame/more-pages.tsx";
import { Screen } from "../frame/screen.tsx";
import { shares } from "../words/shares.ts";
import { type Shares, useShares } from "./list.ts";
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
    return <Failed title={shares.failed} error={list.error} onRetry={list.refetch} />;
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
      <MorePages list={list} />
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
