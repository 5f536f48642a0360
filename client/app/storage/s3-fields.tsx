import { NativeSelect, TextInput } from "@mantine/core";
import type { SavedForm } from "#contract/connections.ts";
import { PasswordField } from "../auth/password-field.tsx";
import { storage } from "../words/storage.ts";
import type { ErrorOf } from "./connect-fields.tsx";

const words = storage.connect.s3;

const asTyped = { spellCheck: false, autoCapitalize: "off", autoComplete: "off" } as const;

interface S3FieldsProps {
  readonly saved: SavedForm | undefined;
  readonly errorOf: ErrorOf;
}

export function S3Fields({ saved, errorOf }: S3FieldsProps) {
  const known = saved?.provider === "s3" ? saved : undefined;
  return (
    <>
      <TextInput
        name="endpoint"
        label={words.endpoint}
        description={words.endpointHint}
        defaultValue={known?.endpoint ?? ""}
        error={errorOf("endpoint")}
        inputMode="url"
        autoFocus={known === undefined}
        {...asTyped}
      />
      <TextInput
        name="bucket"
        label={words.bucket}
        defaultValue={known?.bucket ?? ""}
        error={errorOf("bucket")}
        {...asTyped}
      />
      <TextInput
        name="region"
        label={words.region}
        description={words.regionHint}
        defaultValue={known?.region ?? ""}
        {...asTyped}
      />
      <TextInput
        name="accessKeyId"
        label={words.accessKeyId}
        defaultValue={known?.accessKeyId ?? ""}
        error={errorOf("accessKeyId")}
        {...asTyped}
      />
      <PasswordField
        name="secretAccessKey"
        label={words.secretAccessKey}
        description={storage.connect.passwordHint}
        error={errorOf("secretAccessKey")}
        autoComplete="off"
        autoFocus={known !== undefined}
      />
      <PasswordField
        name="sessionToken"
        label={words.sessionToken}
        description={words.sessionTokenHint}
        autoComplete="off"
      />
      <NativeSelect
        name="pathStyle"
        label={words.pathStyle}
        defaultValue={known ? toStyle(known.pathStyle) : "auto"}
        data={Object.entries(words.pathStyles).map(([value, label]) => ({ value, label }))}
      />
    </>
  );
}

const toStyle = (isPathStyle: boolean) => (isPathStyle ? "path" : "host");
