// A store's log that is not the one that the station saw: what the log of the station and its ledger say of it, over starts and until it is over.
import { expect, test } from 'vitest';
import { writeAcknowledgement } from '../../../agent/custody/acknowledgement.ts';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { Differences } from '../../../agent/custody/differences.ts';
import { makeRecordingId, type SessionId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { chainsOn, logDisk, openLog } from './custody-scenario.ts';

const vault = 'abcdefghijklmnopqrstuvwxya' as SessionId;
const origin = `bodydock/${vault}/r-a`;
const WORD = '/spool/acknowledged.json';

/** A note of so many leaves; nobody looks at its root and signature here. */
function note(size: number, root = 'A'): string {
  return `${origin}\n${size}\n${root.repeat(43)}=\n\n— ${origin} AAAA\n`;
}

interface Run {
  readonly custody: CustodyLog;
  readonly differences: Differences;
  readonly shown: () => readonly string[];
  readonly levels: string[];
  pass(ms: number): Promise<void>;
  end(): Promise<void>;
}

async function run(disk: CrashDisk, seed: number): Promise<Run> {
  const { custody, clock, conditions, log } = await openLog(disk, seed, {
    ledgerFile: '/spool/ledger.jsonl',
  });
  const levels: string[] = [];
  const differences = new Differences({
    custody,
    spool: { stateOf: () => undefined },
    leavings: { aside: new Set(), find: async () => [], hasLeft: () => false },
    files: disk,
    levels: { put: (level) => void levels.push(level) },
    acknowledgementFile: WORD,
    clock,
    conditions,
    log,
  });
  const ending = new AbortController();
  let running: Promise<void> | undefined;
  return {
    custody,
    differences,
    shown: () => conditions.codes(),
    levels,
    pass: async (ms) => {
      running ??= differences.run(ending.signal);
      for (let passed = 0; passed < ms; passed += 500) await clock.advance(500);
    },
    end: async () => {
      ending.abort();
      await clock.advance(1);
      await running;
      await custody.close();
    },
  };
}

function events(disk: CrashDisk): string[] {
  const wanted = /^(difference|store-log)/;
  const all = [...chainsOn(disk).values()].flat();
  return all.filter(({ event }) => wanted.test(event)).map(({ event }) => event);
}

test('it is entered with both checkpoints, the newer one last, and outlives a start until a person has acknowledged it', async () => {
  const disk = logDisk();
  const first = await run(disk, 1);
  expect(first.differences.isLogForked).toBe(false);
  first.differences.logForked({ vault, notes: [note(7), note(9, 'B')] });
  expect(first.differences.isLogForked, 'at once').toBe(true);
  await first.pass(2000);
  first.differences.logForked({ vault, notes: [note(7), note(9, 'B')] });
  await first.end();
  expect(events(disk)).toEqual(['difference-found', 'store-log', 'store-log']);

  const next = await run(disk, 2);
  expect(next.differences.isLogForked, 'before anything was looked at').toBe(true);
  expect([...next.custody.ledger.logs]).toEqual([[origin, note(9, 'B')]]);
  await next.pass(1000);
  expect(next.shown()).toEqual(['store.log-forked']);
  await writeAcknowledgement(disk, WORD, { reason: 'looked-at', made_at: '2026-12-01T12:00:00.000Z' });
  await next.pass(31_000);
  expect([next.differences.isLogForked, next.shown(), next.levels]).toEqual([false, [], ['level']]);

  next.differences.logForked({ vault, notes: [note(9, 'B'), note(8)] });
  await next.pass(2000);
  expect([next.differences.isLogForked, next.shown()], 'another one').toEqual([true, ['store.log-forked']]);
  await next.end();
  const last = await run(disk, 3);
  expect(last.differences.isLogForked).toBe(true);
  await last.end();
});

test('counts beside as many recordings that are lost as are named', async () => {
  const disk = logDisk();
  const first = await run(disk, 1);
  const random = seededRandom(7);
  await first.pass(1000);
  for (let turn = 0; turn < 50; turn++) {
    first.differences.storeLost(Array.from({ length: 40 }, () => makeRecordingId(random)));
    await first.pass(1000);
  }
  first.differences.logForked({ vault, notes: [note(7), note(9, 'B')] });
  await first.pass(2000);
  expect(first.differences.isLogForked).toBe(true);
  await first.end();
  const next = await run(disk, 2);
  expect([next.custody.ledger.differences.size, next.differences.isLogForked]).toEqual([2001, true]);
  await next.end();
});

test.for([true, false])('a statement that the store was restored ends it; said late: %s', async (isLate) => {
  const disk = logDisk();
  const first = await run(disk, 1);
  first.differences.logForked({ vault, notes: [note(7), note(5)] });
  await first.pass(2000);
  await first.end();
  const next = await run(disk, 2);
  if (isLate) await next.pass(1000);
  next.differences.logRestored();
  expect(next.differences.isLogForked).toBe(false);
  await next.pass(2000);
  expect([next.differences.isLogForked, next.shown(), next.levels]).toEqual([false, [], ['level']]);
  await next.end();
  const last = await run(disk, 3);
  expect(last.differences.isLogForked).toBe(false);
  await last.end();
});

test('a segment that is dropped leaves the newest checkpoint of each origin in the log', async () => {
  const disk = logDisk();
  const first = await run(disk, 1);
  for (const checkpoint of [note(7), note(9)])
    first.custody.append({ event: 'store-log', facts: { checkpoint } });
  await first.end();
  const next = await run(disk, 2);
  const { custody } = next;
  const [oldest] = custody.segments();
  expect(await custody.carry(oldest?.segment as never)).toBe(true);
  const carried = [...chainsOn(disk).values()].flat().filter(({ event }) => event === 'carried');
  expect(carried.map(({ facts }) => facts)).toEqual([{ what: 'store-log', checkpoint: note(9) }]);
  await next.end();
});
