/** Work on many items at once whose outcomes are saved together. */
export interface BatchWork<Item, Outcome> {
  /** Taken from the front; `work` may add to it. */
  readonly queue: Item[];
  /** Asked when the queue is empty; nothing more is there when it answers with nothing. */
  readonly more?: () => Promise<readonly Item[]>;
  /** Its failure ends everything. */
  readonly work: (item: Item) => Promise<Outcome>;
  /** Never runs twice at once. */
  readonly save: (outcomes: readonly Outcome[]) => Promise<void>;
  /** How many may be worked on at the moment. */
  readonly width: () => number;
  /** How much an outcome counts towards a full batch. */
  readonly weigh?: (outcome: Outcome) => number;
  readonly signal: AbortSignal;
}

const SAVE_AFTER_MS = 250;
const FULL_BATCH = 1_000;
/** So far ahead of the saving the work may run. */
const MOST_UNSAVED = 4 * FULL_BATCH;

/** Works through a queue until it is empty; four times a second, or when there is much, it saves. */
export async function workThrough<Item, Outcome>(options: BatchWork<Item, Outcome>): Promise<void> {
  const { queue, work, width, signal } = options;
  const tasks = createTasks();
  const next = createQueue(queue, options.more);
  const unsaved = createUnsaved(options);

  const start = async (item: Item): Promise<void> => {
    unsaved.add(await work(item));
  };
  for (;;) {
    signal.throwIfAborted();
    tasks.throwFailure();
    await next.fill();
    while (!next.isEmpty() && tasks.count() < width() && !unsaved.isMuch()) {
      tasks.follow(start(next.take()));
    }
    const isLast = tasks.count() === 0 && next.isEmpty();
    if (unsaved.isDue(isLast)) tasks.follow(unsaved.save());
    else if (isLast && next.isDone()) return;
    if (tasks.count() > 0) await tasks.change();
  }
}

/** What is under way. The first failure is kept; whoever waits learns of every end. */
function createTasks() {
  const active = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => {};

  return {
    count: () => active.size,
    follow(task: Promise<void>): void {
      const settled = task
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => {
          active.delete(settled);
          wake();
        });
      active.add(settled);
    },
    throwFailure(): void {
      if (failure) throw failure.error;
    },
    async change(): Promise<void> {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, SAVE_AFTER_MS);
      });
      clearTimeout(timer);
    },
  };
}

function createQueue<Item>(queue: Item[], more: BatchWork<Item, unknown>["more"]) {
  let [taken, hasMore] = [0, more !== undefined];
  return {
    isEmpty: () => taken === queue.length,
    isDone: () => taken === queue.length && !hasMore,
    take(): Item {
      const item = queue[taken] as Item;
      taken += 1;
      if (taken >= 1024) taken -= queue.splice(0, taken).length;
      return item;
    },
    async fill(): Promise<void> {
      if (!hasMore || taken < queue.length) return;
      const items = (await more?.()) ?? [];
      queue.push(...items);
      hasMore = items.length > 0;
    },
  };
}

function createUnsaved<Outcome>({
  save,
  weigh = () => 1,
}: Pick<BatchWork<unknown, Outcome>, "save" | "weigh">) {
  let outcomes: Outcome[] = [];
  let [weight, savedAtMs, isSaving] = [0, performance.now(), false];
  return {
    isMuch: () => weight >= MOST_UNSAVED,
    isDue(isLast: boolean): boolean {
      if (outcomes.length === 0 || isSaving) return false;
      return isLast || weight >= FULL_BATCH || performance.now() - savedAtMs >= SAVE_AFTER_MS;
    },
    add(outcome: Outcome): void {
      outcomes.push(outcome);
      weight += weigh(outcome);
    },
    async save(): Promise<void> {
      const batch = outcomes;
      [outcomes, weight, savedAtMs, isSaving] = [[], 0, performance.now(), true];
      await save(batch);
      isSaving = false;
    },
  };
}
