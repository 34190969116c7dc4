// Asks the system whether its clock is synchronised, at most once in a while: each question starts a process.
import type { Clock } from '../../../protocol/format/ports.ts';

/** An answer counts so long. */
const ANSWER_MS = 60_000;

/** The question with a memory. Shape: `ask` gives null where the system does not tell, and never rejects; calls at one time share it. */
export function rememberedAnswer(
  clock: Pick<Clock, 'monotonicMs'>,
  ask: () => Promise<boolean | null>,
): () => Promise<boolean | null> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean | null> = Promise.resolve(null);
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - askedMs >= ANSWER_MS) {
      askedMs = nowMs;
      answer = ask();
    }
    return answer;
  };
}
