import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconLogout, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { useState } from "react";
import type { UserEntry, UserRole } from "#contract/auth.ts";
import { people as words } from "../words/people.ts";
import { StepDown } from "./step-down.tsx";
import { Suspend } from "./suspend.tsx";
import { useEndSessions, useRestore, useSetRole } from "./use-person.ts";

const ROLES: readonly UserRole[] = ["user", "creator", "admin"];

interface PersonMenuProps {
  readonly person: UserEntry;
  readonly isMe: boolean;
}

/** What an administrator can do about somebody, and about themselves. */
export function PersonMenu({ person, isMe }: PersonMenuProps) {
  const [isSuspending, setIsSuspending] = useState(false);
  const [wish, setWish] = useState<UserRole | null>(null);
  const setRole = useSetRole(person);
  const endSessions = useEndSessions(person, isMe);
  return (
    <>
      <Menu position="bottom-end" width={224}>
        <Menu.Target>
          <ActionIcon aria-label={words.menu(person.name)}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <RoleItems role={person.role} onChoose={isMe ? setWish : setRole} />
          <Menu.Divider />
          {person.suspendedAt ? null : (
            <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={endSessions}>
              {words.signOut}
            </Menu.Item>
          )}
          {isMe ? null : <DoorItem person={person} onSuspend={() => setIsSuspending(true)} />}
        </Menu.Dropdown>
      </Menu>
      {isMe ? (
        <StepDown person={person} wish={wish} onClose={() => setWish(null)} />
      ) : (
        <Suspend person={person} isOpen={isSuspending} onClose={() => setIsSuspending(false)} />
      )}
    </>
  );
}

interface RoleItemsProps {
  readonly role: UserRole;
  readonly onChoose: (role: UserRole) => void;
}

function RoleItems({ role, onChoose }: RoleItemsProps) {
  const choose = (value: string) => {
    const chosen = ROLES.find((each) => each === value);
    if (chosen) onChoose(chosen);
  };
  return (
    <>
      <Menu.Label>{words.role}</Menu.Label>
      <Menu.RadioGroup value={role} onChange={choose}>
        {ROLES.map((each) => (
          <Menu.RadioItem key={each} value={each} closeMenuOnClick>
            {words.roles[each]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

interface DoorItemProps {
  readonly person: UserEntry;
  readonly onSuspend: () => void;
}

function DoorItem({ person, onSuspend }: DoorItemProps) {
  const restore = useRestore(person);
  return person.suspendedAt ? (
    <Menu.Item leftSection={<IconUserCheck size={16} aria-hidden />} onClick={restore}>
      {words.restore}
    </Menu.Item>
  ) : (
    <Menu.Item color="red" leftSection={<IconUserOff size={16} aria-hidden />} onClick={onSuspend}>
      {words.suspend.ask}
    </Menu.Item>
  );
}
