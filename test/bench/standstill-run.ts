// Sleeps again and again, until SIGTERM, and then prints when it was woken late: with the highest priority, on one processor, that is when nobody
// ran there, or the kernel let nobody in.
import { monotonicMs } from './monotonic.ts';
import type { Span } from './held-up.ts';

const PERIOD_MS = 5;
/** A timer's grain, and this program's own work. */
const LATE_MS = 3;
const SPANS_MAX = 100_000;

const late: Span[] = [];
let isOver = false;

function look(dueMs: number): void {
  const atMs = monotonicMs();
  if (atMs - dueMs > LATE_MS && late.length < SPANS_MAX) late.push([dueMs, atMs]);
  if (isOver) process.stdout.write(JSON.stringify(late));
  else setTimeout(look, PERIOD_MS, monotonicMs() + PERIOD_MS);
}

process.once('SIGTERM', () => {
  isOver = true;
});
look(monotonicMs());
