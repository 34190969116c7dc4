// What every driver must do when it is asked for the camera's clock and condition: tell the truth or null, and touch nothing else.
import assert from 'node:assert/strict';
import type { CameraSession, CameraTime } from '../../drivers/driver.ts';
import type { ContractRunner } from './runner.ts';
import { hasCode, live, openedWith, patternBytes, type DriverSubject } from './driver-subject.ts';

/** Ten seconds before the clocks of central Europe go forward: the local time that follows does not exist. */
const SET_TO = { utcMs: Date.UTC(2026, 2, 29, 0, 59, 50), localMs: Date.UTC(2026, 2, 29, 1, 59, 50) };
/** A call may take so long on a real camera. */
const CALL_MS = 5000;
const DAY_MS = 86_400_000;
const DATE_MS_MAX = 8.64e15;

function isTime(time: CameraTime): void {
  assert.ok(Math.abs(time.claimedMs) <= DATE_MS_MAX, `${time.claimedMs} is no time`);
  assert.ok(Number.isInteger(time.resolutionMs) && time.resolutionMs >= 1 && time.resolutionMs <= DAY_MS);
  const { zoneMinutes } = time;
  assert.ok(zoneMinutes === null || (Number.isInteger(zoneMinutes) && Math.abs(zoneMinutes) <= 1440));
}

/** Every question about the camera itself. */
const QUESTIONS: readonly ((session: CameraSession, signal: AbortSignal) => Promise<unknown>)[] = [
  (session, signal) => session.readClock(signal),
  (session, signal) => session.setClock(SET_TO, signal),
  (session, signal) => session.condition(signal),
];

/** Clock and condition; `make` gives a fresh camera per test. */
export function clockContract({ test }: ContractRunner, make: () => Promise<DriverSubject>): void {
  test('a clock tells a time and its step, and goes on, or tells nothing at all', async () => {
    const { session } = await openedWith(make, {});
    const first = await session.readClock(live());
    const second = await session.readClock(live());
    assert.equal(first === null, second === null);
    if (first === null || second === null) return;
    isTime(first);
    isTime(second);
    assert.ok(second.claimedMs >= first.claimedMs && second.claimedMs <= first.claimedMs + 2 * CALL_MS);
  });

  test('a clock that was set shows what it was set to; any other shows what it showed', async () => {
    const { session } = await openedWith(make, {});
    const before = await session.readClock(live());
    const setting = await session.setClock(SET_TO, live());
    const after = await session.readClock(live());
    if (before === null || after === null) {
      assert.notEqual(setting, 'set', 'a clock that cannot be read cannot be seen to be set');
      return;
    }
    const meantMs = before.zoneMinutes === null ? SET_TO.localMs : SET_TO.utcMs;
    const expectedMs = setting === 'set' ? meantMs : before.claimedMs;
    assert.ok(
      after.claimedMs > expectedMs - after.resolutionMs,
      `${after.claimedMs} is before ${expectedMs}`,
    );
    assert.ok(after.claimedMs < expectedMs + after.resolutionMs + CALL_MS);
  });

  test('a condition is whole numbers within their bounds, or null', async () => {
    const { session } = await openedWith(make, { a: patternBytes(10) });
    const condition = await session.condition(live());
    if (condition === null) return;
    const { charging, ...numbers } = condition;
    assert.ok(charging === null || typeof charging === 'boolean');
    for (const value of Object.values(numbers)) assert.ok(value === null || Number.isSafeInteger(value));
    assert.ok(
      Object.values(condition).some((value) => value !== null),
      'a condition of nothing is null',
    );
    const { batteryPercent: percent, storageTotalBytes: total, storageFreeBytes: free } = condition;
    assert.ok(percent === null || (percent >= 0 && percent <= 100));
    assert.ok(total === null || total > 0);
    assert.ok(free === null || (free >= 0 && (total === null || free <= total)));
  });

  test('asking for clock and condition, and setting the clock, changes no file', async () => {
    const { session, entry, contents } = await openedWith(make, { 'D/a': patternBytes(100) });
    const listed = await entry('D/a');
    for (const ask of QUESTIONS) await ask(session, live());
    assert.deepEqual(await entry('D/a'), listed);
    assert.ok((await contents()).get('D/a')?.equals(patternBytes(100)));
  });

  test('a camera that left, or was closed, has no clock and no condition', async () => {
    for (const end of ['detach', 'close'] as const) {
      const { session, detach } = await openedWith(make, {});
      await (end === 'detach' ? detach() : session.close());
      for (const ask of QUESTIONS) await assert.rejects(ask(session, live()), hasCode('driver.detached'));
    }
  });

  test('an aborted signal ends questions about the camera with its reason', async () => {
    const { session } = await openedWith(make, {});
    const reason = new Error('stop now');
    for (const ask of QUESTIONS)
      await assert.rejects(ask(session, AbortSignal.abort(reason)), (error) => error === reason);
  });
}
