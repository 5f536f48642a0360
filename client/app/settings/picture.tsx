import { Button, FileButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Me } from "#contract/auth.ts";
import { backline, sentenceOf } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { FormFailure } from "../auth/gate.tsx";
import { refreshMe } from "../auth/session.ts";
import { Avatar } from "../frame/avatar.tsx";
import { settings } from "../words/settings.ts";
import p from "./profile.module.css";
import { Row } from "./row.tsx";
import { scalePicture, toBase64, UnreadablePicture } from "./scale-picture.ts";
import s from "./settings.module.css";

const words = settings.picture;

/** What the server draws, so that nothing is offered in vain. */
const KINDS = ["png", "jpeg", "gif", "webp", "avif", "bmp"].map((kind) => `image/${kind}`);

const refresh = async () => {
  void refreshEvents();
  await refreshMe();
};

/** The picture of whoever is signed in; a new one is looked at before it is used. */
export function Picture({ user }: Pick<Me, "user">) {
  const [chosen, setChosen] = useState<Blob | null>(null);
  const choose = useMutation({ mutationFn: scalePicture, onSuccess: setChosen });
  const use = useMutation({
    mutationFn: async (picture: Blob) =>
      backline.api.account.picture.set.mutate({ picture: await toBase64(picture) }),
    async onSuccess() {
      await refresh();
      setChosen(null);
      notifications.show({ message: words.changed });
    },
  });
  const remove = useMutation({
    mutationFn: () => backline.api.account.picture.remove.mutate(),
    async onSuccess() {
      await refresh();
      notifications.show({ message: words.removed });
    },
  });
  const restart = () => {
    for (const each of [choose, use, remove]) each.reset();
  };
  const error = choose.error ?? use.error ?? remove.error;
  return (
    <>
      <Row label={words.title} hint={chosen ? words.preview : words.hint}>
        <div className={p.picture}>
          <div className={p.face}>
            {chosen ? <Preview picture={chosen} /> : <Avatar user={user} size="large" />}
          </div>
          {chosen ? (
            <div className={s.actions}>
              <Button loading={use.isPending} onClick={() => use.mutate(chosen)} autoFocus>
                {words.use}
              </Button>
              <Button
                variant="default"
                onClick={() => {
                  restart();
                  setChosen(null);
                }}
              >
                {settings.cancel}
              </Button>
            </div>
          ) : (
            <div className={s.actions}>
              <FileButton
                accept={KINDS.join(",")}
                onChange={(file) => {
                  restart();
                  if (file) choose.mutate(file);
                }}
              >
                {(props) => (
                  <Button {...props} variant="default" loading={choose.isPending}>
                    {words.choose}
                  </Button>
                )}
              </FileButton>
              {user.pictureHash === null ? null : (
                <Button
                  variant="default"
                  loading={remove.isPending}
                  onClick={() => {
                    restart();
                    remove.mutate();
                  }}
                >
                  {words.remove}
                </Button>
              )}
            </div>
          )}
        </div>
      </Row>
      <FormFailure>{error ? sentenceFor(error) : null}</FormFailure>
    </>
  );
}

const sentenceFor = (error: unknown): string =>
  error instanceof UnreadablePicture ? words.unreadable : sentenceOf(error);

function Preview({ picture }: { readonly picture: Blob }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return url ? <img className={p.preview} src={url} alt="" /> : null;
}
