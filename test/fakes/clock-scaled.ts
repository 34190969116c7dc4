// The machine's clock with every duration shorter by a factor: for real devices whose deadlines are seconds in the product.
import { nodeClock } from '../../protocol/io/clock-node.ts';
import type { Clock } from '../../protocol/ports.ts';

/** Shape: `factor` of its milliseconds pass in one of the machine's. */
export function scaledClock(factor: number): Clock {
  const clock = nodeClock();
  const startedMs = clock.monotonicMs();
  const wallMs = clock.wallMs();
  const monotonicMs = (): number => (clock.monotonicMs() - startedMs) * factor;
  return {
    wallMs: () => wallMs + monotonicMs(),
    monotonicMs,
    sleep: (ms, signal) => clock.sleep(ms / factor, signal),
    after: (ms, call) => clock.after(ms / factor, call),
  };
}
