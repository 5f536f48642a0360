import { notifications } from "@mantine/notifications";
import { IconCloudOff, IconUpload } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useBandId } from "../frame/band.ts";
import { upload } from "../words/upload.ts";
import { filesOf } from "./files.ts";
import { uploadHere, useUploadTarget } from "./target.ts";
import s from "./uploads.module.css";

/** While it is on the screen, files may be dropped anywhere on the page. */
export function DropZone() {
  const bandId = useBandId();
  const target = useUploadTarget();
  const canUpload = target !== undefined && target.unavailableBecause === null;
  const isOver = useFileDrag(canUpload, (files) => void uploadHere(bandId, files));
  if (!isOver || !target) return null;
  const { unavailableBecause, storageName, example } = target;
  const Icon = canUpload ? IconUpload : IconCloudOff;
  return (
    <div className={s.drop} aria-hidden="true">
      <div className={s.dropBox}>
        <Icon size={24} />
        <strong>{canUpload ? upload.drop : upload.dropRefused}</strong>
        <span>{unavailableBecause ?? upload.goesTo(storageName ?? "", example)}</span>
        {canUpload ? <span className="soft">{upload.dropFolder}</span> : null}
      </div>
    </div>
  );
}

/** @returns whether files are being dragged over the page. */
function useFileDrag(isTaken: boolean, onDrop: (files: readonly File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const take = useRef(onDrop);
  take.current = onDrop;

  useEffect(() => {
    const watching = new AbortController();
    const on = (type: "dragover" | "dragleave" | "drop", listen: (event: DragEvent) => void) =>
      window.addEventListener(type, listen, { signal: watching.signal });
    on("dragover", (event) => {
      if (!hasFiles(event)) return;
      // Without this the browser would leave the page for the file.
      event.preventDefault();
      event.dataTransfer.dropEffect = isTaken ? "copy" : "none";
      setIsOver(true);
    });
    on("dragleave", ({ relatedTarget }) => {
      if (relatedTarget === null) setIsOver(false);
    });
    on("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(false);
      if (isTaken) void filesOf(event.dataTransfer).then(take.current, sayUnreadable);
    });
    return () => watching.abort();
  }, [isTaken]);
  return isOver;
}

const sayUnreadable = () => notifications.show({ message: upload.dropUnreadable });

const hasFiles = (event: DragEvent): event is DragEvent & { dataTransfer: DataTransfer } =>
  event.dataTransfer?.types.includes("Files") ?? false;
