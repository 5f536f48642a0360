import { Button } from "@mantine/core";
import { IconMoodConfuzed, IconPlugConnectedX, IconRouteOff } from "@tabler/icons-react";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useRouter } from "@tanstack/react-router";
import { refusalOf } from "../api.ts";
import { frame } from "../words/frame.ts";
import { Blank } from "./blank.tsx";
import { ButtonLink } from "./button-link.tsx";
import { useScreenTitle } from "./title.ts";
import { isOutdated } from "./update.ts";

/** Whatever a screen throws ends here: never a blank page. */
export function BrokenScreen({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const refusal = refusalOf(error);
  const kind = kindOf(error);
  const { title, text } = frame[kind];
  useScreenTitle(title);
  const tryAgain = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main id="main" tabIndex={-1}>
      <Blank
        isScreen
        isFailure
        icon={
          kind === "unreachable" ? <IconPlugConnectedX size={24} /> : <IconMoodConfuzed size={24} />
        }
        title={title}
        text={refusal?.message ?? text}
      >
        {kind === "outdated" ? null : <Button onClick={tryAgain}>{frame.tryAgain}</Button>}
        <Button
          variant={kind === "outdated" ? "filled" : "default"}
          onClick={() => location.reload()}
        >
          {frame.reload}
        </Button>
      </Blank>
    </main>
  );
}

function kindOf(error: unknown): "outdated" | "unreachable" | "broken" {
  if (isOutdated(error)) return "outdated";
  const isSilent = error instanceof Error && error.name === "TRPCClientError";
  return isSilent && !refusalOf(error) ? "unreachable" : "broken";
}

export function NothingHere() {
  useScreenTitle(frame.nowhere.title);
  return (
    <Blank
      isScreen
      icon={<IconRouteOff size={24} />}
      title={frame.nowhere.title}
      text={frame.nowhere.text}
    >
      <ButtonLink to="/">{frame.goHome}</ButtonLink>
    </Blank>
  );
}

/** Outside the frame, where nothing else is a landmark. */
export const NothingAtAll = () => (
  <main id="main" tabIndex={-1}>
    <NothingHere />
  </main>
);
