// The witnesses of a running receiver: made soon after the start for what was missed, once a day afterwards, never by a doubtful clock.
import { expect, onTestFinished, test } from 'vitest';
import {
  DailyWitness,
  WITNESS_FIRST_LOOK_MS,
  WITNESS_LOOK_MS,
} from '../../../../agent/receiver/custody/daily-witness.ts';
import type { ClockDoubt } from '../../../../agent/receiver/retention/clock-trust.ts';
import { parseWitness, witnessLine } from '../../../../protocol/custody/witness.ts';
import { MemoryConditions } from '../../../fakes/conditions-memory.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import type { Files } from '../../../../protocol/format/ports.ts';
import { StoppingFiles } from '../../../fakes/files-stopping.ts';
import { vaultDisk, VAULT } from './log-scenario.ts';
import { idOf, makerOn, plantReceipted, WITNESSES, type MakerDeps } from './witness-sample.ts';

const HOUR_MS = 3_600_000;

interface Running {
  readonly deps: MakerDeps;
  readonly conditions: MemoryConditions;
  readonly daily: DailyWitness;
  /** How often the clock was asked about: once for each look that reads the vault. */
  readonly asked: { count: number };
}

function daily(disk: Files, at: string, doubt: () => ClockDoubt | null = () => null): Running {
  const deps = makerOn(disk, 1, at);
  const conditions = new MemoryConditions();
  const asked = { count: 0 };
  const clockDoubt = async (): Promise<ClockDoubt | null> => {
    asked.count++;
    return doubt();
  };
  const running = { deps, conditions, asked, daily: new DailyWitness({ deps, conditions, clockDoubt }) };
  onTestFinished(() => running.daily.stop());
  running.daily.start();
  return running;
}

/** Hours in steps: between two of them what was begun may end. */
async function pass({ deps: { clock } }: Running, hours: number): Promise<void> {
  for (let minutes = 0; minutes < hours * 60; minutes += 2) await clock.advance(2 * 60_000);
}

async function settle({ deps: { clock } }: Running): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await clock.advance(10);
}

const days = (disk: CrashDisk): string[] =>
  [...disk.tree(WITNESSES).keys()]
    .filter((path) => path.endsWith('.json'))
    .map((path) => path.slice(WITNESSES.length + 1, -5));

test('days that were missed get their witnesses soon after the start, and their lines stand in the program’s log', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-23T10:00:00.000Z');
  plantReceipted(disk, 2, '2026-11-25T10:00:00.000Z');
  const running = daily(disk, '2026-11-26T08:00:00.000Z');
  await running.deps.clock.advance(WITNESS_FIRST_LOOK_MS - 1);
  expect(days(disk)).toEqual([]);
  await running.deps.clock.advance(1);
  await settle(running);
  expect(days(disk)).toEqual(['2026-11-23', '2026-11-25']);
  const lines = running.deps.log.lines.flatMap(({ fields }) =>
    fields['line'] === undefined ? [] : [fields['line']],
  );
  expect(lines).toEqual(
    days(disk).map((day) =>
      witnessLine(parseWitness(disk.peek(`${WITNESSES}/${day}.json`) ?? new Uint8Array())),
    ),
  );
});

test('a day gets its witness a quarter of an hour after its end, and the vault is read once for it', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-26T10:00:00.000Z');
  const running = daily(disk, '2026-11-26T22:00:00.000Z');
  await pass(running, 2.2);
  expect([days(disk), running.asked.count]).toEqual([[], 1]);
  await pass(running, 0.3);
  expect(days(disk)).toEqual(['2026-11-26']);
  await pass(running, 22);
  expect(running.asked.count).toBe(2);
});

test('no witness is made while the clock is doubtful: a condition says so until it is made', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  const state: { doubt: ClockDoubt | null } = { doubt: { kind: 'ahead', byMs: 30 * HOUR_MS } };
  const running = daily(disk, '2026-11-26T08:00:00.000Z', () => state.doubt);
  await pass(running, 1);
  expect(days(disk)).toEqual([]);
  expect(running.conditions.facts('witness.missing')).toMatchObject({
    day: '2026-11-25',
    reason: "the store's clock is 30 hours or more ahead of what its log allows",
  });
  state.doubt = null;
  await pass(running, 0.5);
  expect(days(disk)).toEqual(['2026-11-25']);
  expect(running.conditions.isRaised('witness.missing')).toBe(false);
});

test('a witness that cannot be made is a condition, and the next look tries again', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-24T10:00:00.000Z');
  plantReceipted(disk, 2, '2026-11-25T10:00:00.000Z');
  disk.plant(`${WITNESSES}/2026-11-23.json`, 'damaged');
  const running = daily(disk, '2026-11-26T08:00:00.000Z');
  await pass(running, 0.5);
  expect(running.conditions.isRaised('witness.missing')).toBe(true);
  expect(running.asked.count).toBeGreaterThan(1);
  expect(days(disk)).toEqual(['2026-11-23']);
});

test('a stop in the middle ends it, and leaves nothing that waits', async () => {
  const disk = vaultDisk();
  for (let number = 1; number <= 40; number++) plantReceipted(disk, number, '2026-11-25T10:00:00.000Z');
  const stopping = new StoppingFiles(
    disk,
    (operation, path) => operation === 'readAll' && path.endsWith(`${idOf(20)}/receipt.json`),
  );
  const running = daily(stopping.files, '2026-11-26T08:00:00.000Z');
  await running.deps.clock.advance(WITNESS_FIRST_LOOK_MS);
  await stopping.stopped;
  const stopped = running.daily.stop();
  stopping.goOn();
  await stopped;
  expect(running.deps.clock.pending).toBe(0);
  await running.deps.clock.advance(2 * WITNESS_LOOK_MS);
  expect(running.conditions.history).toEqual([]);
  expect(disk.peek(`${VAULT}/kod-1/${idOf(1)}/receipt.json`)).toBeDefined();
});

test('behind a clock that was years ahead and was set right, a day without a witness is made or told', async () => {
  const disk = vaultDisk();
  // The store's clock was wrong from its first start on: its log cannot contradict it.
  plantReceipted(disk, 1, '2030-06-01T10:00:00.000Z');
  const wrong = daily(disk, '2030-06-02T08:00:00.000Z');
  await pass(wrong, 0.5);
  expect(days(disk)).toEqual(['2030-06-01']);
  await wrong.daily.stop();
  // A person set it right and said so: nothing is in doubt any more.
  plantReceipted(disk, 2, '2026-11-25T10:00:00.000Z');
  const right = daily(disk, '2026-11-26T08:00:00.000Z');
  await pass(right, 0.5);
  expect(days(disk).includes('2026-11-25') || right.conditions.isRaised('witness.missing')).toBe(true);
});
