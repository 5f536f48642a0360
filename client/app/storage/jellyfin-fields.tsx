import { SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import type { SavedForm } from "#contract/connections.ts";
import { PasswordField } from "../auth/password-field.tsx";
import { storage } from "../words/storage.ts";
import type { ErrorOf } from "./connect-fields.tsx";

const words = storage.connect.jellyfin;

const ACCESSES = ["password", "key"] as const;

const asTyped = { spellCheck: false, autoCapitalize: "off", autoComplete: "off" } as const;

interface JellyfinFieldsProps {
  readonly saved: SavedForm | undefined;
  readonly errorOf: ErrorOf;
}

/** An account of the media server, or an API key of its administrator. */
export function JellyfinFields({ saved, errorOf }: JellyfinFieldsProps) {
  const known = saved?.provider === "jellyfin" ? saved : undefined;
  const [access, setAccess] = useState<(typeof ACCESSES)[number]>(
    known && known.username === null ? "key" : "password",
  );
  return (
    <>
      <TextInput
        name="url"
        label={words.url}
        description={words.urlHint}
        defaultValue={known?.url ?? ""}
        error={errorOf("url")}
        inputMode="url"
        autoFocus={known === undefined}
        {...asTyped}
      />
      <SegmentedControl
        name="access"
        aria-label={words.access}
        value={access}
        onChange={(value) => setAccess(ACCESSES.find((each) => each === value) ?? "password")}
        data={ACCESSES.map((value) => ({ value, label: words.accesses[value] }))}
      />
      {access === "password" ? (
        <>
          <TextInput
            name="username"
            label={words.username}
            defaultValue={known?.username ?? ""}
            error={errorOf("username")}
            {...asTyped}
          />
          <PasswordField
            name="password"
            label={words.password}
            description={words.passwordHint}
            error={errorOf("password")}
            autoComplete="off"
            autoFocus={known !== undefined}
          />
        </>
      ) : (
        <PasswordField
          name="apiKey"
          label={words.apiKey}
          description={storage.connect.passwordHint}
          error={errorOf("apiKey")}
          autoComplete="off"
          autoFocus={known !== undefined}
        />
      )}
    </>
  );
}
