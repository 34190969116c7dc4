import { expect, test } from 'vitest';
import { StorePutBack } from '../../../agent/spool/store-put-back.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

function made(): { restoredStore: StorePutBack; conditions: MemoryConditions; levels: () => number } {
  const conditions = new MemoryConditions();
  let levels = 0;
  const restoredStore = new StorePutBack({ conditions, log: new MemoryLog() });
  void (async () => {
    for await (const _ of restoredStore.levels.read(new AbortController().signal)) levels++;
  })();
  return { restoredStore, conditions, levels: () => levels };
}

test('a store that has caught up is level only once what it asked for is durably marked', async () => {
  const { restoredStore, levels } = made();
  let marked: () => void = () => undefined;
  restoredStore.behind(true);
  restoredStore.asking(new Promise((resolve) => (marked = resolve)));
  restoredStore.behind(false);
  expect([restoredStore.isBehind, levels()]).toEqual([true, 0]);
  marked();
  await settle();
  expect([restoredStore.isBehind, levels()]).toEqual([false, 1]);
});

test('the condition stands until the store holds the log and everything that it asked for again', () => {
  const { restoredStore, conditions } = made();
  const [first, second] = [makeRecordingId(seededRandom(1)), makeRecordingId(seededRandom(2))];
  restoredStore.start([first]);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
  restoredStore.behind(true);
  restoredStore.asked(second);
  restoredStore.over(first);
  restoredStore.behind(false);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
  restoredStore.over(second);
  expect(conditions.codes()).toEqual([]);
});

test('as long as the disk takes no mark of what the store asked for, it is behind, and the condition says so', async () => {
  const { restoredStore, conditions, levels } = made();
  let marked: () => void = () => undefined;
  restoredStore.behind(true);
  restoredStore.asking(new Promise((resolve) => (marked = resolve)));
  restoredStore.unmarked(1);
  restoredStore.behind(false);
  await settle();
  expect([restoredStore.isBehind, levels()]).toEqual([true, 0]);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
  restoredStore.asked(makeRecordingId(seededRandom(1)));
  restoredStore.unmarked(0);
  marked();
  await settle();
  expect([restoredStore.isBehind, levels()]).toEqual([false, 1]);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
});
