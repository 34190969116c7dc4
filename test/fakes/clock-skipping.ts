// A scaled clock of which hours pass at once.
import { ScaledClock } from './clock-scaled.ts';

/** Its monotonic time is ahead by `skippedMs`, which a test raises. */
export class SkippingClock extends ScaledClock {
  skippedMs = 0;
  override monotonicMs(): number {
    return super.monotonicMs() + this.skippedMs;
  }
}
