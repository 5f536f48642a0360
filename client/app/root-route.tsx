import { createRootRoute, Outlet } from "@tanstack/react-router";
import { Announcer } from "./frame/announcer.tsx";
import { NothingAtAll } from "./frame/broken.tsx";

export const rootRoute = createRootRoute({
  component: () => (
    <>
      <Announcer />
      <Outlet />
    </>
  ),
  notFoundComponent: NothingAtAll,
});
