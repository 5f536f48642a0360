import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { backline, queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { security } from "../words/security.ts";
import { BackupCodeList } from "./backup-codes.tsx";
import { Row } from "./row.tsx";
import { SetUpTwoFactor } from "./set-up-two-factor.tsx";
import s from "./settings.module.css";

const words = security.twoFactor;
const { twoFactor } = backline.api.account;

const refresh = () => {
  void queryClient.invalidateQueries({ queryKey: trpc.account.twoFactor.get.queryKey() });
  void refreshEvents();
};

/** The second factor: off, being set up, on, or on with codes that are shown this once. */
export function TwoFactor() {
  const { data: factor } = useQuery(trpc.account.twoFactor.get.queryOptions());
  const { withProof, dialog } = useReauthentication();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = useMutation({ mutationFn: () => withProof(() => twoFactor.begin.mutate()) });
  const disable = useMutation({
    mutationFn: () => withProof(() => twoFactor.disable.mutate()),
    onSuccess: refresh,
  });
  const renew = useMutation({
    mutationFn: () => withProof(() => twoFactor.renewBackupCodes.mutate()),
    onSuccess(made) {
      setCodes(made.codes);
      refresh();
    },
  });
  const failure = begin.error ?? disable.error ?? renew.error;

  return (
    <>
      {codes ? (
        <BackupCodeList codes={codes} onKept={() => setCodes(null)} />
      ) : begin.data ? (
        <SetUpTwoFactor
          offer={begin.data}
          onConfirmed={(made) => {
            begin.reset();
            setCodes(made);
            refresh();
          }}
          onCancel={begin.reset}
        />
      ) : factor?.isOn ? (
        <IsOn left={factor.backupCodesLeft}>
          <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
            {words.renew}
          </Button>
          <Button variant="default" loading={disable.isPending} onClick={() => disable.mutate()}>
            {words.disable}
          </Button>
        </IsOn>
      ) : (
        <Row label={words.title} hint={words.offHint}>
          <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
            {words.begin}
          </Button>
        </Row>
      )}
      <FormFailure>{failure ? sentenceOf(failure) : null}</FormFailure>
      {dialog}
    </>
  );
}

interface IsOnProps {
  readonly left: number;
  readonly children: ReactNode;
}

const IsOn = ({ left, children }: IsOnProps) => (
  <Row label={words.isOn} hint={words.left(left)}>
    <div className={s.actions}>{children}</div>
  </Row>
);
