import type { Take } from "#server/base/socket-front.ts";
import { keyOfText, rangeWithin, readRequestText } from "./request-text.ts";
import type { Begun, Cut, Standing } from "./standing.ts";
import { answerStanding } from "./standing-answer.ts";
import type { StreamLimit } from "./stream-limit.ts";

export interface ShortWayOptions {
  /** By `keyOf`. */
  readonly find: (key: string) => Standing | undefined;
  /** @returns it, if it may be used by this request. */
  readonly use: (standing: Standing | undefined) => Standing | undefined;
  readonly endIfOver: (standing: Standing) => void;
  readonly limit: StreamLimit;
  readonly begun: Begun;
}

export interface ShortWay {
  readonly take: Take;
  forget(standing: Standing): void;
}

/** Requests of standing listeners, as the text that they are, straight to the storage. */
export function createShortWay({ find, use, endIfOver, limit, begun }: ShortWayOptions): ShortWay {
  const texts = new Map<string, Standing>();

  const findByText = (text: string): Standing | undefined => {
    const known = texts.get(text);
    if (known) return known;
    const key = keyOfText(text);
    const standing = key === undefined ? undefined : find(key);
    if (!standing?.plan || standing.text !== undefined) return undefined;
    standing.text = text;
    texts.set(text, standing);
    return standing;
  };

  return {
    take(bytes, turn) {
      const request = readRequestText(bytes);
      const standing = request && use(findByText(request.rest));
      const plan = standing?.plan;
      if (!request || !standing || !plan) return undefined;
      const range = rangeWithin(request.range, plan.sizeBytes);
      const { actor, attached } = standing;
      if (!range || !limit.hasRoom(actor.userId)) return undefined;
      const leave = limit.enter(actor.userId);
      const over = (): void => {
        leave();
        standing.answers.delete(cut);
        endIfOver(standing);
      };
      const answer = answerStanding({
        ...{ plan, range, id: request.id, over, turn },
        begun: () => begun(actor, attached.found, range.start),
      });
      const cut: Cut = () => answer?.cut();
      if (answer) standing.answers.add(cut);
      else leave();
      return answer;
    },
    forget(standing) {
      const { text } = standing;
      if (text !== undefined && texts.get(text) === standing) texts.delete(text);
    },
  };
}
