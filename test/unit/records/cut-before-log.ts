// A disk that was cut between a docking's record and its entry in the log: all parts are durable, the log does not say so, the journal is there.
import { parseDockingRecord, type DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { freshDisk } from '../spool/scenario.ts';
import { liveDockings, type PlannedDocking } from './life.ts';

export interface PartOnDisk {
  readonly record: DockingRecord;
  readonly sha256: string;
}

/** Parts of all records in their place, by their numbers. */
export function partsOn(disk: CrashDisk): PartOnDisk[] {
  return [...disk.tree('/spool/dockings')]
    .filter(([path]) => path.endsWith('/docking.json'))
    .map(([, bytes]) => bytes ?? new Uint8Array(0))
    .map((bytes) => ({ record: parseDockingRecord(bytes), sha256: sha256Hex(bytes) }))
    .sort((a, b) => a.record.part - b.record.part);
}

/** Errors: the docking's life has no such moment. */
export async function cutBeforeLog(planned: PlannedDocking, parts: number): Promise<CrashDisk> {
  const whole = await freshDisk();
  await liveDockings(whole, [planned], () => undefined);
  for (let step = 1; step <= whole.steps; step++) {
    const cut = whole.crash(step, 'nothing');
    const log = [...cut.tree('/spool/custody')]
      .map(([, bytes]) => Buffer.from(bytes ?? []).toString())
      .join('');
    if (partsOn(cut).length === parts && !log.includes('docking-recorded') && log.includes('undocked'))
      return cut;
  }
  throw new Error('no such cut');
}
