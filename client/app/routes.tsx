import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { bandRoutes } from "./band-routes.tsx";
import { BrokenScreen } from "./frame/broken.tsx";
import {
  parseNotConnected,
  parseSignInSearch,
  requireFirstAccount,
  requireNoSession,
  requireSession,
  requireSetup,
} from "./guards.ts";
import { rootRoute } from "./root-route.tsx";

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  async beforeLoad({ location }) {
    const me = await requireSession(location);
    throw redirect({ to: "/b/$bandId", params: { bandId: me.personalBandId } });
  },
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: parseSignInSearch,
  beforeLoad: ({ search }) => requireNoSession(search.next),
  component: lazyRouteComponent(() => import("./auth/sign-in-page.tsx"), "SignInPage"),
});

const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/register",
  beforeLoad: requireFirstAccount,
  component: lazyRouteComponent(() => import("./auth/register-page.tsx"), "RegisterPage"),
});

const verifyEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/verify-email",
  beforeLoad: requireFirstAccount,
  component: lazyRouteComponent(() => import("./auth/verify-email-page.tsx"), "VerifyEmailPage"),
});

const confirmEmailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/confirm-email",
  beforeLoad: requireFirstAccount,
  component: lazyRouteComponent(() => import("./auth/confirm-email-page.tsx"), "ConfirmEmailPage"),
});

const forgotPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/forgot-password",
  beforeLoad: requireFirstAccount,
  component: lazyRouteComponent(
    () => import("./auth/forgot-password-page.tsx"),
    "ForgotPasswordPage",
  ),
});

const resetPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset-password",
  beforeLoad: requireFirstAccount,
  component: lazyRouteComponent(
    () => import("./auth/reset-password-page.tsx"),
    "ResetPasswordPage",
  ),
});

const goodbyeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/goodbye",
  beforeLoad: () => requireNoSession(undefined),
  component: lazyRouteComponent(() => import("./auth/goodbye-page.tsx"), "GoodbyePage"),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  beforeLoad: requireSetup,
  component: lazyRouteComponent(() => import("./auth/setup-page.tsx"), "SetupPage"),
});

const welcomeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/welcome",
  beforeLoad: async ({ location }) => void (await requireSession(location)),
  component: lazyRouteComponent(() => import("./storage/welcome-page.tsx"), "WelcomePage"),
});

const notConnectedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/not-connected",
  validateSearch: parseNotConnected,
  component: lazyRouteComponent(
    () => import("./storage/not-connected-page.tsx"),
    "NotConnectedPage",
  ),
});

/** For everybody who has a link, signed in or not. */
const shareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/s/$token",
  component: lazyRouteComponent(() => import("./shares/share-page.tsx"), "SharePage"),
});

const routeTree = rootRoute.addChildren([
  indexRoute,
  signInRoute,
  registerRoute,
  verifyEmailRoute,
  confirmEmailRoute,
  forgotPasswordRoute,
  resetPasswordRoute,
  goodbyeRoute,
  setupRoute,
  welcomeRoute,
  notConnectedRoute,
  shareRoute,
  bandRoutes,
]);

export const router = createRouter({
  routeTree,
  defaultErrorComponent: BrokenScreen,
  defaultPreload: "intent",
  defaultPendingMs: 300,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
