import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { useScreenTitle } from "../frame/title.ts";
import s from "./lists.module.css";

interface ListPageProps {
  /** To all of them. */
  readonly back: ReactNode;
  readonly cover: ReactNode;
  readonly title: string;
  readonly facts: string;
  readonly actions: ReactNode;
  readonly children: ReactNode;
}

/** A list of recordings with its head. */
export function ListPage({ back, cover, title, facts, actions, children }: ListPageProps) {
  useScreenTitle(title);
  return (
    <div className={s.page}>
      {back}
      <div className={s.head}>
        {cover}
        <div className={s.text}>
          <h1 className={s.title}>{title}</h1>
          <p className="soft times">{facts}</p>
        </div>
        <div className={s.actions}>{actions}</div>
      </div>
      {children}
    </div>
  );
}

export const LoadingListPage = ({ back }: Pick<ListPageProps, "back">) => (
  <div className={s.page} aria-busy="true">
    {back}
    <div className={s.head}>
      <Skeleton width={48} height={48} radius={4} />
      <div className={s.text}>
        <Skeleton height={18} width={220} />
        <Skeleton height={10} width={120} mt={10} />
      </div>
    </div>
    <Skeleton height={240} />
  </div>
);
