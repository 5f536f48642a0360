import { TextInput, type TextInputProps } from "@mantine/core";

interface ServerAddressProps extends TextInputProps {
  readonly value: string;
  /** Said in place of the description where passwords would go unencrypted. */
  readonly plain: string;
}

/** Of a server that this one is to speak to, as people copy it from a browser. */
export const ServerAddress = ({ plain, description, ...field }: ServerAddressProps) => (
  <TextInput
    {...field}
    type="url"
    inputMode="url"
    description={/^http:/i.test(field.value.trim()) ? plain : description}
    autoComplete="off"
    spellCheck={false}
  />
);
