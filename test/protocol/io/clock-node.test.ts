import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { nodeClock } from '../../../protocol/io/clock-node.ts';
import { clockContract } from '../../contracts/clock-contract.ts';

describe('the clock of the machine', () => {
  clockContract({ test }, () => {
    const clock = nodeClock();
    return { clock, pass: (ms) => clock.sleep(ms, new AbortController().signal) };
  });

  test('its wall time is that of the system', () => {
    assert.ok(Math.abs(nodeClock().wallMs() - Date.now()) < 1000);
  });
});
