import { ActionIcon, Skeleton, Tooltip } from "@mantine/core";
import { IconCloud, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CloudAccount } from "#contract/nextcloud.ts";
import { sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { Line, Lines } from "../frame/lines.tsx";
import { QuotaLine } from "../storage/quota-line.tsx";
import { accounts as words } from "../words/accounts.ts";
import s from "./admin.module.css";
import { cloudAccountsQuery } from "./cloud.ts";
import { CloudQuota } from "./cloud-quota.tsx";

/** Whom accounts were made for, and how full each is. */
export function CloudAccounts() {
  const { data, error } = useQuery(cloudAccountsQuery);
  if (!data) {
    if (!error) return <Skeleton height={64} />;
    return <FormFailure>{`${words.listFailed} ${sentenceOf(error)}`}</FormFailure>;
  }
  if (data.length === 0) return <p className={s.note}>{words.none}</p>;
  return (
    <Lines label={words.list}>
      {data.map((account) => (
        <Account key={account.userId} account={account} />
      ))}
    </Lines>
  );
}

function Account({ account }: { readonly account: CloudAccount }) {
  const { name, username, quota, message } = account;
  const [isChanging, setIsChanging] = useState(false);
  return (
    <Line
      icon={<IconCloud size={18} />}
      title={name}
      tags={username === name ? [] : [username]}
      more={quota ? <QuotaLine quota={quota} /> : (message ?? words.quotaUnknown)}
    >
      <Tooltip label={words.changeQuota}>
        <ActionIcon aria-label={words.changeQuotaOf(name)} onClick={() => setIsChanging(true)}>
          <IconPencil size={18} />
        </ActionIcon>
      </Tooltip>
      {isChanging ? <CloudQuota account={account} onClose={() => setIsChanging(false)} /> : null}
    </Line>
  );
}
