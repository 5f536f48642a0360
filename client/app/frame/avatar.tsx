import { useState } from "react";
import type { UserId } from "#contract/ids.ts";
import type { PictureSize } from "#contract/pictures.ts";
import { backline } from "../api.ts";
import s from "./avatar.module.css";

interface AvatarProps {
  readonly user: {
    readonly id: UserId;
    readonly name: string;
    readonly pictureHash: string | null;
  };
  readonly size: PictureSize;
}

/** Somebody's picture, or their initials. Their name stands beside it; the parent decides how large. */
export function Avatar({ user, size }: AvatarProps) {
  const url = backline.pictureUrl(user, size);
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  if (url === null || url === failedUrl) {
    return (
      <span
        className={s.avatar}
        data-size={size}
        data-initials={initialsOf(user.name)}
        aria-hidden="true"
      />
    );
  }
  return (
    <img
      key={url}
      className={s.avatar}
      src={url}
      alt=""
      decoding="async"
      draggable={false}
      onError={() => setFailedUrl(url)}
    />
  );
}

const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .flatMap((word) => [...word].slice(0, 1))
    .slice(0, 2)
    .join("")
    .toUpperCase();
