import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Me } from "#contract/auth.ts";
import { trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { noteRole } from "../auth/session.ts";
import { Confirm } from "../frame/confirm.tsx";
import { settings } from "../words/settings.ts";
import { Row } from "./row.tsx";

const words = settings.creator;

const hintFor = ({ email, isEmailVerified }: Me["user"]): string => {
  if (isEmailVerified) return words.text;
  return email === null ? words.noEmail : words.unconfirmed;
};

/** The way to become a creator, for whoever is not one yet; it leads only there. */
export function Creator({ user }: Pick<Me, "user">) {
  const { role, isEmailVerified } = user;
  const [isAsked, setIsAsked] = useState(false);
  const upgrade = useMutation(
    trpc.account.upgradeToCreator.mutationOptions({
      onSuccess(now) {
        setIsAsked(false);
        noteRole(now.role);
        notifications.show({ message: words.done });
        void refreshEvents();
      },
    }),
  );
  const ask = () => {
    upgrade.reset();
    setIsAsked(true);
  };
  return (
    <>
      {role === "user" ? (
        <Row label={words.title} hint={hintFor(user)}>
          <Button variant="default" disabled={!isEmailVerified} onClick={ask}>
            {words.ask}
          </Button>
        </Row>
      ) : null}
      <Confirm
        title={words.dialog}
        texts={[words.text, words.keeps]}
        confirm={words.ask}
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        onConfirm={() => upgrade.mutate()}
        isPending={upgrade.isPending}
        error={upgrade.error}
      />
    </>
  );
}
