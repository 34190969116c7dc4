// Moves a clock by hand as long as some work lasts that also waits for real sockets and files.
import type { ManualClock } from './clock-manual.ts';
import { pause } from './until.ts';

/** Moves the clock by `stepMs` again and again until the work is over; 0 only lets real I/O happen. */
export async function moved<T>(clock: ManualClock, work: Promise<T>, stepMs: number): Promise<T> {
  const progress = { isOver: false };
  const over = (): void => {
    progress.isOver = true;
  };
  work.then(over, over);
  while (!progress.isOver) {
    await clock.advance(stepMs);
    await pause(1);
  }
  return work;
}
