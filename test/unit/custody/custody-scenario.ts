// What the tests of the custody log share: opening one on a disk that forgets, and reading what lies there as a stranger would.
import { CustodyLog, type CustodyLogOptions } from '../../../agent/custody/custody-log.ts';
import { LedgerPart, Snapshot } from '../../../agent/custody/ledger-file.ts';
import { CHAIN_START, followChain, type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import { makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';

export const FOLDER = '/spool/custody';
export const logKey = makeSecretKey(seededRandom(201));
export const logSigner = fastSigner(logKey);

export interface OpenedLog {
  readonly custody: CustodyLog;
  readonly clock: ManualClock;
  readonly conditions: MemoryConditions;
  readonly log: MemoryLog;
}

/** A disk with the empty folder of a log. */
export function logDisk(): CrashDisk {
  const disk = new CrashDisk();
  disk.plantFolder(FOLDER);
  return disk;
}

export async function openLog(
  files: Files,
  seed: number,
  { ledgerFile, ...options }: Partial<CustodyLogOptions> & { readonly ledgerFile?: string } = {},
): Promise<OpenedLog> {
  const clock = new ManualClock();
  const conditions = new MemoryConditions();
  const log = new MemoryLog();
  const known = { path: ledgerFile ?? '', spool: '', files, clock, log };
  const snapshot = ledgerFile && (await Snapshot.open(known, () => ({ ledger: new LedgerPart() })));
  const custody = await CustodyLog.open({
    ...(snapshot && { snapshot }),
    folder: FOLDER,
    station: 'office-1' as StationId,
    version: '0.1.0',
    files,
    clock,
    random: seededRandom(seed),
    signer: logSigner,
    bootId: null,
    log,
    conditions,
    stationKeys: [publicKeyOf(logKey)],
    ...options,
  });
  return { custody, clock, conditions, log };
}

/** Entries of every segment on the disk, by id. Throws where a chain does not hold or a line is torn. */
export function chainsOn(disk: CrashDisk): Map<string, CustodyEntry[]> {
  const chains = new Map<string, CustodyEntry[]>();
  for (const [path, bytes] of disk.tree(FOLDER)) {
    if (!path.endsWith('.jsonl') || bytes === undefined) continue;
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    if (lines.pop() !== '') throw new Error(`${path} ends in a torn line`);
    let state = CHAIN_START;
    const entries = lines.map((line) => {
      const step = followChain(state, Buffer.from(line, 'latin1'));
      state = step.state;
      return step.entry;
    });
    chains.set(path.slice(FOLDER.length + 1, -'.jsonl'.length), entries);
  }
  return chains;
}

/** All entries of one event on the disk, in no order of segments. */
export function eventsOn(disk: CrashDisk, event: CustodyEntry['event']): CustodyEntry[] {
  return [...chainsOn(disk).values()].flat().filter((entry) => entry.event === event);
}

/** A numbered event for tests. */
export function numbered(number: number): { event: 'docked'; facts: { bay: string; number: number } } {
  return { event: 'docked', facts: { bay: 'bay-1', number } };
}

/** Numbers of all numbered events on the disk. */
export function numbersOn(disk: CrashDisk): number[] {
  return eventsOn(disk, 'docked').map((entry) => Number(entry.facts['number']));
}

/** A segment goes, as CustodyDropping leaves it. */
export async function dropSegment(disk: CrashDisk, segment: string): Promise<void> {
  await disk.unlink(`${FOLDER}/${segment}.jsonl.minisig`);
  await disk.unlink(`${FOLDER}/${segment}.jsonl`);
}
