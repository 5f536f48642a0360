import { Button, SegmentedControl, Switch, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useSyncExternalStore } from "react";
import { trpc } from "../api.ts";
import { sessionQuery } from "../auth/session.ts";
import { useSignOut } from "../frame/account-menu.tsx";
import { openHelp } from "../frame/dialogs.ts";
import { Screen, Section } from "../frame/screen.tsx";
import { settings } from "../words/settings.ts";
import { singleKeys } from "./preferences.ts";
import s from "./settings.module.css";

export function SettingsPage() {
  return (
    <Screen title={settings.title}>
      <Profile />
      <Section title={settings.appearance}>
        <Colours />
      </Section>
      <Section title={settings.keyboard}>
        <Keyboard />
      </Section>
      <Section title={settings.session}>
        <ThisDevice />
      </Section>
      <Version />
    </Screen>
  );
}

interface RowProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}

const Row = ({ label, hint, children }: RowProps) => (
  <div className={s.row}>
    <div className={s.label}>
      <div>{label}</div>
      {hint ? <div className={s.hint}>{hint}</div> : null}
    </div>
    <div className={s.value}>{children}</div>
  </div>
);

function Profile() {
  const { data: me } = useQuery(sessionQuery);
  return (
    <Section title={settings.profile}>
      <Row label={settings.name}>{me?.user.name}</Row>
      <Row label={settings.email}>{me?.user.email}</Row>
      <Row label={settings.role}>{me ? settings.roles[me.user.role] : null}</Row>
    </Section>
  );
}

const SCHEMES = ["auto", "dark", "light"] as const;

function Colours() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Row label={settings.colours} hint={settings.coloursHint}>
      <SegmentedControl
        aria-label={settings.colours}
        value={colorScheme}
        onChange={(value) => setColorScheme(SCHEMES.find((each) => each === value) ?? "auto")}
        data={SCHEMES.map((value) => ({ value, label: settings.schemes[value] }))}
      />
    </Row>
  );
}

function Keyboard() {
  const isOn = useSyncExternalStore(singleKeys.subscribe, singleKeys.get);
  return (
    <>
      <Row label={settings.singleKeys} hint={settings.singleKeysHint}>
        <Switch
          aria-label={settings.singleKeys}
          checked={isOn}
          onChange={(event) => singleKeys.set(event.currentTarget.checked)}
        />
      </Row>
      <Row label={settings.allKeys}>
        <Button variant="default" onClick={openHelp}>
          {settings.showKeys}
        </Button>
      </Row>
    </>
  );
}

function ThisDevice() {
  const out = useSignOut();
  return (
    <Row label={settings.signOut} hint={settings.signOutHint}>
      <Button variant="default" loading={out.isPending} onClick={() => out.mutate()}>
        {settings.signOut}
      </Button>
    </Row>
  );
}

function Version() {
  const { data } = useQuery(trpc.system.info.queryOptions());
  return data ? <p className={s.version}>{settings.version(data.version)}</p> : null;
}
