import s from "./pulse.module.css";

/** Three small bars that move while work goes on. */
export const Pulse = () => (
  <span className={s.pulse} aria-hidden="true">
    <span />
    <span />
    <span />
  </span>
);
