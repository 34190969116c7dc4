// Whole stations with a serial camera that says what is not so (SER-05, CAM-16, CAM-17): what counts is what its list shows and what the store
// has, and nothing else. The real driver speaks to a simulated camera over a socket in memory.
import { afterEach, expect, test } from 'vitest';
import type { Driver, Place } from '../../drivers/driver.ts';
import type { SmpFaults } from '../../drivers/simulated/smp-camera-line.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { DockAndStore, type DockOptions } from '../fakes/dock-and-store.ts';
import { smpBench, type SmpBench } from '../fakes/smp-subject.ts';
import { pause } from '../fakes/until.ts';

const FILES = {
  'DCIM/A.MP4': patternBytes(30_000),
  'DCIM/B.MP4': patternBytes(20_000, 2),
  'DCIM/B.GPS': patternBytes(300, 3),
};
/** A station that erased again and again would have done so many times by then. */
const LOOP_MS = 1500;

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

/** The bay's folder stands for the serial port. */
function serialDriver({ subject, place }: SmpBench): Driver {
  const there = (asked: Place): Place => (asked.kind === 'folder' ? place : asked);
  return {
    name: subject.driver.name,
    probe: (asked, signal) => subject.driver.probe(there(asked), signal),
    open: (asked, signal) => subject.driver.open(there(asked), signal),
  };
}

async function docked(
  faults: SmpFaults,
  options: DockOptions = {},
): Promise<{ readonly dock: DockAndStore; readonly bench: SmpBench; readonly erasures: () => number }> {
  const bench = smpBench({ faults });
  for (const [name, bytes] of Object.entries(FILES)) bench.files.put(name, bytes);
  let erasures = 0;
  const answer = bench.camera.answer.bind(bench.camera);
  bench.camera.answer = (packet) => {
    if (packet[5] === 66 && packet[7] === 2) erasures++;
    return answer(packet);
  };
  const opened = await DockAndStore.open({ ...options, wrapDriver: () => serialDriver(bench) });
  dock = opened;
  await opened.startReceiver();
  await opened.startStation();
  return { dock: opened, bench, erasures: () => erasures };
}

async function expectAllStored({ dock: opened }: { readonly dock: DockAndStore }): Promise<void> {
  const kept = await opened.vault();
  expect(kept.map(({ path }) => path)).toEqual(Object.keys(FILES).sort());
  for (const { path, original } of kept)
    expect(original.equals(FILES[path as keyof typeof FILES]), path).toBe(true);
}

test('a serial camera is emptied once the store has everything, and shows that it can be taken', async () => {
  const at = await docked({});
  await at.dock.until('emptied', async () => (await at.bench.files.list()).length === 0);
  await at.dock.until('safe', () => at.bench.camera.indicator === 'safe');
  await expectAllStored(at);
  expect(at.erasures()).toBe(3);
});

test('a camera that says by itself again and again that it erased is read whole, and nothing is taken for erased (SER-05)', async () => {
  const at = await docked({ 'says-deleted': 1 }, { release: 'never' });
  await at.dock.until('receipted', () => at.dock.bay()['entries_receipted'] === 3);
  await expectAllStored(at);
  expect(at.dock.bay()).toMatchObject({ entries: 3, entries_erased: 0 });
  expect((await at.bench.files.list()).length).toBe(3);
  expect(at.erasures()).toBe(0);
});

test('a camera that erased everything by itself before it was read is told, and its files are not taken for stored (SER-05)', async () => {
  const at = await docked({ 'erases-itself': 8 });
  await at.dock.until('told', () =>
    at.dock.log.lines.some(({ level }) => level === 'warn' || level === 'error'),
  );
  await pause(LOOP_MS);
  expect(at.dock.bay()['entries_receipted'] ?? 0).toBe(0);
  expect(await at.dock.vault()).toEqual([]);
  expect(at.erasures()).toBe(0);
});

test('files that are still listed behind an erasure count as not erased, once, with a condition (CAM-16)', async () => {
  const at = await docked({ 'erase-keeps': 1000 });
  await at.dock.until('told', () => at.dock.conditions.isRaised('camera.not-erased', 'bay-1'));
  expect(at.dock.conditions.facts('camera.not-erased', 'bay-1')).toEqual({ reason: 'still-listed' });
  await pause(LOOP_MS);
  expect(at.erasures()).toBe(3);
  expect(at.dock.bay()).toMatchObject({ entries: 3, entries_erased: 0, entries_receipted: 3 });
  await expectAllStored(at);
});

test('files that are gone behind an erasure that failed count as erased, once the list shows it (CAM-17)', async () => {
  const at = await docked({ 'erase-errors': 1000 });
  await at.dock.until('erased', () => at.dock.bay()['entries_erased'] === 3);
  const told = at.dock.log.lines.filter(({ message }) => message === 'camera did not confirm the erasure');
  expect(told.map(({ fields }) => fields['reason'])).toEqual(
    Array.from({ length: 3 }, () => expect.stringMatching(/^smp\.error: .*error 1/) as string),
  );
  expect(at.erasures()).toBe(3);
  await expectAllStored(at);
});

test('a serial camera that stays over the end of a day is listed anew, and nothing is read again', async () => {
  const clock = new BelievingClock({ pace: 2, startMs: Date.UTC(2026, 10, 25, 23, 59, 45) });
  const at = await docked({}, { release: 'never', clock });
  await at.dock.until('the next day', async () => (await at.dock.dockings()).length === 1, 40_000);
  await at.dock.until('all is known again', async () => {
    const known = (await at.dock.custody()).filter(({ event }) => event === 'matched');
    return known.length === Object.keys(FILES).length;
  });
  const [first] = await at.dock.dockings();
  expect(first).toMatchObject({ ended: 'continued', inventory: { complete: true, entries: 3 } });
  expect((await at.dock.custody()).filter(({ event }) => event === 'pulled')).toHaveLength(3);
}, 60_000);
