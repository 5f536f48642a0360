import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { SavedForm } from "#contract/connections.ts";
import { PasswordField } from "../auth/password-field.tsx";
import { storage } from "../words/storage.ts";
import s from "./storage.module.css";

const words = storage.connect;

export type ErrorOf = (name: string) => string | undefined;

interface FolderFieldsProps {
  readonly roots: readonly string[];
  readonly saved: SavedForm | undefined;
  readonly errorOf: ErrorOf;
}

/** Roots are what the administrator allows; anything below one can be typed as well. */
export function FolderFields({ roots, saved, errorOf }: FolderFieldsProps) {
  const known = saved?.provider === "folder" ? saved.folder : roots[0];
  const [folder, setFolder] = useState(known ?? "");
  if (roots.length === 0) return <p className={s.lead}>{words.noRoots}</p>;
  return (
    <>
      {roots.length > 1 ? (
        <div className={s.roots}>
          {roots.map((root) => (
            <button
              key={root}
              type="button"
              className={s.root}
              aria-pressed={root === folder}
              onClick={() => setFolder(root)}
            >
              {root}
            </button>
          ))}
        </div>
      ) : null}
      <TextInput
        name="folder"
        label={words.folder}
        description={words.folderHint}
        value={folder}
        onChange={(event) => setFolder(event.currentTarget.value)}
        error={errorOf("folder")}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
      />
    </>
  );
}

interface WebdavFieldsProps {
  readonly url: string;
  readonly onUrl: (url: string) => void;
  readonly saved: SavedForm | undefined;
  readonly errorOf: ErrorOf;
}

export const WebdavFields = ({ url, onUrl, saved, errorOf }: WebdavFieldsProps) => (
  <>
    <TextInput
      name="url"
      label={words.url}
      description={words.urlHint}
      error={errorOf("url")}
      value={url}
      onChange={(event) => onUrl(event.currentTarget.value)}
      inputMode="url"
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      autoFocus={saved === undefined}
    />
    <TextInput
      name="username"
      label={words.username}
      defaultValue={saved?.provider === "webdav" ? saved.username : ""}
      error={errorOf("username")}
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
    />
    <PasswordField
      name="password"
      label={words.password}
      description={words.passwordHint}
      error={errorOf("password")}
      autoComplete="off"
      autoFocus={saved !== undefined}
    />
  </>
);
