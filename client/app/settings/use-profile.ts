import { useMutation } from "@tanstack/react-query";
import type { Me } from "#contract/auth.ts";
import { backline, queryClient } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { refreshMe } from "../auth/session.ts";
import { bandsQuery } from "../frame/band.ts";

type Profile = Pick<Me["user"], "name" | "locale" | "timeZone">;

/** Changes a part of the profile, and goes on when everything on the screen knows it. */
export const useProfile = (user: Profile, onSaved: () => void) =>
  useMutation({
    mutationFn({ name, locale, timeZone }: Partial<Profile>) {
      return backline.api.account.updateProfile.mutate({
        name: name ?? user.name,
        locale: locale === undefined ? user.locale : locale,
        timeZone: timeZone === undefined ? user.timeZone : timeZone,
      });
    },
    async onSuccess() {
      void refreshEvents();
      // The band of one is called like its owner.
      void queryClient.invalidateQueries({ queryKey: bandsQuery.queryKey });
      await refreshMe();
      onSaved();
    },
  });
