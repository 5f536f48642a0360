import { QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { createBackline, refusalOf } from "#sdk/index.ts";
import type { AppRouter } from "#server/router.ts";
import { frame } from "./words/frame.ts";

export { refusalOf };

export const backline = createBackline({ baseUrl: location.origin });

/** A refusal is an answer and asking again would not change it; silence may be over in a moment. */
const isWorthAnotherTry = (error: unknown): boolean => {
  const code = refusalOf(error)?.code;
  return code === undefined || code === "busy" || code === "storage_unavailable";
};

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && isWorthAnotherTry(error),
    },
    mutations: { networkMode: "always" },
  },
});

export const trpc = createTRPCOptionsProxy<AppRouter>({ client: backline.api, queryClient });

/** What to show for anything that was thrown: the server's own sentence where there is one. */
export const sentenceOf = (error: unknown): string => refusalOf(error)?.message ?? frame.noAnswer;
