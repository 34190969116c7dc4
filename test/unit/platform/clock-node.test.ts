import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { clockContract } from '../../contracts/clock-contract.ts';

describe('the clock of the machine', () => {
  clockContract({ test }, () => {
    const clock = nodeClock();
    return { clock, pass: (ms) => clock.sleep(ms, new AbortController().signal) };
  });

  test('a call that is due in longer than 2^31 ms does not keep the processor busy', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): number => warnings.push(name);
    process.on('warning', onWarning);
    const clock = nodeClock();
    const cancel = clock.after(2 ** 31 + 1000, () => undefined);
    await clock.sleep(5, new AbortController().signal);
    cancel();
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  test('its monotonic time is that of the machine, so that two processes of one boot can be compared', () => {
    assert.ok(Math.abs(nodeClock().monotonicMs() - Number(process.hrtime.bigint()) / 1e6) < 1000);
  });

  test('its wall time is that of the system', () => {
    assert.ok(Math.abs(nodeClock().wallMs() - Date.now()) < 1000);
  });
});
