import { auth } from "../words/auth.ts";
import s from "./gate.module.css";
import { judgePassword } from "./password-strength.ts";

interface StrengthMeterProps {
  readonly password: string;
  readonly personal: readonly string[];
}

/** A hint that never stands in the way: the server decides what it takes. */
export function StrengthMeter({ password, personal }: StrengthMeterProps) {
  const { level, hint } = judgePassword(password, personal);
  const isTyped = password !== "";
  return (
    <div>
      <div className={s.meter} data-level={level} aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} className={s.bar} data-on={(isTyped && level >= bar) || undefined} />
        ))}
      </div>
      <p className={s.hint} aria-live="polite">
        {isTyped ? `${auth.strength.levels[level]}. ${hint}` : auth.setup.passwordHint}
      </p>
    </div>
  );
}
