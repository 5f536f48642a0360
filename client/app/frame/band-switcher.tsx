import { Menu, Skeleton, UnstyledButton } from "@mantine/core";
import { IconCheck, IconSelector } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { frame } from "../words/frame.ts";
import { bandsQuery, useBand } from "./band.ts";
import { Mark } from "./mark.tsx";
import { MenuLink } from "./menu-link.tsx";
import s from "./rail.module.css";

/** Whose library this is; with several bands, the way to another one. */
export function BandSwitcher() {
  const band = useBand();
  const { data: bands = [] } = useQuery(bandsQuery);
  const name = band ? (
    <span className={`${s.bandName} cut`}>{band.name}</span>
  ) : (
    <Skeleton height={12} width={96} />
  );
  if (bands.length < 2) {
    return (
      <div className={s.band}>
        <Mark size={20} />
        {name}
      </div>
    );
  }
  return (
    <Menu position="bottom-start" width={232}>
      <Menu.Target>
        <UnstyledButton className={s.band}>
          <Mark size={20} />
          {name}
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{frame.bands}</Menu.Label>
        {bands.map((each) => (
          <MenuLink
            key={each.id}
            to="/b/$bandId"
            params={{ bandId: each.id }}
            rightSection={each.id === band?.id ? <IconCheck size={16} aria-hidden /> : null}
          >
            {each.name}
          </MenuLink>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
