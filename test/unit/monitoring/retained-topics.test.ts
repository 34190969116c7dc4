import { beforeEach, describe, expect, test } from 'vitest';
import { RetainedTopics } from '../../../agent/monitoring/status.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

let clock: ManualClock;
let connected: boolean;
let refuses: boolean;
let said: string[];
let topics: RetainedTopics;
let value: string | undefined;

beforeEach(() => {
  clock = new ManualClock();
  connected = true;
  refuses = false;
  said = [];
  value = '0';
  topics = new RetainedTopics({
    clock,
    log: new MemoryLog(),
    broker: {
      get connected() {
        return connected;
      },
      publish: async (topic, payload, options) => {
        expect(options).toMatchObject({ qos: 1, retain: true });
        if (refuses) throw new Error('refused');
        said.push(`${clock.monotonicMs()} ${topic} ${Buffer.from(payload).toString()}`);
      },
    },
  });
  topics.add({ topic: 'a', document: () => (value === undefined ? undefined : Buffer.from(value)) });
  topics.add({ topic: 'b', document: () => Buffer.from('b') });
});

describe('a retained topic', () => {
  test('is said at most once a second, the first change at once and the last one always', async () => {
    for (let change = 1; change <= 35; change++) {
      value = `${change}`;
      topics.changed('a');
      await clock.advance(100);
    }
    await clock.advance(2000);
    expect(said).toEqual(['0 a 1', '1000 a 10', '2000 a 20', '3000 a 30', '4000 a 35']);
  });

  describe('whose essence changed', () => {
    let essence: string;
    const change = async (to: string, ms: number): Promise<void> => {
      value = `${Number(value) + 1}`;
      essence = to;
      topics.changed('e');
      await clock.advance(ms);
    };
    beforeEach(() => {
      essence = 'empty';
      topics.add({ topic: 'e', document: () => Buffer.from(`${essence} ${value}`), essence: () => essence });
    });

    test('does not keep to the pause, also where a change waits for it that is none of the essence', async () => {
      await change('came', 50);
      await change('came', 50);
      await change('named', 50);
      await change('named', 2000);
      expect(said).toEqual(['0 e came 1', '100 e named 3', '1100 e named 4']);
    });

    test('is said three times in a row, and then once a second', async () => {
      for (let at = 0; at < 40; at++) await change(`${at}`, 100);
      await clock.advance(2000);
      const times = said.map((line) => Number(line.split(' ')[0]));
      expect(times).toEqual([0, 100, 200, 1000, 2000, 3000, 4000]);
      expect(said.at(-1)).toBe('4000 e 39 40');
    });

    test('is said at once, however often what is none of it changed before', async () => {
      for (let at = 0; at < 3; at++) await change(`${at}`, 0);
      for (let at = 0; at < 55; at++) await change('2', 100);
      await change('3', 0);
      expect(said.slice(-3)).toEqual(['4000 e 2 43', '5000 e 2 53', '5500 e 3 59']);
    });

    test('is said three times in a row once more when it rested for three seconds', async () => {
      for (let at = 0; at < 3; at++) await change(`${at}`, 0);
      await clock.advance(3000);
      for (let at = 3; at < 7; at++) await change(`${at}`, 10);
      expect(said.map((line) => Number(line.split(' ')[0]))).toEqual([0, 0, 0, 3000, 3010, 3020]);
    });
  });

  test('with nothing to say is emptied', async () => {
    value = undefined;
    topics.changed('a');
    await clock.advance(0);
    expect(said).toEqual(['0 a ']);
  });

  test('is made while nobody is there, and said at the next connect whether it changed or not', async () => {
    connected = false;
    let made = 0;
    topics.add({ topic: 'c', document: () => Buffer.from(`${++made}`) });
    topics.changed('c');
    await clock.advance(5000);
    expect([said, made]).toEqual([[], 1]);
    connected = true;
    await topics.sayAll();
    expect(said).toEqual(['5000 a 0', '5000 b b', '5000 c 2']);
  });

  test('that the broker refuses ends nothing', async () => {
    refuses = true;
    await topics.sayAll();
    refuses = false;
    topics.changed('a');
    await clock.advance(1000);
    expect(said).toEqual(['1000 a 0']);
  });

  test('that the broker refuses is tried again each minute, until it is taken or the connection ends', async () => {
    refuses = true;
    value = undefined; // a condition went
    topics.changed('a');
    await clock.advance(90_000);
    refuses = false;
    await clock.advance(3_600_000);
    expect(said).toEqual(['120000 a ']);
    refuses = true;
    topics.changed('b');
    await clock.advance(0);
    topics.stop();
    expect(clock.pending).toBe(0);
  });

  test('is said no more by itself once all was stopped', async () => {
    topics.changed('a');
    topics.stop();
    topics.changed('b');
    await clock.advance(5000);
    await settle();
    expect([said, clock.pending]).toEqual([[], 0]);
  });
});
