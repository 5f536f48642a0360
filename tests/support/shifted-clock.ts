/**
 * Preloaded into a process whose clock is wrong: `CLOCK_AHEAD_MS` is how far it is ahead. Timers run
 * as ever, because they don't ask for the time of day.
 */
const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0);
const RealDate = Date;
const shiftedNow = (): number => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  apply: (target) => new target(shiftedNow()).toString(),
  get: (target, name, receiver) =>
    name === "now" ? shiftedNow : Reflect.get(target, name, receiver),
});
