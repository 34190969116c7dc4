// Every fault of a disk, a kill, a stop and a power cut at every call of station and store, one at a time, over one whole life in a simulated
// world: the other side runs on. Nothing is lost, doubled, claimed too early or erased without a durable receipt, errors are told, all is
// delivered in the end and the log with it, says the independent checker.
import { expect, test } from 'vitest';
import { SIDES } from '../sides.ts';
import { shownFigures, sweepCalls } from './call-sweep.ts';

/** By hand some 18,000 tries of a quarter of a second. */
const TIMEOUT_MS = 3 * 3_600_000;
/** A life makes more calls than this. */
const CALLS = 700;

test.each(SIDES)('no fault at any call of the %s breaks a rule', { timeout: TIMEOUT_MS }, async (side) => {
  const figures = await sweepCalls(side);
  console.log(shownFigures(figures));
  expect(Object.fromEntries(figures.failing)).toEqual({});
  expect(figures.calls).toBeGreaterThan(CALLS);
  // Anybody who names a try looks at one program.
  if (process.env['BODYDOCK_CALL_TRY'] === undefined) expect(figures.tried).toBeGreaterThan(0);
});
