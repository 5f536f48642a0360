import { IconWifiOff } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import { frame } from "../words/frame.ts";
import s from "./banner.module.css";

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

export function OfflineBanner() {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <output className={isOnline ? undefined : s.banner}>
      {isOnline ? null : (
        <>
          <IconWifiOff size={16} aria-hidden />
          <span>{frame.offline}</span>
        </>
      )}
    </output>
  );
}
