import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { sentenceOf, trpc } from "../api.ts";
import { admin } from "../words/admin.ts";
import s from "./admin.module.css";

const words = admin.keys;

const LOOK_MS = 5_000;

/** Which keys are still needed: how far a rotation is, and when the old one may go. */
export function EncryptionKeyList() {
  const { data: keys, error } = useQuery({
    ...trpc.admin.keys.list.queryOptions(),
    refetchInterval: ({ state }) =>
      state.data?.some(({ role, values }) => role === "older" && values > 0) ? LOOK_MS : false,
  });
  if (!keys) return error ? <p>{sentenceOf(error)}</p> : <Skeleton height={64} />;
  return (
    <>
      <p className={s.note}>{words.text}</p>
      <ul className={s.keys}>
        {keys.map((key) => (
          <li key={key.kid} data-role={key.role}>
            <code>{key.kid}</code>
            <span>{words.is(key)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
