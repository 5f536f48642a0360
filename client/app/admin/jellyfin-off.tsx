import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { JellyfinServer } from "#contract/jellyfin.ts";
import { backline, queryClient, trpc } from "../api.ts";
import { useReauthentication } from "../auth/reauthentication.tsx";
import { Confirm } from "../frame/confirm.tsx";
import { jellyfin } from "../words/jellyfin.ts";

const words = jellyfin.admin;

interface SwitchOffProps {
  readonly server: JellyfinServer;
  readonly onOff: () => void;
}

/** Says first who could not come back. */
export function SwitchOff({ server, onOff }: SwitchOffProps) {
  const [isAsked, setIsAsked] = useState(false);
  const { withProof, dialog } = useReauthentication();
  const off = useMutation({
    mutationFn: () => withProof(() => backline.api.admin.jellyfin.remove.mutate()),
    onSuccess() {
      setIsAsked(false);
      onOff();
      notifications.show({ message: words.offDone });
    },
  });
  const ask = () => {
    off.reset();
    // People come and go by themselves.
    void queryClient.invalidateQueries({ queryKey: trpc.admin.jellyfin.get.queryKey() });
    setIsAsked(true);
  };
  return (
    <>
      <Button variant="default" onClick={ask}>
        {words.off}
      </Button>
      <Confirm
        title={words.offTitle(server)}
        texts={[words.offText(server.dependents), words.offKeeps]}
        confirm={words.off}
        isHarmful
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        onConfirm={() => off.mutate()}
        isPending={off.isPending}
        error={off.error}
      />
      {dialog}
    </>
  );
}
