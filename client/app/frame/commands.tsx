import { Modal } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { commands as words } from "../words/frame.ts";
import s from "./commands.module.css";
import { type Command, useCommands } from "./use-commands.ts";

const OPTIONS_ID = "command-options";
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
const optionId = (index: number): string => `command-${index}`;

/** Everything that has no key of its own, by typing a few letters of it. */
export function Commands({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = useCommands().filter((command) => hasWords(command.label, text));

  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (event.key === "Enter") run(found[active]);
    else if (step) setActive((active + step + found.length) % Math.max(1, found.length));
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={520}
      attributes={{ content: { "aria-label": words.title } }}
      yOffset="12dvh"
      centered={false}
    >
      <input
        className={s.field}
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls={OPTIONS_ID}
        aria-activedescendant={found.length > 0 ? optionId(active) : undefined}
        aria-label={words.title}
        placeholder={words.placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={s.options} id={OPTIONS_ID} role="listbox" aria-label={words.title}>
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field above names it by aria-activedescendant
          <div
            key={command.label}
            id={optionId(index)}
            role="option"
            aria-selected={index === active}
            className={s.option}
            onClick={() => run(command)}
            onPointerMove={() => setActive(index)}
          >
            {command.label}
          </div>
        ))}
      </div>
      {found.length === 0 ? <p className={s.none}>{words.none}</p> : null}
    </Modal>
  );
}

function hasWords(label: string, text: string): boolean {
  const lower = label.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
