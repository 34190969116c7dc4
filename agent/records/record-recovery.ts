// What a start makes of `dockings/` as it lies on the disk. Takes any state; may itself be cut off at every call and starts again.
//
// Invariants:
// 1. Nothing counts as durable before its folder was synced here: the last process may have been killed between rename and sync.
// 2. A folder with a document that parses, its signature, and its own id as its name is a record. Halves of a receipt in it are removed,
//    unknown files in it and odd folders go to the quarantine. Nothing else is deleted.
// 3. What was read of a record is believed where its signature verified. One that does not stays where it is, has no say in a chain, and is read again
//    before anything is said of it.
// 4. What lies in the quarantine, is whole and verifies is put back where its place in the chain is sure (put-back.ts): a page that was read wrong,
//    or a disk that refused, sent it there, and nobody can make it again.
import { join } from 'node:path';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  parseDockingRecord,
} from '../../protocol/documents/docking-record.ts';
import { describeError, DockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId, type DockingId, type RecordingId } from '../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { InDoubt } from '../spool/in-doubt.ts';
import { Findings, type RecoveryFinding } from '../spool/findings.ts';
import { nameBefore } from '../spool/quarantine.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { lookForWhole } from '../platform/look-patiently.ts';
import { sortNames, type FolderNames } from '../spool/folder-names.ts';
import { isSigned } from '../spool/judge.ts';
import { DOCKING_NAME, DOCKING_SIGNATURE_NAME, MANIFEST_NAME } from '../spool/layout.ts';
import { dockingToPutBack } from './put-back.ts';
import type { RecordSpool } from './record-spool.ts';
import { factsOfRecord, StoredRecord, type RecordFacts } from './stored-record.ts';

/** Folders looked at at one time. */
const AT_ONCE = 32;
/** Moves to the quarantine in one start: a million odd names must not hold up a station. */
const MOVES_MAX = 1000;
/** Things in the quarantine that are looked at for the chains. */
const APART_MAX = 1000;

export interface RecordRecoveryDeps {
  readonly files: Files;
  /** Keys that signed our records. */
  readonly stationKeys: readonly PublicKey[];
  readonly spool: RecordSpool;
  readonly log: Log;
}

/** Records that are whole, facts that verified of those in the quarantine, and what was found odd. */
export interface RecoveredRecords {
  readonly records: readonly StoredRecord[];
  readonly apart: readonly RecordFacts[];
  /** Records by their names that could not be read, or not verified: nobody knows for sure their places in a chain. */
  readonly unread: InDoubt<string>;
  /** Dockings of which a part that is not here may come back: the others wait for it. */
  readonly inParts: ReadonlySet<DockingId>;
  readonly findings: readonly RecoveryFinding[];
}

/** Errors: the system's where the folder cannot be listed or synced; the machine's ("EMFILE" ...). */
export async function recoverRecords(deps: RecordRecoveryDeps): Promise<RecoveredRecords> {
  const recovery = new RecordRecovery(deps);
  await recovery.run();
  const { apart, unread } = await apartFrom(deps);
  const all = new InDoubt([...recovery.unread, ...unread]);
  for (const { recording } of apart) if (!unread.has(recording)) all.delete(recording);
  const { records, findings } = recovery;
  const inParts = withoutPart(records, apart, all);
  return { apart, unread: all, records, inParts, findings: findings.list() };
}

/** Dockings of which a part is not here that may come back: any behind one that is here, and any before it as long as something cannot be read. */
function withoutPart(
  records: readonly StoredRecord[],
  apart: readonly RecordFacts[],
  unread: ReadonlySet<string>,
): Set<DockingId> {
  const here = new Map<DockingId, RecordFacts[]>();
  for (const { facts } of records)
    if (facts.parts > 1) here.set(facts.docking, [...(here.get(facts.docking) ?? []), facts]);
  const lyingApart = new Set(apart.map(({ docking }) => docking));
  const found = new Set<DockingId>();
  for (const [docking, parts] of here) {
    const lowest = Math.min(...parts.map(({ part }) => part));
    const isEnd = parts.length === (parts[0]?.parts ?? 0) - lowest + 1;
    if (!isEnd || (lowest > 1 && (unread.size > 0 || lyingApart.has(docking)))) found.add(docking);
  }
  return found;
}

