import { styleNonce } from "./before-paint.ts";
import "@fontsource-variable/inter/index.css";
import "./theme/tokens.css";
import "./theme/mantine.ts";
import "./theme/mantine-look.css";
import "./theme/base.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api.ts";
import { takeLinkToken } from "./auth/link-token.ts";
import { watchForMaintenance } from "./auth/maintenance.ts";
import { onSessionEnd, startSessionKeeper, watchForSessionEnd } from "./auth/session.ts";
import { startWindowTitle } from "./frame/title.ts";
import { startUpdateWatch } from "./frame/update.ts";
import { noteStep } from "./library/came-from.ts";
import { isPlaying, playerInTab } from "./playback/in-tab.ts";
import { router } from "./routes.tsx";
import { applyColourScheme, colourScheme } from "./theme/colour-scheme.ts";
import { cssVariablesResolver, theme } from "./theme/theme.ts";

const Notices = lazy(() =>
  import("./frame/notices.tsx").then((module) => ({ default: module.Notices })),
);

applyColourScheme();
takeLinkToken();

onSessionEnd((reason) => {
  playerInTab.get()?.clear();
  if (reason === "deleted") return void router.navigate({ to: "/goodbye" });
  const { href, pathname } = router.state.location;
  // Whoever has a link needs no session for it.
  if (pathname.startsWith("/s/")) return;
  const search = reason === "lost" ? { next: href, lost: true as const } : {};
  void router.navigate({ to: "/sign-in", search });
});
watchForSessionEnd();
watchForMaintenance();
startSessionKeeper(isPlaying);
startUpdateWatch(isPlaying);
startWindowTitle();
router.subscribe("onBeforeNavigate", ({ fromLocation }) => noteStep(fromLocation?.pathname));

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={colourScheme}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <Suspense>
        <Notices />
      </Suspense>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
