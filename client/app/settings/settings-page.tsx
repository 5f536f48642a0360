import { Button, SegmentedControl, Switch, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { trpc } from "../api.ts";
import { sessionQuery } from "../auth/session.ts";
import { useBandId } from "../frame/band.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { openHelp } from "../frame/dialogs.ts";
import { Screen, Section } from "../frame/screen.tsx";
import { naming } from "../words/naming.ts";
import { settings } from "../words/settings.ts";
import { singleKeys } from "./preferences.ts";
import { Profile } from "./profile.tsx";
import { Row } from "./row.tsx";
import { Security } from "./security.tsx";
import s from "./settings.module.css";
import { YourData } from "./your-data.tsx";

export function SettingsPage() {
  // The address may have been confirmed in another tab a moment ago. All dates below are written in
  // the way that is chosen here, so they are drawn anew with it.
  const { data: me } = useQuery({ ...sessionQuery, staleTime: 0 });
  return (
    <Screen title={settings.title}>
      {me ? <Profile user={me.user} /> : null}
      <Security />
      <Section title={settings.appearance}>
        <Colours />
      </Section>
      <Section title={settings.keyboard}>
        <Keyboard />
      </Section>
      <ThisBand />
      <YourData />
      <Version />
    </Screen>
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

function ThisBand() {
  const bandId = useBandId();
  return (
    <Section title={naming.section}>
      <Row label={naming.title} hint={naming.hint}>
        <ButtonLink variant="default" to="/b/$bandId/settings/naming" params={{ bandId }}>
          {naming.open}
        </ButtonLink>
      </Row>
    </Section>
  );
}

function Version() {
  const { data } = useQuery(trpc.system.info.queryOptions());
  return data ? <p className={s.version}>{settings.version(data.version)}</p> : null;
}
