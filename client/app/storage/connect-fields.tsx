import { TextInput } from "@mantine/core";
import { useState } from "react";
import { PasswordField } from "../auth/password-field.tsx";
import { storage } from "../words/storage.ts";
import s from "./storage.module.css";

const words = storage.connect;

type ErrorOf = (name: string) => string | undefined;

interface FolderFieldsProps {
  readonly roots: readonly string[];
  readonly errorOf: ErrorOf;
}

/** Roots are what the administrator allows; anything below one can be typed as well. */
export function FolderFields({ roots, errorOf }: FolderFieldsProps) {
  const [folder, setFolder] = useState(roots[0] ?? "");
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
  readonly errorOf: ErrorOf;
}

export const WebdavFields = ({ url, onUrl, errorOf }: WebdavFieldsProps) => (
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
      autoFocus
    />
    <TextInput
      name="username"
      label={words.username}
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
    />
  </>
);
