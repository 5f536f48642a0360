import { Skeleton } from "@mantine/core";
import { useScreenTitle } from "../frame/title.ts";
import { shares } from "../words/shares.ts";
import s from "./listen.module.css";
import { ListenFrame } from "./listen.tsx";

/** Of the size of what comes. */
export function LoadingListen() {
  useScreenTitle(shares.guest.opening);
  return (
    <ListenFrame isBusy cover={<Skeleton height="100%" radius={12} />}>
      <h1 className="out-of-sight">{shares.guest.opening}</h1>
      <div>
        <Skeleton height={20} width="70%" my={4} />
        <Skeleton height={14} width="50%" mt={12} />
      </div>
      <div className={s.player}>
        <Skeleton height={8} my={16} />
        <div className={s.controls}>
          <span />
          <Skeleton height={72} width={72} circle />
          <span />
        </div>
      </div>
    </ListenFrame>
  );
}
