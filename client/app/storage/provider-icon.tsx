import {
  IconBrandGoogleDrive,
  IconBrandOnedrive,
  IconBucket,
  IconDisc,
  IconFolder,
  IconMusic,
  IconServer2,
} from "@tabler/icons-react";
import type { ProviderId } from "#contract/connections.ts";

interface ProviderIconProps {
  readonly provider: ProviderId;
  readonly isDemo?: boolean;
  readonly size?: number;
}

export function ProviderIcon({ provider, isDemo = false, size = 20 }: ProviderIconProps) {
  if (isDemo) return <IconMusic size={size} stroke={1.6} aria-hidden />;
  switch (provider) {
    case "folder":
      return <IconFolder size={size} stroke={1.6} aria-hidden />;
    case "webdav":
      return <IconServer2 size={size} stroke={1.6} aria-hidden />;
    case "google-drive":
      return <IconBrandGoogleDrive size={size} stroke={1.6} aria-hidden />;
    case "onedrive":
      return <IconBrandOnedrive size={size} stroke={1.6} aria-hidden />;
    case "s3":
      return <IconBucket size={size} stroke={1.6} aria-hidden />;
    case "jellyfin":
      return <IconDisc size={size} stroke={1.6} aria-hidden />;
  }
}
