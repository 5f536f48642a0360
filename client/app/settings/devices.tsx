import { Button, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { SessionEntry } from "#contract/auth.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { useSignOut } from "../frame/account-menu.tsx";
import { Line, Lines } from "../frame/lines.tsx";
import { isHandheld, nameDevice } from "../words/device.ts";
import { security } from "../words/security.ts";
import { Part } from "./row.tsx";

const words = security.devices;

export const refreshDevices = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: trpc.account.sessions.list.queryKey() });

const sayFailure = (error: unknown) => notifications.show({ message: sentenceOf(error) });

/** Whatever came of it, the list is asked for anew. */
const refresh = () => {
  void refreshEvents();
  return refreshDevices();
};

/** Where somebody is signed in to this account, and the way to end it. */
export function Devices() {
  const { data: devices, error } = useQuery(
    trpc.account.sessions.list.queryOptions(undefined, { staleTime: 0 }),
  );
  const hasOthers = devices?.some(({ isThis }) => !isThis);
  return (
    <Part title={words.title} action={hasOthers ? <SignOutOthers /> : null}>
      {devices ? (
        <Lines label={words.title}>
          {devices.map((device) => (
            <Device key={device.id} device={device} />
          ))}
        </Lines>
      ) : error ? (
        <FormFailure>{`${words.failed} ${sentenceOf(error)}`}</FormFailure>
      ) : (
        <Skeleton height={56} />
      )}
    </Part>
  );
}

function SignOutOthers() {
  const revoke = useMutation(
    trpc.account.sessions.revokeOthers.mutationOptions({
      onSuccess: () => notifications.show({ message: words.othersSignedOut }),
      onError: sayFailure,
      onSettled: refresh,
    }),
  );
  return (
    <Button variant="default" loading={revoke.isPending} onClick={() => revoke.mutate()}>
      {words.signOutOthers}
    </Button>
  );
}

function Device({ device }: { readonly device: SessionEntry }) {
  const { userAgent, isThis } = device;
  return (
    <Line
      icon={
        isHandheld(userAgent) ? <IconDeviceMobile size={18} /> : <IconDeviceDesktop size={18} />
      }
      title={nameDevice(userAgent)}
      tags={isThis ? [words.thisOne] : []}
      more={words.used(device)}
    >
      {isThis ? <SignOutHere /> : <SignOut device={device} />}
    </Line>
  );
}

function SignOutHere() {
  const out = useSignOut();
  return (
    <Button
      variant="default"
      aria-label={words.signOutThis}
      loading={out.isPending}
      onClick={() => out.mutate()}
    >
      {words.signOut}
    </Button>
  );
}

function SignOut({ device }: { readonly device: SessionEntry }) {
  const name = nameDevice(device.userAgent);
  const revoke = useMutation(
    trpc.account.sessions.revoke.mutationOptions({
      onSuccess: () => notifications.show({ message: words.signedOut(name) }),
      onError: sayFailure,
      onSettled: refresh,
    }),
  );
  return (
    <Button
      variant="default"
      aria-label={words.signOutOf(name)}
      loading={revoke.isPending}
      onClick={() => revoke.mutate({ sessionId: device.id })}
    >
      {words.signOut}
    </Button>
  );
}
