// Shared syncs and the small helpers of order: who waits for what.
import { expect, test } from 'vitest';
import { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { inParallel } from '../../../agent/platform/in-parallel.ts';
import { KeyedMutex } from '../../../protocol/format/keyed-mutex.ts';
import { settle } from '../../fakes/clock-manual.ts';

interface Call {
  readonly folder: string;
  readonly end: (error?: Error) => void;
}

function controlled(): { syncs: FolderSyncs; calls: Call[] } {
  const calls: Call[] = [];
  const syncFolder = (folder: string): Promise<void> =>
    new Promise((resolve, reject) => {
      calls.push({ folder, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { syncs: new FolderSyncs({ syncFolder }), calls };
}

test('whoever comes while a sync runs waits for the next one, and all of them share it', async () => {
  const { syncs, calls } = controlled();
  const done: string[] = [];
  void syncs.sync('/a').then(() => done.push('first'));
  for (const name of ['second', 'third']) void syncs.sync('/a').then(() => done.push(name));
  void syncs.sync('/b').then(() => done.push('other'));
  expect(calls.map(({ folder }) => folder)).toEqual(['/a', '/b']);
  calls[0]?.end();
  await settle();
  expect(done).toEqual(['first']);
  expect(calls.map(({ folder }) => folder)).toEqual(['/a', '/b', '/a']);
  void syncs.sync('/a').then(() => done.push('fourth'));
  calls[2]?.end();
  calls[1]?.end();
  await settle();
  expect(done.toSorted()).toEqual(['first', 'other', 'second', 'third']);
  expect(calls).toHaveLength(4);
  calls[3]?.end();
  await settle();
  expect(done.at(-1)).toBe('fourth');
});

test('a failed sync fails those who shared it and nobody behind them', async () => {
  const { syncs, calls } = controlled();
  const outcomes = Promise.allSettled([syncs.sync('/a'), syncs.sync('/a')]);
  calls[0]?.end(new Error('EIO'));
  await settle();
  calls[1]?.end();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  void syncs.sync('/a');
  expect(calls).toHaveLength(3);
});

test('turns of one key follow each other, also behind a failed one, and those of others do not wait', async () => {
  const turns = new KeyedMutex<string>();
  const seen: string[] = [];
  const step = (name: string, error?: Error) => async (): Promise<void> => {
    seen.push(`${name} starts`);
    await settle(1);
    seen.push(`${name} ends`);
    if (error !== undefined) throw error;
  };
  const first = turns.run('a', step('a1', new Error('no')));
  const all = [turns.run('a', step('a2')), turns.run('b', step('b1'))];
  await expect(first).rejects.toThrow('no');
  await Promise.all(all);
  await turns.idle();
  expect(seen.indexOf('a2 starts')).toBeGreaterThan(seen.indexOf('a1 ends'));
  expect(seen.indexOf('b1 starts')).toBeLessThan(seen.indexOf('a1 ends'));
});

test('no more steps than allowed run at one time, and none starts behind a failed one', async () => {
  let running = 0;
  let most = 0;
  const items = Array.from({ length: 50 }, (_, at) => at);
  const seen: number[] = [];
  const step = async (item: number): Promise<void> => {
    seen.push(item);
    most = Math.max(most, ++running);
    await settle(1);
    running--;
    if (item === 30) throw new Error('no');
  };
  await expect(inParallel(items, 4, step)).rejects.toThrow('no');
  expect(most).toBe(4);
  expect(running).toBe(0);
  expect(seen.length).toBeLessThan(36);
  await inParallel([], 4, step);
});
