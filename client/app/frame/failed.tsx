import { Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { refusalOf, sentenceOf } from "../api.ts";
import { frame } from "../words/frame.ts";
import { Blank } from "./blank.tsx";
import { NothingHere } from "./broken.tsx";

interface FailedProps {
  /** What can't be shown. */
  readonly title: string;
  readonly error: unknown;
  readonly onRetry: () => void;
  /** Nothing else is on the screen. */
  readonly isScreen?: boolean;
}

/** In place of what could not be loaded: why, and a button to try it again. */
export const Failed = ({ title, error, onRetry, isScreen = false }: FailedProps) => (
  <Blank
    isScreen={isScreen}
    isFailure
    icon={<IconAlertCircle size={24} />}
    title={title}
    text={sentenceOf(error)}
  >
    <Button onClick={onRetry}>{frame.tryAgain}</Button>
  </Blank>
);

/** An administrator is refused what nobody else would even know of. */
export function isNotTheirs(error: unknown): boolean {
  const refusal = refusalOf(error)?.code;
  return refusal === "not_found" || refusal === "forbidden";
}

/** In place of a page about one thing that could not be loaded, or is not there. */
export const FailedPage = (props: Omit<FailedProps, "isScreen">) =>
  isNotTheirs(props.error) ? <NothingHere /> : <Failed {...props} isScreen />;
