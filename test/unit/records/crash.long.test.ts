// Power cuts at every step of dockings and their records, in the start that ends what was cut off, and in what follows; and proof that
// careless disk work is caught.
import { describe, expect, test } from 'vitest';
import type { Files } from '../../../protocol/format/ports.ts';
import { carelessFiles, withoutSyncs } from '../../fakes/files-careless.ts';
import { SURVIVALS, type CrashDisk, type Survival } from '../../fakes/files-crash.ts';
import { freshDisk } from '../spool/scenario.ts';
import { startProblems } from './judge.ts';
import { liveDockings, openDockings, plan, type PlannedDocking } from './life.ts';

/** Two recordings, and behind it a docking with nothing. */
const planned = [plan(21, 2, 2), plan(22, 0, 0)];
/** Beside the worst case, what survives changes from step to step; in CI all of it is tried at each. */
const isThorough = process.env['CI'] !== undefined;
const survivalsAt = (step: number): readonly Survival[] =>
  isThorough ? SURVIVALS : ['nothing', SURVIVALS[1 + (step % (SURVIVALS.length - 1))] ?? 1];
const TIMEOUT_MS = 120_000;

/** One recording among so many files that its record has two parts. */
const long = [plan(23, 1, 256)];

async function lived(
  all: readonly PlannedDocking[],
  wrap: (files: Files) => Files = (files) => files,
): Promise<CrashDisk> {
  const disk = await freshDisk();
  await liveDockings(wrap(disk), all, (claim) => disk.claim(claim));
  return disk;
}

/** What is wrong after a cut behind that step, with the cut in words. */
async function cutProblems(
  disk: CrashDisk,
  all: readonly PlannedDocking[],
  step: number,
  survival: Survival,
): Promise<string[]> {
  const found = await startProblems(disk.crash(step, survival), all, disk.claimsAt(step), step % 5 === 0);
  return found.map((problem) => `${disk.stepLabel(step)} (${step}), ${survival} survives: ${problem}`);
}

describe('a power cut', () => {
  test(
    'at any step of a docking leaves it with exactly one record that says what is so',
    { timeout: TIMEOUT_MS },
    async () => {
      const disk = await lived(planned);
      let states = 0;
      for (let step = 0; step <= disk.steps; step++)
        for (const survival of survivalsAt(step)) {
          expect(await cutProblems(disk, planned, step, survival)).toEqual([]);
          states++;
        }
      expect(states).toBeGreaterThan(250);
    },
  );

  test(
    'while a record of two parts is made leaves both parts or neither',
    { timeout: TIMEOUT_MS },
    async () => {
      const disk = await lived(long);
      const labels = Array.from({ length: disk.steps }, (_, at) => disk.stepLabel(at + 1));
      const from = labels.findIndex((label) => label.includes('.record'));
      expect(from).toBeGreaterThan(0);
      for (let step = from; step <= disk.steps; step++)
        for (const survival of survivalsAt(step))
          expect(await cutProblems(disk, long, step, survival)).toEqual([]);
    },
  );

  test(
    'in the start that ends a docking, at any of its steps, still leaves one record',
    { timeout: TIMEOUT_MS },
    async () => {
      const disk = await lived(planned);
      let states = 0;
      for (let step = 0; step <= disk.steps; step += isThorough ? 3 : 11) {
        const first = disk.crash(step, SURVIVALS[step % SURVIVALS.length] ?? 'nothing');
        const opened = await openDockings(first, 50);
        opened.dockings.start();
        await opened.dockings.settle();
        for (let second = 0; second <= first.steps; second++) {
          const survival = SURVIVALS[(step + second) % SURVIVALS.length] ?? 'nothing';
          const found = await startProblems(first.crash(second, survival), planned, disk.claimsAt(step));
          expect(found, `cut ${step} ${disk.stepLabel(step)}, then ${first.stepLabel(second)}`).toEqual([]);
          states++;
        }
        await opened.close();
      }
      expect(states).toBeGreaterThan(100);
    },
  );

  test('leaves a station in which a second start changes no record', async () => {
    const disk = await lived(planned);
    for (let step = 0; step <= disk.steps; step += 7) {
      const after = disk.crash(step, (step % 5) + 1);
      expect(await startProblems(after, planned, disk.claimsAt(step))).toEqual([]);
      const records = [...after.tree('/spool/dockings')];
      expect(await startProblems(after, planned, disk.claimsAt(step))).toEqual([]);
      expect([...after.tree('/spool/dockings')], disk.stepLabel(step)).toEqual(records);
    }
  });
});

function without(pattern: RegExp): (files: Files) => Files {
  return (files) => withoutSyncs(files, pattern);
}

describe('careless disk work is caught', () => {
  test.each([
    ['no sync of files', (files: Files) => carelessFiles(files, 'no-sync')],
    ['no sync of folders', (files: Files) => carelessFiles(files, 'no-folder-sync')],
    ['no sync of the log', (files: Files) => carelessFiles(files, 'no-custody-sync')],
    ['no sync of openings', without(/\.opening/)],
    ['no sync of inventories', without(/\.inventory/)],
    ['no sync of the folder of journals', without(/\/docked$/)],
    ['no sync of the folder of records', without(/\/dockings$/)],
    ['no sync of a record in its making', without(/\.record\//)],
  ] as const)('%s', { timeout: TIMEOUT_MS }, async (_, wrap) => {
    const disk = await lived(planned, wrap);
    const found: string[] = [];
    for (let step = disk.steps; step >= 0 && found.length === 0; step--)
      found.push(...(await cutProblems(disk, planned, step, 'nothing')));
    expect(found.length).toBeGreaterThan(0);
  });
});
