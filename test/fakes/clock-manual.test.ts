import { describe, test } from 'vitest';
import { clockContract } from '../contracts/clock-contract.ts';
import { ManualClock } from './clock-manual.ts';

describe('the clock that tests move by hand', () => {
  clockContract({ test }, () => {
    const clock = new ManualClock();
    return { clock, pass: (ms) => clock.advance(ms) };
  });
});
