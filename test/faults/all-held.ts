// What a sweep of powercut.mjs must come to.
import { expect } from 'vitest';
import { pointFailed } from '../fakes/points.ts';
import type { CutReport } from './fault-tools.ts';

/** Errors: a point failed; the first one is told. */
export function expectAllHeld(report: CutReport): void {
  pointFailed(report.failing);
  expect(report.first, JSON.stringify(report)).toBeUndefined();
  expect(report.failing).toBe(0);
}
