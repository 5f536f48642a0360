import { useRouter } from "@tanstack/react-router";
import type { SignInResult } from "#contract/auth.ts";
import { toOwnPath } from "./next.ts";
import { noteSignedIn } from "./session.ts";

export interface Welcome {
  /** Where somebody wanted to go. */
  readonly next: string | undefined;
  /** The password was right, and a second factor is owed. */
  readonly onTicket: (ticket: string) => void;
}

/** What comes after signing in, in whatever way. */
export function useWelcome({ next, onTicket }: Welcome): (result: SignInResult) => void {
  const router = useRouter();
  return (result) => {
    if (result.status === "second_factor") {
      onTicket(result.ticket);
      return;
    }
    noteSignedIn(result.me);
    router.history.push(toOwnPath(next) ?? "/");
  };
}
