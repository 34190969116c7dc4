// Judges a life: what is where, says the independent checker, and what the programs said.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STATION, type DockRig } from '../../fakes/dock-rig.ts';
import type { EvidenceReport } from '../../fakes/evidence-checker.ts';
import type { Program } from '../../fakes/program.ts';
import { CAMERAS, FILES } from './cameras.ts';
import { FAULT } from '../told.ts';
import { isTakenOut, unsentEnds } from './progress.ts';

/** A station that could not wait for the store says so at its end, and its next start sends the rest. */
const UNSIGNED_END = /end of the log not acknowledged by the store/;

/** One sentence for each recording that is nowhere, or was erased without a receipt, at this moment; nobody may be erasing now. */
export async function lossesOf(rig: DockRig): Promise<string[]> {
  return lossesIn(await checked(rig));
}

/** Those of a report of the independent checker. */
export function lossesIn({ problems }: EvidenceReport): string[] {
  return problems.filter((problem) => /^(lost|erased without)/.test(problem));
}

/** One sentence for each rule that is broken after delivery; both programs must have ended. */
export async function problemsOf(rig: DockRig): Promise<string[]> {
  const report = await checked(rig);
  const problems = [...report.problems];
  const expect = (is: number, wanted: number, what: string): void => {
    if (is !== wanted) problems.push(`${is} ${what}, not ${wanted}`);
  };
  expect(report.recordings, FILES.length, 'recordings are in the vault');
  expect(report.onCameras, 0, 'files are on the camera');
  expect(report.dockingsOnlyInSpool, 0, 'docking records are only in the spool');
  expect(await camerasWithRecord(rig), CAMERAS.length, 'cameras have a docking record in the vault');
  if (!UNSIGNED_END.test(lastRunOf(rig.agent)))
    problems.push(...(await unsentEnds(rig)).map((name) => `the end of ${name} is not in the vault`));
  return [...problems, ...faultsOf([rig.agent, rig.receiver])];
}

/** One sentence for each program whose log tells of a fault in it. */
export function faultsOf(programs: readonly Program[]): string[] {
  return programs
    .filter((program) => FAULT.test(program.log()))
    .map(({ logFile }) => `${logFile}: a internal error, exiting`);
}

function lastRunOf(program: Program): string {
  const log = program.log();
  return log.slice(log.lastIndexOf('"station ready"'));
}

async function checked(rig: DockRig): Promise<EvidenceReport> {
  const out: number[] = [];
  for (const number of CAMERAS) if (await isTakenOut(rig, number)) out.push(number);
  return rig.check(out, false);
}

async function camerasWithRecord(rig: DockRig): Promise<number> {
  const cameras = new Set<string>();
  for (const name of await rig.receiptedDockings())
    cameras.add(cameraOf(await readFile(join(rig.vault, STATION, name, 'docking.json'), 'utf8')));
  return cameras.size;
}

function cameraOf(record: string): string {
  return (JSON.parse(record) as { camera: { id: string } }).camera.id;
}