/** A folder that is a record. */
interface Judged {
  readonly names: FolderNames;
  readonly facts: RecordFacts;
  readonly isVerified: boolean;
}

class RecordRecovery {
  readonly records: StoredRecord[] = [];
  readonly unread = new Set<string>();
  readonly findings: Findings;
  readonly #deps: RecordRecoveryDeps;
  #moves = 0;

  constructor(deps: RecordRecoveryDeps) {
    this.#deps = deps;
    this.findings = new Findings(deps.log);
  }

  async run(): Promise<void> {
    const { files, spool } = this.#deps;
    const { dockings } = spool.layout;
    await files.syncFolder(dockings);
    await inParallel(await files.list(dockings), AT_ONCE, async (name) => {
      try {
        await this.#look(name, join(dockings, name));
      } catch (error) {
        if (isMachineShort(error)) throw error;
        if (isRecordingId(name)) this.unread.add(name);
        this.findings.add('failed', name, describeError(error));
      }
    });
    await this.#putBack();
    if (this.#moves > MOVES_MAX)
      this.findings.add(
        'left',
        dockings,
        `${this.#moves - MOVES_MAX} more odd names: too many for one start`,
      );
  }

  async #putBack(): Promise<void> {
    const { files, spool } = this.#deps;
    const found = new Map<string, RecordFacts>();
    for (const name of asideRecords(spool).slice(-APART_MAX)) {
      const facts = isRecordingId(name) ? await this.#wholeAside(name) : undefined;
      if (facts !== undefined && (await files.stat(join(spool.layout.dockings, name))) === undefined)
        found.set(name, facts);
    }
    for (let here = this.#facts(); found.size > 0; here = this.#facts()) {
      const next = dockingToPutBack(here, [...found.values()]);
      if (next.length === 0) return;
      for (const { recording } of next.toReversed()) {
        found.delete(recording);
        if (!(await this.#giveBack(recording))) return;
      }
    }
  }

  #facts(): RecordFacts[] {
    return this.records.map(({ facts }) => facts);
  }

  async #giveBack(record: RecordingId): Promise<boolean> {
    const { spool } = this.#deps;
    const path = join(spool.layout.dockings, record);
    try {
      await spool.giveBack(record, path);
      this.unread.delete(record);
      this.findings.add('put-back', record, 'it lay in the quarantine, and is whole');
      await this.#look(record, path);
      return true;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.unread.add(record); // it may lie here or there
      this.findings.add('failed', record, describeError(error));
      return false;
    }
  }

