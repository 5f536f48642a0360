import { Menu, UnstyledButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconKeyboard, IconLogout, IconSettings } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { sentenceOf } from "../api.ts";
import { sessionQuery, signOut } from "../auth/session.ts";
import { frame } from "../words/frame.ts";
import { Avatar } from "./avatar.tsx";
import { useBandId } from "./band.ts";
import { openHelp } from "./dialogs.ts";
import { MenuLink } from "./menu-link.tsx";
import s from "./top-bar.module.css";

/** Signing out, from wherever it is asked for. */
export const useSignOut = () =>
  useMutation({
    mutationFn: signOut,
    onError: (error) => notifications.show({ message: sentenceOf(error) }),
  });

export function AccountMenu() {
  const { data: me } = useQuery(sessionQuery);
  const bandId = useBandId();
  const out = useSignOut();
  if (!me) return null;
  const { name, email } = me.user;
  return (
    <Menu position="bottom-end" width={232}>
      <Menu.Target>
        <UnstyledButton className={s.personButton} aria-label={frame.account(name)}>
          <span className={s.person}>
            <Avatar user={me.user} size="small" />
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <span className={`${s.whoName} cut`}>{name}</span>
          {email === null ? null : <span className={`${s.whoEmail} cut`}>{email}</span>}
        </Menu.Label>
        <Menu.Divider />
        <MenuLink
          to="/b/$bandId/settings"
          params={{ bandId }}
          leftSection={<IconSettings size={16} aria-hidden />}
        >
          {frame.settings}
        </MenuLink>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={openHelp}>
          {frame.keyboardHelp}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => out.mutate()}>
          {frame.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
