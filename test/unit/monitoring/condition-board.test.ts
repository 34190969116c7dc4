import { describe, expect, test } from 'vitest';
import { ConditionBoard } from '../../../agent/monitoring/condition-board.ts';
import { conditionDocument, conditionTopics } from '../../../agent/monitoring/condition-document.ts';
import { RetainedTopics } from '../../../agent/monitoring/status.ts';
import { parseStationId } from '../../../protocol/format/ids.ts';
import { MONITORING_SUBJECTS_MAX } from '../../../protocol/format/limits.ts';
import { conditionSchema } from '../../../protocol/transfer/monitoring.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { conditionsContract } from '../../contracts/conditions-contract.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const SESSION = 'abcdefghijklmnopqrstuvwxye';

function board(): { board: ConditionBoard; clock: ManualClock; told: MemoryConditions; heard: string[] } {
  const clock = new ManualClock();
  const told = new MemoryConditions();
  const made = new ConditionBoard(told, clock);
  const heard: string[] = [];
  made.onShown((code) => heard.push(code));
  return { board: made, clock, told, heard };
}

conditionsContract({ test: (name, run) => test(name, run) }, () => {
  const made = board();
  const codes = ['broker.offline', 'camera.not-erased', 'camera.refused', 'spool.full', 'spool.gone'];
  const standing = (): string[] =>
    codes
      .flatMap((code) => made.board.shown(code)?.standing.map(({ subject }) => `${code} ${subject}`) ?? [])
      .toSorted();
  return { conditions: made.board, standing };
});

describe('the board of conditions', () => {
  test('the log hears at once, monitoring after the delay of the code', async () => {
    const { board: made, clock, told, heard } = board();
    made.raise('camera.not-taken', 'bay-1', { entries: 2 });
    expect(told.isRaised('camera.not-taken', 'bay-1')).toBe(true);
    await clock.advance(59_000);
    expect(made.shown('camera.not-taken')).toBeUndefined();
    await clock.advance(2000);
    expect(made.shown('camera.not-taken')?.standing).toHaveLength(1);
    expect(heard).toEqual(['camera.not-taken']);
  });

  test('what goes before its delay is over is never shown', async () => {
    const { board: made, clock, heard } = board();
    made.raise('camera.not-taken', 'bay-1');
    made.clear('camera.not-taken', 'bay-1');
    await clock.advance(120_000);
    expect(heard).toEqual([]);
  });

  test('a condition is hidden while what explains it is shown, and comes back behind it', () => {
    const { board: made, heard } = board();
    made.raise('spool.low', null);
    made.raise('spool.full', null);
    expect([made.shown('spool.low'), made.shown('spool.full')?.code]).toEqual([undefined, 'spool.full']);
    made.clear('spool.full', null);
    expect(made.shown('spool.low')?.code).toBe('spool.low');
    expect(heard).toEqual(['spool.low', 'spool.full', 'spool.low', 'spool.full', 'spool.low']);
  });

  test('a cause that is itself hidden explains nothing by itself: the one that is shown does', () => {
    const { board: made } = board();
    made.raise('spool.low', null);
    made.raise('spool.full', null);
    made.raise('spool.gone', null);
    expect(['spool.low', 'spool.full', 'spool.gone'].filter((code) => made.shown(code))).toEqual([
      'spool.gone',
    ]);
  });

  test('only what is not done degrades the station, not what somebody should look at', () => {
    const { board: made } = board();
    made.raise('recording.rejected', 'abc', { reason: 'empty' });
    expect([made.degrading, made.count().info]).toEqual([0, 1]);
    made.raise('camera.port', 'bay-1');
    expect([made.degrading, made.count().warning]).toEqual([0, 1]);
    made.raise('release.refused', 'bay-1');
    made.raise('spool.full', null);
    expect([made.degrading, made.count().error, made.count().critical]).toEqual([2, 1, 1]);
  });

  test('facts that change are told again, the same facts are not', () => {
    const { board: made, heard } = board();
    for (const entries of [1, 1, 2]) made.raise('spool.quarantine', null, { entries });
    expect(heard).toHaveLength(2);
    expect(made.shown('spool.quarantine')?.standing[0]?.facts).toEqual({ entries: 2 });
  });

  test('a store that refuses a whole backlog makes one document of bounded size', () => {
    const { board: made } = board();
    for (let at = 0; at < 5000; at++) made.raise('recording.refused', `recording-${at}`, { reason: 'odd' });
    const shown = made.shown('recording.refused');
    const document = conditionDocument(shown ?? never(), SESSION);
    expect(document?.subjects).toHaveLength(MONITORING_SUBJECTS_MAX);
    expect(document?.subjects[0]?.subject).toBe('recording-0');
    expect(document?.subjects_shown).toBe(1024);
    for (let at = 0; at < 5000; at++) made.clear('recording.refused', `recording-${at}`);
    expect(made.shown('recording.refused')).toBeUndefined();
  });

  test('a bug that makes codes without end does not fill the memory', () => {
    const { board: made } = board();
    for (let at = 0; at < 5000; at++) made.raise(`odd.code-${at}`, null);
    expect(Object.values(made.count()).reduce((sum, count) => sum + count)).toBeLessThanOrEqual(256);
  });
});

describe('the document of a condition', () => {
  test('shows the facts that the table names, and of a text only words of our own', () => {
    const { board: made } = board();
    made.raise('camera.not-erased', 'bay-1', {
      reason: 'driver.refused: could not erase DCIM/Meier Hans.MP4',
      path: 'DCIM/Meier.MP4',
      serial: 'X-4711',
    });
    made.raise('camera.not-erased', 'bay-2', { reason: "could not open '/media/meier'" });
    const document = conditionDocument(made.shown('camera.not-erased') ?? never(), SESSION);
    expect(document?.subjects.map(({ facts }) => facts)).toEqual([{ reason: 'driver.refused' }, {}]);
    expect(JSON.stringify(document)).not.toMatch(/meier|4711/i);
    expect(conditionSchema.safeParse(document).success).toBe(true);
  });

  test('a code that could not be a topic is not shown', () => {
    const { board: made } = board();
    made.raise('odd/#', null);
    expect(conditionDocument(made.shown('odd/#') ?? never(), SESSION)).toBeUndefined();
  });
});

test('a connect empties what is not shown, also codes that only an earlier version could show', async () => {
  const { board: made, clock } = board();
  made.raise('spool.full', null);
  const said = new Map<string, number>();
  const publish = (topic: string, payload: Uint8Array): Promise<void> => {
    said.set(topic, payload.length);
    return Promise.resolve();
  };
  const retained = new RetainedTopics({ clock, log: new MemoryLog(), broker: { connected: true, publish } });
  const topics = stationTopics('bodydock', parseStationId('townhall-1'));
  conditionTopics({ board: made, retained, topics, session: SESSION });
  await retained.sayAll();
  expect(said.get(topics.condition('spool.full'))).toBeGreaterThan(0);
  for (const code of ['spool.low', 'store.put-back'])
    expect([code, said.get(topics.condition(code))]).toEqual([code, 0]);
});

function never(): never {
  throw new Error('nothing is shown');
}
