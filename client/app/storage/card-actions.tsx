import { Button, Menu } from "@mantine/core";
import {
  IconFolder,
  IconHeartbeat,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnected,
  IconRefresh,
  IconRoute,
  IconRouteOff,
  IconStar,
  IconTrash,
  IconTrashOff,
  IconUnlink,
  IconUpload,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { Connection } from "#contract/connections.ts";
import { trpc } from "../api.ts";
import { MenuLink } from "../frame/menu-link.tsx";
import { MoreMenu } from "../frame/more-menu.tsx";
import { UploadButton } from "../uploads/upload-button.tsx";
import { storage } from "../words/storage.ts";
import { upload } from "../words/upload.ts";
import { expectScan, noteScan } from "./connections.ts";
import { Disconnect } from "./disconnect.tsx";
import { isRunning } from "./scan.ts";
import s from "./storage.module.css";
import { SwitchDialog } from "./switch-dialog.tsx";
import { sayFailure, useCheck } from "./use-check.ts";
import { useMakePrimary } from "./use-make-primary.ts";
import { usePause } from "./use-pause.ts";
import { type SwitchName, switches, useSwitch } from "./use-switch.ts";

const words = storage.card;

const switchIcons = {
  direct: { on: IconRoute, off: IconRouteOff },
  deleting: { on: IconTrash, off: IconTrashOff },
};
const switchNames = ["direct", "deleting"] as const;

const WhereUploadsGo = lazy(() =>
  import("../uploads/where-uploads-go.tsx").then((module) => ({ default: module.WhereUploadsGo })),
);

interface CardActionsProps {
  readonly connection: Connection;
  readonly isOwner: boolean;
}

function useScanNow({ id, bandId }: Connection) {
  const scan = useMutation(
    trpc.connections.scan.mutationOptions({
      onSuccess(scan) {
        noteScan(bandId, scan);
        expectScan(bandId);
      },
      onError: sayFailure,
    }),
  );
  return { isPending: scan.isPending, start: () => scan.mutate({ connectionId: id }) };
}

export function CardActions({ connection, isOwner }: CardActionsProps) {
  const [opened, setOpened] = useState<"disconnect" | "where" | SwitchName | null>(null);
  const close = () => setOpened(null);
  const scan = useScanNow(connection);
  const isScanning = connection.scan !== null && isRunning(connection.scan);
  return (
    <div className={s.cardActions}>
      {connection.isPrimary ? <UploadButton isOnlyIfPossible /> : null}
      {isOwner && connection.rootPath !== null && connection.health !== "paused" ? (
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={scan.isPending}
          disabled={isScanning}
          onClick={scan.start}
        >
          {words.scanNow}
        </Button>
      ) : null}
      <CardMenu
        connection={connection}
        isOwner={isOwner}
        onDisconnect={() => setOpened("disconnect")}
        onWhere={() => setOpened("where")}
        onSwitch={setOpened}
      />
      <Disconnect connection={connection} isOpen={opened === "disconnect"} onClose={close} />
      {switchNames.map((which) => (
        <SwitchDialog
          key={which}
          connection={connection}
          which={which}
          isOpen={opened === which}
          onClose={close}
        />
      ))}
      <Suspense>
        {opened === "where" ? <WhereUploadsGo bandId={connection.bandId} onClose={close} /> : null}
      </Suspense>
    </div>
  );
}

interface CardMenuProps extends CardActionsProps {
  readonly onDisconnect: () => void;
  readonly onWhere: () => void;
  readonly onSwitch: (which: SwitchName) => void;
}

function CardMenu({ connection, isOwner, onDisconnect, onWhere, onSwitch }: CardMenuProps) {
  const check = useCheck(connection);
  const isPaused = connection.health === "paused";
  return (
    <MoreMenu label={words.more(connection.name)} width={224}>
      {isPaused ? null : (
        <Menu.Item leftSection={<IconHeartbeat size={16} aria-hidden />} onClick={check.start}>
          {words.check}
        </Menu.Item>
      )}
      {isOwner ? <PrimaryItem connection={connection} /> : null}
      {isOwner && connection.isPrimary && !connection.isDemo ? (
        <Menu.Item leftSection={<IconUpload size={16} aria-hidden />} onClick={onWhere}>
          {upload.where.menu}
        </Menu.Item>
      ) : null}
      {isOwner && !connection.isDemo ? <AccessItems connection={connection} /> : null}
      {isOwner
        ? switchNames.map((which) => (
            <SwitchItem key={which} connection={connection} which={which} onSwitch={onSwitch} />
          ))
        : null}
      {isOwner ? <PauseItem connection={connection} /> : null}
      {isOwner ? (
        <Menu.Item
          color="red"
          leftSection={<IconUnlink size={16} aria-hidden />}
          onClick={onDisconnect}
        >
          {words.disconnect}
        </Menu.Item>
      ) : null}
    </MoreMenu>
  );
}

function PrimaryItem({ connection }: Pick<CardActionsProps, "connection">) {
  const makePrimary = useMakePrimary(connection);
  const { isPrimary, isDemo, health } = connection;
  if (isPrimary || isDemo || health === "paused") return null;
  return (
    <Menu.Item leftSection={<IconStar size={16} aria-hidden />} onClick={makePrimary.start}>
      {words.makePrimary}
    </Menu.Item>
  );
}

function AccessItems({ connection }: Pick<CardActionsProps, "connection">) {
  const params = { bandId: connection.bandId, connectionId: connection.id };
  return (
    <>
      {connection.health === "paused" ? null : (
        <MenuLink
          to="/b/$bandId/storage/$connectionId/folder"
          params={params}
          leftSection={<IconFolder size={16} aria-hidden />}
        >
          {words.changeRoot}
        </MenuLink>
      )}
      <MenuLink
        to="/b/$bandId/storage/$connectionId/reconnect"
        params={params}
        leftSection={<IconPlugConnected size={16} aria-hidden />}
      >
        {words.reconnectShort}
      </MenuLink>
    </>
  );
}

function SwitchItem({
  connection,
  which,
  onSwitch,
}: Pick<CardMenuProps, "connection" | "onSwitch"> & { readonly which: SwitchName }) {
  const change = useSwitch(connection, which);
  if (connection[which] === null || connection.health === "paused") return null;
  const isOn = connection[which] === "on";
  const { words } = switches[which];
  const Icon = switchIcons[which][isOn ? "off" : "on"];
  return (
    <Menu.Item
      leftSection={<Icon size={16} aria-hidden />}
      onClick={() => (isOn ? void change.set(false).catch(sayFailure) : onSwitch(which))}
    >
      {isOn ? words.switchOff : words.switchOn}
    </Menu.Item>
  );
}

function PauseItem({ connection }: Pick<CardActionsProps, "connection">) {
  const { pause, resume } = usePause(connection);
  return connection.health === "paused" ? (
    <Menu.Item leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={resume}>
      {words.resume}
    </Menu.Item>
  ) : (
    <Menu.Item leftSection={<IconPlayerPause size={16} aria-hidden />} onClick={pause}>
      {words.pause}
    </Menu.Item>
  );
}
