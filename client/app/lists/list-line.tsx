import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import s from "./lists.module.css";

interface ListLineProps {
  readonly cover: ReactNode;
  readonly name: string;
  readonly facts: string;
}

/** A list among others, within what is clicked: a link to it, or a choice. */
export const ListLine = ({ cover, name, facts }: ListLineProps) => (
  <>
    {cover}
    <span className={s.text}>
      <span className={`${s.name} cut`}>{name}</span>
      <span className="soft cut times">{facts}</span>
    </span>
  </>
);

export const LoadingLines = () => (
  <div className={s.list} aria-busy="true">
    {["44%", "60%", "38%"].map((width) => (
      <div key={width} className={s.line}>
        <Skeleton width={48} height={48} radius={4} />
        <span className={s.text}>
          <Skeleton height={12} width={width} />
          <Skeleton height={10} width="24%" mt={8} />
        </span>
      </div>
    ))}
  </div>
);
