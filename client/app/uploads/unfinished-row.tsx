import { Button, FileButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { BandId } from "#contract/ids.ts";
import type { Upload } from "#contract/uploads.ts";
import { backline, sentenceOf } from "../api.ts";
import { FormFailure } from "../auth/gate.tsx";
import { upload as words } from "../words/upload.ts";
import { queue } from "./here.ts";
import { isFileOf, refreshUploads } from "./unfinished.ts";
import { UploadBar } from "./upload-bar.tsx";
import s from "./uploads.module.css";

const { unfinished } = words;

interface UnfinishedRowProps {
  readonly bandId: BandId;
  readonly upload: Upload;
}

/** A browser forgets the file with the page: only the person can choose it again. */
export function UnfinishedRow({ bandId, upload }: UnfinishedRowProps) {
  const { id, name, path, sizeBytes, offsetBytes, expiresAt } = upload;
  const [wrong, setWrong] = useState<string | null>(null);
  const discard = useMutation({
    mutationFn: () => backline.discardUpload(id),
    onSettled: () => refreshUploads(bandId),
  });
  const choose = (file: File | null) => {
    if (!file) return;
    if (isFileOf(upload, file)) return queue.add(bandId, file, id);
    const isOther = file.name !== name;
    setWrong(isOther ? unfinished.otherName(name, file.name) : unfinished.otherSize(name));
  };
  const done = sizeBytes === 0 ? 0 : offsetBytes / sizeBytes;
  const state = unfinished.state(Math.floor(done * 100));
  return (
    <li className={s.row}>
      <div className={s.rowText}>
        <div className="cut">{name}</div>
        <div className={`${s.path} soft`}>{path}</div>
      </div>
      <div className={s.rowMore}>
        <UploadBar name={name} done={done} text={state} isStill />
        <div className="soft times">
          {state} · {unfinished.kept(expiresAt)}
        </div>
        <div className={s.rowButtons}>
          <FileButton accept={name.slice(name.lastIndexOf("."))} onChange={choose}>
            {(props) => (
              <Button
                {...props}
                variant="default"
                size="compact-sm"
                aria-label={unfinished.chooseFor(name)}
              >
                {unfinished.choose}
              </Button>
            )}
          </FileButton>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={unfinished.discardFor(name)}
            loading={discard.isPending}
            onClick={() => discard.mutate()}
          >
            {unfinished.discard}
          </Button>
        </div>
        <FormFailure>{wrong ?? (discard.error ? sentenceOf(discard.error) : null)}</FormFailure>
      </div>
    </li>
  );
}
