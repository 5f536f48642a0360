import { Menu } from "@mantine/core";
import { IconCloudPlus, IconLogout, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { UserEntry, UserRole } from "#contract/auth.ts";
import { MoreMenu } from "../frame/more-menu.tsx";
import { accounts } from "../words/accounts.ts";
import { people as words } from "../words/people.ts";
import { cloudAccountsQuery, cloudQuery } from "./cloud.ts";
import { MakeCloudAccount } from "./make-cloud-account.tsx";
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
  const [isMaking, setIsMaking] = useState(false);
  const [wish, setWish] = useState<UserRole | null>(null);
  const setRole = useSetRole(person);
  const endSessions = useEndSessions(person, isMe);
  return (
    <>
      <MoreMenu label={words.menu(person.name)} width={224}>
        <RoleItems role={person.role} onChoose={isMe ? setWish : setRole} />
        <Menu.Divider />
        <CloudItem person={person} onMake={() => setIsMaking(true)} />
        {person.suspendedAt ? null : (
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={endSessions}>
            {words.signOut}
          </Menu.Item>
        )}
        {isMe ? null : <DoorItem person={person} onSuspend={() => setIsSuspending(true)} />}
      </MoreMenu>
      {isMaking ? <MakeCloudAccount person={person} onClose={() => setIsMaking(false)} /> : null}
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

interface CloudItemProps {
  readonly person: UserEntry;
  readonly onMake: () => void;
}

/** Only where there is a Nextcloud for it, and for whom it can send a link. */
function CloudItem({ person, onMake }: CloudItemProps) {
  const { data: cloud } = useQuery(cloudQuery);
  const { data: made } = useQuery({ ...cloudAccountsQuery, enabled: Boolean(cloud) });
  if (!cloud || !made || made.some(({ userId }) => userId === person.id)) return null;
  return (
    <Menu.Item
      leftSection={<IconCloudPlus size={16} aria-hidden />}
      disabled={!person.isEmailVerified}
      onClick={onMake}
    >
      {accounts.make}
    </Menu.Item>
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
