import { expect, test } from 'vitest';
import { DeskList, parseQuestion } from '../../../agent/desk/desk-list.ts';
import type { ListedRecording, VaultList } from '../../../agent/evidence/list/vault-list.ts';
import { parseStationId, type RecordingId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const station = parseStationId('dock-1');
const idOf = (number: number): string =>
  number
    .toString(25)
    .padStart(26, 'a')
    .replaceAll(/[0189]/g, 'z');

function row(number: number): ListedRecording {
  const at = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  return {
    station,
    recording: idOf(number) as RecordingId,
    short: idOf(number).slice(0, 8),
    camera: `cam-${number % 10}`,
    role: 'media',
    made: { from: at, to: at, basis: 'measured' },
    sealedAt: at,
    durationMs: 60_000,
    sizeBytes: 1,
    locked: false,
    unusual: null,
    state: number % 100 === 0 ? 'held' : 'kept',
    until: null,
  };
}
const listOf = (count: number): VaultList => ({
  rows: Array.from({ length: count }, (_, number) => row(number)),
  recordings: count,
  otherFiles: 0,
  unproven: [],
});

function asked(query: string): Exclude<ReturnType<typeof parseQuestion>, string> {
  const question = parseQuestion(new URLSearchParams(query));
  if (typeof question === 'string') throw new Error(question);
  return question;
}

test('100,000 recordings are filtered and listed in under a second', async () => {
  const list = await DeskList.open(async () => listOf(100_000), new ManualClock(), new MemoryLog());
  const began = performance.now();
  const answer = JSON.parse(
    list.answer(asked('camera=cam-0&state=held&from=2026-01-01T01:00:00Z&limit=500')),
  ) as { total: number; recordings: readonly { recording: string }[] };
  expect(performance.now() - began).toBeLessThan(1000);
  expect(answer.total).toBe(964);
  expect(answer.recordings).toHaveLength(500);
  expect(answer.recordings[0]?.recording).toBe(idOf(99_900));
});

test('a vault that takes long to read is not read all the time, and one that cannot be read leaves the older list', async () => {
  const clock = new ManualClock();
  const log = new MemoryLog();
  let reads = 0;
  const read = async (): Promise<VaultList> => {
    if (++reads === 2) throw new Error('the disk is gone');
    await clock.advance(60_000);
    return listOf(reads);
  };
  const total = (list: DeskList): unknown => (JSON.parse(list.answer(asked(''))) as { total: unknown }).total;
  const list = await DeskList.open(read, clock, log);
  await clock.advance(9 * 60_000 - 1);
  expect([total(list), reads]).toEqual([1, 1]);
  await clock.advance(1);
  expect([total(list), reads]).toEqual([1, 2]);
  await clock.advance(60_000);
  expect([total(list), reads]).toEqual([1, 3]);
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  await clock.advance(1);
  expect(total(list)).toBe(3);
});