  /** Facts of what lies in the quarantine, where it is a whole docking record that verifies. Errors: the machine's. */
  async #wholeAside(name: string): Promise<RecordFacts | undefined> {
    const { files, spool, stationKeys } = this.#deps;
    try {
      const { bytes, facts, isVerified } = await readRecord(
        files,
        join(spool.layout.quarantine, name),
        stationKeys,
      );
      return isVerified && parseDockingRecord(bytes).record === name ? facts : undefined;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return undefined;
    }
  }

  async #look(name: string, path: string): Promise<void> {
    const { spool } = this.#deps;
    if (!isRecordingId(name)) return this.#aside(path, name, 'not a docking record');
    const found = await this.#judge(name, path);
    if (typeof found === 'string') {
      this.unread.add(name);
      return this.#aside(path, name, found);
    }
    if (!found.isVerified) this.unread.add(name);
    await this.#clean(path, name, found.names);
    const receipted = found.names.receipted && (await this.#isSynced(path, name));
    const state = receipted ? 'receipted' : 'spooled';
    this.records.push(new StoredRecord(found.facts, state, spool.layout.dockings));
  }

  /** What a folder holds, or why it is odd. Errors: only the machine's. */
  async #judge(name: string, path: string): Promise<Judged | string> {
    try {
      return await lookForWhole(
        () => this.#lookAt(name, path),
        (found) => typeof found !== 'string' && found.isVerified,
      );
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return error instanceof DockError
        ? describeError(error).slice(0, 512)
        : `unreadable: ${systemCode(error) ?? 'unknown'}`;
    }
  }

  /** Errors: of the documents; the system's. */
  async #lookAt(name: string, path: string): Promise<Judged | string> {
    const { files, stationKeys } = this.#deps;
    const names = sortNames(await files.list(path), [DOCKING_NAME, DOCKING_SIGNATURE_NAME]);
    if (names.missing.length > 0) return `missing ${names.missing.join(', ')}`;
    const { facts, isVerified } = await readRecord(files, path, stationKeys);
    if (facts.recording !== name) return `its document names record ${facts.recording}`;
    return facts.keyId === null ? 'its signature does not parse' : { names, facts, isVerified };
  }

  async #aside(path: string, name: string, reason: string): Promise<void> {
    if (++this.#moves > MOVES_MAX) return;
    const moved = await this.#deps.spool.setAside(path, reason, name);
    if (moved === undefined) this.findings.add('left', name, `${reason}; its name cannot be used`);
    else this.findings.add('quarantined', moved, reason);
  }

  /** A receipt may have been renamed by a process that was killed before its sync. */
  async #isSynced(path: string, record: string): Promise<boolean> {
    try {
      await this.#deps.files.syncFolder(path);
      return true;
    } catch (error) {
      this.findings.add('failed', record, `receipt not synced: ${describeError(error)}`);
      return false;
    }
  }

  async #clean(folder: string, record: string, { leftovers, unknown }: FolderNames): Promise<void> {
    if (leftovers.length === 0 && unknown.length === 0) return;
    const { files } = this.#deps;
    try {
      for (const name of leftovers) await unlinkIfThere(files, join(folder, name));
      for (const name of unknown)
        await this.#aside(join(folder, name), `${record}.${name}`, 'not a file of a docking record');
      await files.syncFolder(folder);
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.findings.add('failed', record, describeError(error)); // it is a record all the same
    }
  }
}

async function readSignature(files: Files, folder: string): Promise<string> {
  const bytes = await files.readAll(join(folder, DOCKING_SIGNATURE_NAME), SIGNATURE_FILE_BYTES_MAX);
  return parseUtf8(bytes) ?? '';
}

/** The document in a folder, and what its signature says. Errors: "document.refused"; the system's. */
export async function readRecord(
  files: Files,
  folder: string,
  stationKeys: readonly PublicKey[],
): Promise<{ bytes: Uint8Array; facts: RecordFacts; isVerified: boolean }> {
  const bytes = await files.readAll(join(folder, DOCKING_NAME), MANIFEST_BYTES_MAX);
  const signature = await readSignature(files, folder);
  const isVerified = isSigned(bytes, signature, DOCKING_RECORD_TRUSTED_COMMENT, stationKeys);
  return { bytes, facts: factsOfRecord(bytes, signature), isVerified };
}

/** Recordings lie there under the same kind of name. */
async function isRecording(files: Files, folder: string): Promise<boolean> {
  const names = await files.list(folder).catch((): string[] => []);
  return !names.includes(DOCKING_NAME) && names.includes(MANIFEST_NAME);
}

/** Names in the quarantine that are records' or recordings', perhaps with a number behind them; what came last is last. */
function asideRecords(spool: RecordSpool): string[] {
  return spool.asideNames.filter((name) => isRecordingId(nameBefore(name)));
}

/** Quarantined records were durable, so a chain that leads through them must not fork. */
async function apartFrom({
  files,
  spool,
  stationKeys,
}: RecordRecoveryDeps): Promise<Pick<RecoveredRecords, 'apart'> & { readonly unread: ReadonlySet<string> }> {
  const { quarantine } = spool.layout;
  const apart: RecordFacts[] = [];
  const names = asideRecords(spool);
  const unread = new Set(names.slice(0, -APART_MAX).map(nameBefore));
  await inParallel(names.slice(-APART_MAX), AT_ONCE, async (name) => {
    const folder = join(quarantine, name);
    try {
      const { facts, isVerified } = await readRecord(files, folder, stationKeys);
      if (isVerified) apart.push(facts);
      else unread.add(nameBefore(name));
    } catch {
      if (!(await isRecording(files, folder))) unread.add(nameBefore(name));
    }
  });
  return { apart, unread };
}
