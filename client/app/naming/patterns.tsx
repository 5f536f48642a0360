import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { NamingPreview } from "#contract/naming.ts";
import { naming as words } from "../words/naming.ts";
import s from "./naming.module.css";

/** As the server takes them. */
const MOST = 4;
const LONGEST = 100;

interface PatternsProps {
  readonly list: "names" | "folders";
  readonly patterns: readonly string[];
  readonly problems: NamingPreview["problems"];
  readonly isReadOnly: boolean;
  readonly onChange: (patterns: string[]) => void;
}

/** Patterns in the order in which they are tried. */
export function Patterns({ list, patterns, problems, isReadOnly, onChange }: PatternsProps) {
  const replace = (index: number, value: string) =>
    onChange(patterns.map((each, at) => (at === index ? value : each)));
  return (
    <section aria-label={words[list]}>
      <h2 className={s.title}>{words[list]}</h2>
      <p className={s.hint}>{list === "names" ? words.namesHint : words.foldersHint}</p>
      <div className={s.patterns}>
        {patterns.map((pattern, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a pattern is what its place says it is
          <div className={s.pattern} key={index}>
            <TextInput
              aria-label={`${words.pattern[list]} ${index + 1}`}
              placeholder={words.examples[list]}
              value={pattern}
              error={problems.find((each) => each.index === index)?.message}
              maxLength={LONGEST}
              autoComplete="off"
              spellCheck={false}
              readOnly={isReadOnly}
              onChange={(event) => replace(index, event.currentTarget.value)}
            />
            {isReadOnly ? null : (
              <ActionIcon
                size={36}
                aria-label={words.remove(pattern)}
                onClick={() => onChange(patterns.filter((_, at) => at !== index))}
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            )}
          </div>
        ))}
      </div>
      {isReadOnly || patterns.length >= MOST ? null : (
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...patterns, ""])}
        >
          {words.add[list]}
        </Button>
      )}
    </section>
  );
}
