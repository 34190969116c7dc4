// Power cuts at every step of a life in the spool, in recovery, and in what follows; and proof that careless disk work is caught.
import { describe, expect, test } from 'vitest';
import type { Files } from '../../../protocol/format/ports.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { CARELESS, carelessFiles } from '../../fakes/files-careless.ts';
import { CrashDisk, SURVIVALS, type Survival } from '../../fakes/files-crash.ts';
import { killableFiles } from '../../fakes/files-killable.ts';
import { cast, liveLife, openCustody, problems, unlogged } from './life.ts';
import { freshDisk, openSpool } from './scenario.ts';

const recordings = cast(4, 11);

async function lived(wrap: (files: Files) => Files = (files) => files): Promise<CrashDisk> {
  const disk = await freshDisk();
  await liveLife(wrap(disk), recordings, (recording, claim) => disk.claim(`${recording} ${claim}`));
  return disk;
}

/** What is wrong after a start on this disk, and after the start behind it. */
async function startProblems(disk: CrashDisk, claims: readonly string[], verify = false): Promise<string[]> {
  const opened = await openSpool(disk);
  const conditions = new MemoryConditions();
  const custody = await openCustody(disk, 50, { verify, conditions });
  const found = [
    ...(await problems(disk, opened, recordings, claims)),
    ...(await unlogged(custody, recordings, claims)),
  ];
  await opened.spool.close();
  await custody.close();
  if (conditions.codes().length > 0) found.push(`the log raised ${conditions.codes().join(', ')}`);
  if (disk.openFiles > 0) found.push(`${disk.openFiles} files are still open`);
  return found;
}

interface Failure {
  readonly step: number;
  readonly label: string;
  readonly survival: Survival;
  readonly found: readonly string[];
}

/** Cuts behind every step with every survival; returns what was found wrong, and stops when that is enough. */
async function everyCut(
  disk: CrashDisk,
  survivals: readonly Survival[],
  failuresMax = 3,
): Promise<{ states: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  let states = 0;
  for (let step = 0; step <= disk.steps && failures.length < failuresMax; step++) {
    for (const survival of survivals) {
      states++;
      const found = await startProblems(disk.crash(step, survival), disk.claimsAt(step), states % 7 === 0);
      if (found.length > 0) failures.push({ step, label: disk.stepLabel(step), survival, found });
    }
  }
  return { states, failures };
}

describe('a power cut', () => {
  test('behind any step of a life, whatever of the pending changes survives, breaks no claim', async () => {
    const disk = await lived();
    const { states, failures } = await everyCut(disk, SURVIVALS);
    expect(failures).toEqual([]);
    expect(states).toBeGreaterThan(600);
  });

  test('while a first spool is made leaves something that the next start takes', async () => {
    const disk = new CrashDisk();
    disk.plantFolder('/spool');
    const made = await openSpool(disk, { reserveBytes: 3000 });
    await settle(20);
    await made.spool.close();
    expect(disk.peek('/spool/reserve')?.length).toBe(3000);
    for (let step = 0; step <= disk.steps; step++)
      for (const survival of SURVIVALS) {
        const after = disk.crash(step, survival);
        const { spool, findings } = await openSpool(after, { reserveBytes: 3000 });
        await settle(20);
        await spool.close();
        expect(findings.filter(({ kind }) => kind !== 'new-spool')).toEqual([]);
        expect(after.peek('/spool/reserve')?.length).toBe(3000);
      }
  });

  test('in the recovery, at any of its steps, breaks no claim either', async () => {
    const disk = await lived();
    let states = 0;
    for (let step = 0; step <= disk.steps; step += 4) {
      const survival = SURVIVALS[step % SURVIVALS.length] ?? 'nothing';
      const first = disk.crash(step, survival);
      const opened = await openSpool(first);
      const custody = await openCustody(first, 50);
      for (let second = 0; second <= first.steps; second++) {
        const again = SURVIVALS[(step + second) % SURVIVALS.length] ?? 'nothing';
        const found = await startProblems(first.crash(second, again), disk.claimsAt(step), second % 4 === 0);
        states++;
        expect(
          found,
          `cut ${step} ${disk.stepLabel(step)} ${survival}, then ${first.stepLabel(second)} ${again}`,
        ).toEqual([]);
      }
      await opened.spool.close();
      await custody.close();
    }
    expect(states).toBeGreaterThan(200);
  });

  test('leaves a spool in which a second start finds nothing more to do', async () => {
    const disk = await lived();
    for (let step = 0; step <= disk.steps; step += 3) {
      const after = disk.crash(step, (step % 5) + 1);
      await (await openSpool(after)).spool.close();
      const again = await openSpool(after);
      expect(again.findings, disk.stepLabel(step)).toEqual([]);
      await again.spool.close();
    }
  });
});

/** Kills the process of a life at that step, lets the next one start, cuts the power, and starts again. */
async function killedAt(step: number, next: (files: Files) => Files): Promise<string[]> {
  const disk = await freshDisk();
  const files = killableFiles(disk, () => disk.steps >= step);
  void liveLife(files, recordings, (recording, claim) => disk.claim(`${recording} ${claim}`));
  for (let turns = 0; disk.steps < step && turns < 1000; turns++) await settle(1);
  const { spool } = await openSpool(next(disk));
  const custody = await openCustody(next(disk), 60);
  for (const { recording } of recordings) {
    const state = spool.stateOf(recording);
    if (state !== undefined) disk.claim(`${recording} ${state}`);
  }
  const head = custody.head();
  const after = disk.crash(disk.steps, 'nothing');
  const found = await startProblems(after, disk.claimsAt(disk.steps));
  const again = await openCustody(after, 61);
  if (head !== null && (await again.entrySha256(head.segment, head.sequence)) !== head.sha256)
    found.push('the head of the log is gone');
  return found;
}

describe('a killed process', () => {
  test('leaves only what the next one may rely on: a cut behind its start takes nothing that it showed', async () => {
    const { steps } = await lived();
    for (let step = 1; step <= steps; step++)
      expect(await killedAt(step, (files) => files), `step ${step}`).toEqual([]);
  });

  test('is told from a durable one: a start that does not sync first is caught', async () => {
    const { steps } = await lived();
    const found: string[] = [];
    for (let step = 1; step <= steps && found.length === 0; step++)
      found.push(...(await killedAt(step, (files) => carelessFiles(files, 'no-ready-sync'))));
    expect(found.length).toBeGreaterThan(0);
  });
});

describe('careless disk work is caught', () => {
  for (const how of CARELESS)
    test(how, async () => {
      const disk = await lived((files) => carelessFiles(files, how));
      const { failures } = await everyCut(disk, ['nothing', 1], 1);
      expect(failures.length).toBeGreaterThan(0);
    });

  test('claims before durability', async () => {
    const disk = await freshDisk();
    await liveLife(disk, recordings, () => undefined);
    for (const { recording } of recordings.slice(0, 2)) disk.claim(`${recording} spooled`);
    const early = disk.claimsAt(disk.steps);
    const found = await startProblems(disk.crash(5, 'nothing'), early);
    expect(found.length).toBeGreaterThan(0);
  });
});
