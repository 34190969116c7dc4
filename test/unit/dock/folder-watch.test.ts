// When a bay's folder wakes its docking: once behind a burst of new files, never for what went, and not after its end. And when it is seen
// that the folder is there.
import { lstat, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderWatch } from '../../../agent/dock/folder-watch.ts';
import { watchFolder } from '../../../agent/platform/folder-changes-chokidar.ts';
import type { Vacancy } from '../../../agent/platform/folder-identity.ts';
import type { TreeWatching, WatchFolder } from '../../../agent/platform/folder-changes.ts';
import { pinoLog } from '../../../agent/platform/log-pino.ts';
import type { Log } from '../../../protocol/format/ports.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { pause, until } from '../../fakes/until.ts';

function watched(log: Log = new MemoryLog()): {
  clock: ManualClock;
  tells: TreeWatching;
  woken: () => number;
  stop: () => Promise<void>;
} {
  const clock = new ManualClock();
  let [woken, tells]: [number, TreeWatching | undefined] = [0, undefined];
  const watch = new FolderWatch('/bay', {
    identity: async () => 'one',
    vacancy: async () => 'none',
    onStray: () => undefined,
    clock,
    watchFolder: () => async () => undefined,
    watchTree: (path, watching) => {
      expect(path).toBe('/bay');
      tells = watching;
      return async () => undefined;
    },
    log,
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

test('a folder that cannot be watched is told without its name, which may be one of a person', async () => {
  const lines: string[] = [];
  const { tells } = watched(pinoLog({ level: 'debug', destination: { write: (line) => lines.push(line) } }));
  const failure: unknown = await lstat('/bay/DCIM/Officer-Jane-Doe').catch((error: unknown) => error);
  tells.onError(failure);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('lstat failed with ENOENT');
  expect(lines[0]).not.toContain('Jane');
});

describe('the arrival of a folder', () => {
  let parent = '';
  let clock: ManualClock;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'bodydock-arrival-'));
    clock = new ManualClock();
  });
  afterEach(() => rm(parent, { recursive: true }));

  const identity = (path: string): Promise<string | undefined> =>
    stat(path).then(
      ({ ino }) => `${ino}`,
      () => undefined,
    );

  /** A watch over the folder `bay`, and how many watches of the system it holds. */
  function arriving(watchFolder: WatchFolder): {
    watch: FolderWatch;
    held: () => number;
  } {
    let held = 0;
    const counted: WatchFolder = (path, watching) => {
      held++;
      const stop = watchFolder(path, watching);
      return async () => {
        held--;
        await stop();
      };
    };
    const watchTree = () => async (): Promise<void> => undefined;
    const deps = {
      identity,
      vacancy: async () => 'none' as const,
      onStray: () => undefined,
      clock,
      watchFolder: counted,
      watchTree,
      log: new MemoryLog(),
    };
    return { watch: new FolderWatch(join(parent, 'bay'), deps), held: () => held };
  }

  async function appear(): Promise<void> {
    await mkdir(join(parent, 'drawer'));
    await rename(join(parent, 'drawer'), join(parent, 'bay'));
  }

  test('is seen when it happens, not at the next look', async () => {
    const { watch, held } = arriving(watchFolder);
    const arrival = watch.arrival(new AbortController().signal);
    const seen = { told: false };
    void arrival.then(() => (seen.told = true));
    await until('the watch to begin', 5000, () => held() === 1);
    await mkdir(join(parent, 'drawer'));
    // No event says from when on the system watches: it is taken out and put in until it does.
    await until('the arrival to be told', 20_000, async () => {
      await rename(join(parent, 'drawer'), join(parent, 'bay'));
      for (let looks = 0; looks < 50 && !seen.told; looks++) await pause(10);
      if (!seen.told) await rename(join(parent, 'bay'), join(parent, 'drawer'));
      return seen.told;
    });
    expect(await arrival).toBe(await identity(join(parent, 'bay')));
    expect(held()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('is seen at the next look where the system tells nothing', async () => {
    const { watch, held } = arriving(() => async () => undefined);
    const arrival = watch.arrival(new AbortController().signal);
    await until('the wait to begin', 5000, () => held() === 1 && clock.pending === 1);
    await appear();
    await clock.advance(500);
    expect(await arrival).toBe(await identity(join(parent, 'bay')));
    expect(held()).toBe(0);
  });

  test('is not waited for behind the end', async () => {
    const { watch, held } = arriving(watchFolder);
    const ending = new AbortController();
    const arrival = watch.arrival(ending.signal);
    await until('the watch to begin', 5000, () => held() === 1);
    ending.abort(new Error('the end'));
    await expect(arrival).rejects.toThrow('the end');
    expect(held()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('is told at once where it lies there already, and nothing is watched', async () => {
    await appear();
    const { watch } = arriving(() => {
      throw new Error('watched');
    });
    expect(await watch.arrival(new AbortController().signal)).toBe(await identity(join(parent, 'bay')));
  });
});

describe('a mount point', () => {
  function place() {
    const now: { folder: string | undefined; vacancy: Vacancy } = { folder: 'mount point', vacancy: 'empty' };
    const strays: boolean[] = [];
    const watch = new FolderWatch('/bay', {
      identity: async () => now.folder,
      vacancy: async () => now.vacancy,
      onStray: (isStray) => strays.push(isStray),
      clock: new ManualClock(),
      watchFolder: () => async () => undefined,
      watchTree: () => async () => undefined,
      log: new MemoryLog(),
    });
    return { watch, now, strays };
  }

  test('is no camera where nothing is mounted at it, before and after each stay of a card', async () => {
    const { watch, now, strays } = place();
    for (const card of ['card', 'card', 'another card']) {
      expect(await watch.present()).toBeUndefined();
      Object.assign(now, { folder: card, vacancy: 'none' });
      expect(await watch.present()).toBe(card);
      Object.assign(now, { folder: 'mount point', vacancy: 'empty' });
    }
    expect(await watch.present()).toBeUndefined();
    expect(strays).toEqual([]);
  });

  test('is none either with stray files in it, which is told once, until they are gone or a card is mounted', async () => {
    const { watch, now, strays } = place();
    now.vacancy = 'stray';
    for (let looks = 0; looks < 3; looks++) expect(await watch.present()).toBeUndefined();
    expect(strays).toEqual([true]);
    Object.assign(now, { folder: 'card', vacancy: 'none' });
    expect(await watch.present()).toBe('card');
    expect(strays).toEqual([true, false]);
    Object.assign(now, { folder: 'mount point', vacancy: 'stray' });
    expect(await watch.present()).toBeUndefined();
    now.folder = undefined;
    expect(await watch.present()).toBeUndefined();
    expect(strays).toEqual([true, false, true, false]);
  });

  test('is not looked for in a folder that is a camera already, until it goes', async () => {
    const { watch, now } = place();
    Object.assign(now, { folder: 'plain', vacancy: 'none' });
    expect(await watch.present()).toBe('plain');
    now.vacancy = 'empty';
    expect(await watch.present()).toBe('plain');
    now.folder = undefined;
    expect(await watch.present()).toBeUndefined();
    now.folder = 'plain';
    expect(await watch.present()).toBeUndefined();
  });
});
