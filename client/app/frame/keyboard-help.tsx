import { Kbd, Modal } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { singleKeys } from "../settings/preferences.ts";
import { keys } from "../words/frame.ts";
import s from "./keyboard-help.module.css";

type Row = readonly [what: string, ...keys: readonly string[]];

const { rows } = keys;

const GROUPS: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  [
    keys.player,
    [
      [rows.toggle, "Space"],
      [rows.back, "J", "←"],
      [rows.forward, "L", "→"],
      [rows.next, "N"],
      [rows.previous, "P"],
      [rows.mute, "M"],
      [rows.shuffle, "S"],
      [rows.repeat, "R"],
      [rows.loop, "A", "B"],
    ],
  ],
  [
    keys.list,
    [
      [rows.move, "↑", "↓"],
      [rows.jump, "PgUp", "PgDn", "Home", "End"],
      [rows.play, "Enter"],
      [rows.select, "⇧ Space", "⇧ ↑", "⇧ ↓"],
      [rows.selectAll, "Ctrl A", "⌘ A"],
      [rows.details, "I"],
    ],
  ],
  [
    keys.anywhere,
    [
      [rows.search, "/"],
      [rows.commands, "Ctrl K", "⌘ K"],
      [rows.help, "?"],
    ],
  ],
];

export function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  const isOn = useSyncExternalStore(singleKeys.subscribe, singleKeys.get);
  return (
    <Modal opened onClose={onClose} title={keys.title} size={480}>
      {isOn ? null : <p className="soft">{keys.off}</p>}
      {GROUPS.map(([title, group]) => (
        <div key={title} className={s.group}>
          <h3 className={s.title}>{title}</h3>
          <dl className={s.rows}>
            {group.map(([what, ...names]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  {names.map((name) => (
                    <Kbd key={name} size="xs">
                      {name}
                    </Kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </Modal>
  );
}
