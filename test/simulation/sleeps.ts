// Clock.sleep made of Clock.after, for many sleeps that one signal ends: they share one listener, since adding and removing one costs more than
// all else of a sleep.
import type { Clock } from '../../protocol/format/ports.ts';

type End = (reason: Error) => void;

/** Ends of the sleeps that a signal would end, in the order in which they began. */
const asleep = new WeakMap<AbortSignal, Set<End>>();

export function sleeping(after: Clock['after']): Clock['sleep'] {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const ends = endsOf(signal);
      const end: End = (reason) => {
        cancel();
        reject(reason);
      };
      const cancel = after(ms, () => {
        ends.delete(end);
        resolve();
      });
      ends.add(end);
    });
}

function endsOf(signal: AbortSignal): Set<End> {
  let ends = asleep.get(signal);
  if (ends !== undefined) return ends;
  const all = (ends = new Set<End>());
  asleep.set(signal, all);
  signal.addEventListener(
    'abort',
    () => {
      for (const end of all) end(signal.reason as Error);
      all.clear();
    },
    { once: true },
  );
  return all;
}
