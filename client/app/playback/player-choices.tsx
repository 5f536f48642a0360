import { NativeSelect, SegmentedControl, UnstyledButton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useId } from "react";
import { playback } from "../words/playback.ts";
import { LoopControls } from "./loop-controls.tsx";
import { LEVELLINGS, type Levelling, LONGEST_CROSSFADE_SECONDS } from "./modes.ts";
import s from "./player-menu.module.css";
import { RangeInput } from "./range-input.tsx";
import { SLEEP_MINUTES, type Sleep } from "./sleeping.ts";
import { useControls, useModes } from "./use-player.ts";
import { useSleepLeft } from "./use-sleep-left.ts";

export const PlayerChoices = () => (
  <div className={s.sections}>
    <LoopControls />
    <SleepChoice />
    <SoundChoices />
  </div>
);

const toSleep = (value: string): Sleep | null => {
  if (value === "off") return null;
  if (value === "track" || value === "queue") return { kind: value };
  return { kind: "time", untilMs: Date.now() + Number(value) * 60_000 };
};

const SLEEPS = [
  { value: "off", label: playback.sleep.off },
  ...SLEEP_MINUTES.map((count) => ({
    value: String(count),
    label: playback.sleep.minutes(count),
  })),
  { value: "track", label: playback.sleep.track },
  { value: "queue", label: playback.sleep.queue },
];

function SleepChoice() {
  const player = useControls();
  const sentence = useSleepLeft()?.sentence;
  return (
    <section>
      <NativeSelect
        label={playback.sleep.title}
        // What was chosen is told by what is left of it.
        data={sentence ? [{ value: "on", label: sentence }, ...SLEEPS] : SLEEPS}
        value={sentence ? "on" : "off"}
        rightSection={<IconChevronDown size={16} aria-hidden />}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value !== "on") player.setSleep(toSleep(value));
        }}
      />
      {sentence ? (
        <UnstyledButton className={s.link} onClick={() => player.setSleep(null)}>
          {playback.sleep.cancel}
        </UnstyledButton>
      ) : null}
    </section>
  );
}

function SoundChoices() {
  const player = useControls();
  const { crossfadeSeconds, levelling } = useModes();
  const labelId = useId();
  return (
    <>
      <section>
        <div className={s.line}>
          <span className={s.title}>{playback.crossfade}</span>
          <span className="soft times">{playback.crossfadeValue(crossfadeSeconds)}</span>
        </div>
        <RangeInput
          min={0}
          max={LONGEST_CROSSFADE_SECONDS}
          step={1}
          value={crossfadeSeconds}
          filled={crossfadeSeconds / LONGEST_CROSSFADE_SECONDS}
          aria-label={playback.crossfade}
          aria-valuetext={playback.crossfadeValue(crossfadeSeconds)}
          onChange={(event) =>
            player.setModes({ crossfadeSeconds: Number(event.currentTarget.value) })
          }
        />
      </section>
      <section>
        <div className={s.title} id={labelId}>
          {playback.levelling}
        </div>
        <SegmentedControl
          fullWidth
          aria-labelledby={labelId}
          value={levelling}
          data={LEVELLINGS.map((value) => ({ value, label: playback.levellings[value] }))}
          onChange={(value) => player.setModes({ levelling: value as Levelling })}
        />
      </section>
    </>
  );
}
