import { Button, FileButton, Popover } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useBandId } from "../frame/band.ts";
import { upload } from "../words/upload.ts";
import { AUDIO_EXTENSIONS } from "./files.ts";
import { uploadHere, useUploadTarget } from "./target.ts";
import s from "./uploads.module.css";

const icon = <IconUpload size={16} aria-hidden />;

interface UploadButtonProps {
  /** Beside other buttons on a narrow screen. */
  readonly isShort?: boolean;
  /** Why nothing can be uploaded is said beside it already. */
  readonly isOnlyIfPossible?: boolean;
  /** There is nothing else to do on the screen. */
  readonly isMain?: boolean;
}

/** Asks for files and uploads them, or says why nothing can be uploaded. */
export function UploadButton({
  isShort = false,
  isOnlyIfPossible = false,
  isMain = false,
}: UploadButtonProps) {
  const bandId = useBandId();
  const target = useUploadTarget();
  if (!target) return null;
  const label = isShort ? upload.actionShort : upload.action;
  if (target.unavailableBecause !== null) {
    if (isOnlyIfPossible) return null;
    return (
      <Popover position="bottom-end" width={280}>
        <Popover.Target>
          <Button variant="default" leftSection={icon}>
            {label}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <p className={s.reason}>{target.unavailableBecause}</p>
        </Popover.Dropdown>
      </Popover>
    );
  }
  return (
    <FileButton
      multiple
      accept={AUDIO_EXTENSIONS.join()}
      onChange={(files) => {
        if (files.length > 0) void uploadHere(bandId, files);
      }}
    >
      {(props) => (
        <Button {...props} variant={isMain ? "filled" : "default"} leftSection={icon}>
          {label}
        </Button>
      )}
    </FileButton>
  );
}
