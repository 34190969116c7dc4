// When a bay's folder wakes its docking: once behind a burst of new files, never for what went, and not after its end.
import { expect, test } from 'vitest';
import { FolderWatch } from '../../../agent/bay/folder-watch.ts';
import type { FolderWatching } from '../../../agent/system/folder-changes.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

function watched(): {
  clock: ManualClock;
  tells: FolderWatching;
  woken: () => number;
  stop: () => Promise<void>;
} {
  const clock = new ManualClock();
  let [woken, tells]: [number, FolderWatching | undefined] = [0, undefined];
  const watch = new FolderWatch('/bay', {
    identity: async () => 'one',
    clock,
    watchFolder: (path, watching) => {
      expect(path).toBe('/bay');
      tells = watching;
      return async () => undefined;
    },
    log: new MemoryLog(),
  });
  const stop = watch.changes(() => void woken++);
  if (tells === undefined) throw new Error('nothing is watched');
  return { clock, tells, woken: () => woken, stop };
}

const NEW = { path: '/bay/DCIM/a.mp4', isGone: false };

test('a burst of changes wakes once, when it is over', async () => {
  const { clock, tells, woken } = watched();
  for (let count = 0; count < 5; count++) {
    tells.onChange(NEW);
    await clock.advance(400);
    expect(woken()).toBe(0);
  }
  await clock.advance(100);
  expect(woken()).toBe(1);
});

test('what is erased wakes nobody', async () => {
  const { clock, tells, woken } = watched();
  tells.onChange({ ...NEW, isGone: true });
  await clock.advance(10_000);
  expect(woken()).toBe(0);
});

test('nothing wakes once the watch has ended', async () => {
  const { clock, tells, woken, stop } = watched();
  tells.onChange(NEW);
  await stop();
  await clock.advance(10_000);
  expect(woken()).toBe(0);
  expect(clock.pending).toBe(0);
});
