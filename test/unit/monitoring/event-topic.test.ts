import { beforeEach, describe, expect, test } from 'vitest';
import { EventTopic } from '../../../agent/monitoring/event-topic.ts';
import { RejectedRecordings } from '../../../agent/monitoring/rejected-recordings.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import type { EventDocument } from '../../../protocol/transfer/monitoring.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const DOCKED: CustodyEvent = { event: 'docked', facts: { bay: 'bay-1', camera: 'cam-1', docking: 'd1' } };
const UNDOCKED: CustodyEvent = { event: 'undocked', facts: { bay: 'bay-1', docking: 'd1' } };
const of = (
  event: CustodyEvent['event'],
  recording: string,
  facts: CustodyEvent['facts'] = {},
): CustodyEvent => ({
  event,
  facts: { recording, ...facts },
});

describe('the topic of events', () => {
  let clock: ManualClock;
  let connected: boolean;
  let said: EventDocument[];
  let events: EventTopic;

  beforeEach(() => {
    clock = new ManualClock();
    connected = true;
    said = [];
    events = new EventTopic({
      topic: 'event',
      session: 'abcdefghijklmnopqrstuvwxye',
      clock,
      log: new MemoryLog(),
      alias: (camera) => `alias of ${camera}`,
      dockedAt: (bay) => (bay === 'bay-1' ? '2026-11-25T07:00:00.000Z' : null),
      isDocument: (id) => id === 'record',
      broker: {
        get connected() {
          return connected;
        },
        publish: async (_topic, payload, options) => {
          expect(options).toEqual({ qos: 0 });
          said.push(JSON.parse(Buffer.from(payload).toString()) as EventDocument);
        },
      },
    });
  });

  test('a docking that goes on with a stay is none, and one behind a start says since when the camera is there', async () => {
    const again: CustodyEvent = { event: 'docked', facts: { ...DOCKED.facts, docking: 'd2', stay: 'd1' } };
    events.entered(UNDOCKED);
    events.entered(again);
    await clock.advance(1000);
    expect(said).toEqual([]);
    events.entered(again);
    await clock.advance(1000);
    expect(said).toMatchObject([{ event: 'docked', docked_at: '2026-11-25T07:00:00.000Z' }]);
    events.entered({ event: 'undocked', facts: { bay: 'bay-1', docking: 'd2' } });
    await clock.advance(1000);
    expect(said[1]).toMatchObject({ event: 'undocked', docked_at: null });
  });

  test('counts what happens within a second, by kind and bay, and names no recording', async () => {
    events.entered(DOCKED);
    for (let at = 0; at < 40; at++) events.entered(of('spooled', `recording-${at}`));
    for (let at = 0; at < 3; at++) events.entered(of('erased', `recording-${at}`, { docking: 'd1' }));
    events.entered(of('seen', 'x'));
    await clock.advance(1000);
    expect(said.map(({ event, bay, camera, count }) => [event, bay, camera, count])).toEqual([
      ['docked', 'bay-1', 'alias of cam-1', 1],
      ['spooled', null, null, 40],
      ['erased', 'bay-1', 'alias of cam-1', 3],
    ]);
    expect(JSON.stringify(said)).not.toContain('recording-');
    events.entered(UNDOCKED);
    await clock.advance(1000);
    expect(said.at(-1)).toMatchObject({ event: 'undocked', camera: 'alias of cam-1', sequence: 4 });
  });

  test('tells of no recording where a docking record got its receipt', async () => {
    events.entered(of('receipted', 'record'));
    await clock.advance(1000);
    expect(said).toEqual([]);
    for (const id of ['record', 'r1']) events.entered(of('receipted', id));
    await clock.advance(1000);
    expect(said).toMatchObject([{ event: 'receipted', count: 1 }]);
  });

  test('says nothing later of what happened while nobody was there', async () => {
    connected = false;
    events.entered(DOCKED);
    await clock.advance(1000);
    connected = true;
    await clock.advance(60_000);
    expect([said, clock.pending]).toEqual([[], 0]);
  });
});

describe('a recording that is kept although it is odd', () => {
  let conditions: MemoryConditions;
  let rejected: RejectedRecordings;
  const pulled = of('pulled', 'r1', { docking: 'd1' });

  beforeEach(() => {
    conditions = new MemoryConditions();
    rejected = new RejectedRecordings(conditions);
    for (const event of [DOCKED, pulled]) rejected.entered(event);
  });

  test.each([
    ['damaged', 'recording.damaged'],
    ['odd-name', 'recording.rejected'],
  ])('%s is told of as %s until the store has it and its camera left, in whatever order', (reason, code) => {
    rejected.entered(of('rejected', 'r1', { reason }));
    expect(conditions.facts(code, 'r1')).toEqual({ bay: 'bay-1', reason });
    rejected.entered(of('receipted', 'r1'));
    expect(conditions.codes()).toEqual([code]);
    rejected.entered(UNDOCKED);
    expect(conditions.codes()).toEqual([]);
    for (const event of [DOCKED, pulled, of('rejected', 'r1', { reason }), UNDOCKED]) rejected.entered(event);
    expect(conditions.codes()).toEqual([code]);
    rejected.entered(of('receipted', 'r1'));
    expect(conditions.codes()).toEqual([]);
  });

  test('is told of no more once it was set aside: no receipt will come for it', () => {
    rejected.entered(of('rejected', 'r1', { reason: 'damaged' }));
    rejected.entered({ event: 'quarantined', facts: { name: 'r2', reason: 'x' } });
    expect(conditions.isRaised('recording.damaged', 'r1')).toBe(true);
    rejected.entered({ event: 'quarantined', facts: { name: 'r1', reason: 'x' } });
    expect(conditions.codes()).toEqual([]);
    rejected.entered(UNDOCKED);
    expect(conditions.codes()).toEqual([]);
  });

  test('is told of where it is damaged, behind however many that are odd in another way', () => {
    for (let number = 0; number < 3000; number++) {
      for (const event of [of('pulled', `odd-${number}`, { docking: 'd1' }), of('spooled', `odd-${number}`)])
        rejected.entered(event);
      rejected.entered(of('rejected', `odd-${number}`, { reason: 'unknown-kind' }));
    }
    rejected.entered(of('rejected', 'r1', { reason: 'damaged' }));
    expect(conditions.facts('recording.damaged', 'r1')).toEqual({ bay: 'bay-1', reason: 'damaged' });
    expect(conditions.codes().length).toBeLessThan(2000);
    rejected.entered(of('receipted', 'r1'));
    rejected.entered(UNDOCKED);
    expect(conditions.isRaised('recording.damaged', 'r1')).toBe(false);
  });

  test('is told of again after a start, until its receipt', () => {
    const again = new RejectedRecordings(conditions);
    again.takeOver([
      { recording: 'r7', state: 'spooled', rejected: { reason: 'damaged' } },
      { recording: 'r8', state: 'receipted', rejected: { reason: 'damaged' } },
      { recording: 'r9', state: 'spooled', rejected: null },
    ]);
    expect(conditions.isRaised('recording.damaged', 'r7')).toBe(true);
    expect(conditions.codes()).toHaveLength(1);
    again.entered(of('receipted', 'r7'));
    expect(conditions.codes()).toEqual([]);
  });
});
