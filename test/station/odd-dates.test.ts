// Cameras whose clocks, and files whose dates, are nonsense: everything is taken, the dates are kept as they were claimed.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { CameraTime } from '../../drivers/driver.ts';
import {
  FACTORY_MS,
  SimulatedClock,
  type SettableClock,
  type SimulatedClockWish,
} from '../../drivers/simulated/clock.ts';
import { parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';

/** As a camera claims them; the third one does not exist in Berlin, where the clocks went from two to three. */
const DATES = [
  '1970-01-01T00:00:00.000Z',
  '2099-12-31T23:59:58.000Z',
  '2026-03-29T02:30:00.000Z',
  '0000-01-01T00:00:00.000Z',
  null,
];
const clock = (wish: Partial<SimulatedClockWish>): SettableClock =>
  new SimulatedClock(() => performance.now(), { shownMs: Date.now(), ...wish });
const telling = (time: Partial<CameraTime>): SettableClock => ({
  read: () => ({ claimedMs: Date.now(), zoneMinutes: null, resolutionMs: 1000, ...time }),
  set: () => 'refused',
});
const CLOCKS: readonly (SettableClock | undefined)[] = [
  undefined,
  clock({ shownMs: FACTORY_MS, forgets: true }),
  clock({ shownMs: 0, setting: 'refused' }),
  clock({ shownMs: Date.UTC(2099, 11, 31), zoneMinutes: -720 }),
  telling({ claimedMs: NaN }),
  telling({ claimedMs: 1e300, zoneMinutes: 99_999, resolutionMs: -1 }),
];

let dock: DockAndStore;
afterEach(() => dock.close());

test('cameras in 1970, 2099, at no time at all or without a clock are emptied, every date as it was claimed', async () => {
  const clock = scaledClock(5); // no date here makes a file old: each is looked at twice
  dock = await DockAndStore.open({ cameras: CLOCKS.length, clock, clockSource: new FixedClockSource(true) });
  for (const [number, camera] of dock.cameras.entries()) {
    camera.clock = CLOCKS[number];
    for (const [at, modifiedAt] of DATES.entries())
      camera.put(`${number}-${at}.mp4`, randomBytes(1000), { modifiedAt });
  }
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('all emptied', () => dock.cameras.every((camera) => camera.files().length === 0), 60_000);
  const kept = await dock.vault();
  expect(kept).toHaveLength(CLOCKS.length * DATES.length);
  for (const { path, manifest } of kept)
    expect(manifest.original.modified_at).toBe(DATES[Number(path.slice(2, 3))]);

  // The order is ours: each camera's manifests are a chain in the order of the log, whatever their dates.
  await dock.stopStation();
  const chains = await spooledInOrder();
  for (const [number] of CLOCKS.entries()) {
    const ofCamera = kept.filter(({ path }) => path.startsWith(`${number}-`));
    const order = chains.filter((recording) =>
      ofCamera.some(({ manifest }) => manifest.recording === recording),
    );
    const inChain = ofCamera.toSorted(
      (a, b) => order.indexOf(a.manifest.recording) - order.indexOf(b.manifest.recording),
    );
    const firsts = inChain.map(({ manifest }) => manifest.previous_manifest_sha256 === null);
    expect(firsts).toEqual([true, false, false, false, false]);
    const previous = inChain.slice(1).map(({ manifest }) => manifest.previous_manifest_sha256);
    expect(new Set(previous).size).toBe(DATES.length - 1);
  }
});

/** Recordings in the order of their `spooled` entries. */
async function spooledInOrder(): Promise<unknown[]> {
  const folder = join(dock.folder, 'spool', 'custody');
  const [segment = ''] = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const lines = (await readFile(join(folder, segment), 'utf8')).trimEnd().split('\n');
  const entries = lines.map((line) => parseCustodyEntry(Buffer.from(line)));
  return entries.filter(({ event }) => event === 'spooled').map(({ facts }) => facts['recording']);
}
