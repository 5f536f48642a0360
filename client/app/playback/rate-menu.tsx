import { Menu, UnstyledButton } from "@mantine/core";
import { playback } from "../words/playback.ts";
import { RATES } from "./here.ts";
import s from "./player.module.css";
import { QualityChoice } from "./quality-choice.tsx";
import { useControls, usePlayer } from "./use-player.ts";

/** Slower to learn a part, faster to find one. */
export function RateMenu() {
  const player = useControls();
  const rate = usePlayer((state) => state.rate);
  return (
    <Menu position="top" width={190}>
      <Menu.Target>
        <UnstyledButton
          className={`${s.rate} times`}
          data-changed={rate !== 1 || undefined}
          aria-label={playback.speedLabel(rate)}
        >
          {playback.speedValue(rate)}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{playback.speed}</Menu.Label>
        <Menu.RadioGroup value={String(rate)} onChange={(value) => player.setRate(Number(value))}>
          {RATES.map((each) => (
            <Menu.RadioItem key={each} value={String(each)}>
              {playback.speedValue(each)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <QualityChoice />
      </Menu.Dropdown>
    </Menu>
  );
}
