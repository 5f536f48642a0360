import { queryClient, refusalOf, trpc } from "../api.ts";
import { createStore } from "../playback/store.ts";

/** Whether this browser shows the form during maintenance, because an administrator wants to sign in. */
export const adminsForm = createStore(false);

export const refreshMaintenance = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: trpc.system.info.queryKey() });

/** Any change may be the first to learn of it. */
export function watchForMaintenance(): void {
  queryClient.getMutationCache().subscribe((event) => {
    if (event.type !== "updated" || event.action.type !== "error") return;
    if (refusalOf(event.action.error)?.code !== "maintenance") return;
    void refreshMaintenance().then(() => adminsForm.set(false));
  });
}
