import { Button } from "@mantine/core";
import { useState } from "react";
import { nextcloud as words } from "../words/nextcloud.ts";
import { ConnectForm, type ConnectFormProps } from "./connect-form.tsx";
import { NextcloudSignIn } from "./nextcloud-sign-in.tsx";
import s from "./storage.module.css";

/** The ways to connect a kind of storage: its form, and for a Nextcloud its own sign-in first. */
export function ConnectStorage(props: ConnectFormProps) {
  const { offer, saved } = props;
  const known = saved?.provider === "webdav" ? saved.url : "";
  const [url, setUrl] = useState(known);
  const [isTyped, setTyped] = useState(known !== "" && !known.includes("/remote.php/"));
  if (offer.id !== "webdav") return <ConnectForm {...props} />;
  if (!isTyped) {
    return (
      <NextcloudSignIn {...props} url={url} onUrl={setUrl} onOtherWay={() => setTyped(true)} />
    );
  }
  return (
    <>
      <ConnectForm {...props} url={url} onUrl={setUrl} />
      <p className={s.otherWay}>
        <Button variant="subtle" onClick={() => setTyped(false)}>
          {words.signInInstead}
        </Button>
      </p>
    </>
  );
}
