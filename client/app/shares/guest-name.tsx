import { TextInput } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { LONGEST_GUEST_NAME } from "#contract/comment-length.ts";
import { createStore } from "../playback/store.ts";
import { shares } from "../words/shares.ts";

const words = shares.guest.comments;

/** Typed once for all recordings of the link; it goes with the page. */
const givenName = createStore("");

export const useGivenName = (): string => useSyncExternalStore(givenName.subscribe, givenName.get);

export const NameField = ({ name }: { readonly name: string }) => (
  <TextInput
    label={words.name}
    description={words.nameHint}
    value={name}
    onChange={(event) => givenName.set(event.currentTarget.value)}
    maxLength={LONGEST_GUEST_NAME}
    autoComplete="name"
  />
);
