import { expect, test } from 'vitest';
import { StorePutBack } from '../../../agent/spool/store-put-back.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

function made(): { putBack: StorePutBack; conditions: MemoryConditions; levels: () => number } {
  const conditions = new MemoryConditions();
  let levels = 0;
  const putBack = new StorePutBack({ conditions, log: new MemoryLog() });
  void (async () => {
    for await (const _ of putBack.levels.read(new AbortController().signal)) levels++;
  })();
  return { putBack, conditions, levels: () => levels };
}

test('a store that has caught up is level only once what it asked for is durably marked', async () => {
  const { putBack, levels } = made();
  let marked: () => void = () => undefined;
  putBack.behind(true);
  putBack.asking(new Promise((resolve) => (marked = resolve)));
  putBack.behind(false);
  expect([putBack.isBehind, levels()]).toEqual([true, 0]);
  marked();
  await settle();
  expect([putBack.isBehind, levels()]).toEqual([false, 1]);
});

test('the condition stands until the store holds the log and everything that it asked for again', () => {
  const { putBack, conditions } = made();
  const [first, second] = [makeRecordingId(seededRandom(1)), makeRecordingId(seededRandom(2))];
  putBack.start([first]);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
  putBack.behind(true);
  putBack.asked(second);
  putBack.over(first);
  putBack.behind(false);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
  putBack.over(second);
  expect(conditions.codes()).toEqual([]);
});

test('as long as the disk takes no mark of what the store asked for, it is behind, and the condition says so', async () => {
  const { putBack, conditions, levels } = made();
  let marked: () => void = () => undefined;
  putBack.behind(true);
  putBack.asking(new Promise((resolve) => (marked = resolve)));
  putBack.unmarked(1);
  putBack.behind(false);
  await settle();
  expect([putBack.isBehind, levels()]).toEqual([true, 0]);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
  putBack.asked(makeRecordingId(seededRandom(1)));
  putBack.unmarked(0);
  marked();
  await settle();
  expect([putBack.isBehind, levels()]).toEqual([false, 1]);
  expect(conditions.facts('store.put-back')).toEqual({ waiting: 1 });
});
