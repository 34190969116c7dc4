// What a start makes of `dockings/` as it lies on the disk. Takes any state; may itself be cut off at every call and starts again.
//
// Invariants:
// 1. Nothing counts as durable before its folder was synced here: the last process may have been killed between rename and sync.
// 2. A folder with a document that parses, its signature, and its own id as its name is a record. Halves of a receipt in it are removed,
//    unknown files in it and odd folders go to the quarantine. Nothing else is deleted.
// 3. What was read of a record is believed where its signature verified. One that does not at three looks goes to the quarantine, but for what another
//    key signed: that is as whole as it was, and waits for that key.
import { join } from 'node:path';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import { DOCKING_RECORD_TRUSTED_COMMENT } from '../../protocol/documents/docking-record.ts';
import { describeError, DockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { OwnKeys } from '../spool/own-keys.ts';
import { Findings, type RecoveryFinding } from '../spool/findings.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { lookForWhole } from '../platform/look-patiently.ts';
import { sortNames, type FolderNames } from '../spool/folder-names.ts';
import { isSigned } from '../spool/judge.ts';
import {
  DOCKING_NAME,
  DOCKING_SIGNATURE_NAME,
  RECEIPT_NAME,
  RECEIPT_SIGNATURE_NAME,
} from '../spool/layout.ts';
import type { RecordSpool } from './record-spool.ts';
import { factsOfRecord, StoredRecord, type RecordFacts } from './stored-record.ts';

/** Folders looked at at one time. */
const AT_ONCE = 32;
/** Moves to the quarantine in one start: a million odd names must not hold up a station. */
const MOVES_MAX = 1000;

export interface RecordRecoveryDeps {
  readonly files: Files;
  /** Keys that signed our records. */
  readonly stationKeys: readonly PublicKey[];
  readonly spool: RecordSpool;
  readonly log: Log;
}

/** Errors: the system's where the folder cannot be listed or synced; the machine's ("EMFILE" ...). */
export async function recoverRecords(
  deps: RecordRecoveryDeps,
): Promise<{ readonly records: readonly StoredRecord[]; readonly findings: readonly RecoveryFinding[] }> {
  const { files, spool } = deps;
  const { dockings } = spool.layout;
  await files.syncFolder(dockings);
  const recovery = new RecordRecovery(deps, false);
  await recovery.run(await files.list(dockings));
  return { records: recovery.records, findings: recovery.findings.list() };
}

/**
 * The same of folders that were no records until now. Any receipt in them is removed: the store may have been restored since, and gives the same one
 * again. Errors: the machine's.
 */
export async function recoverAgain(
  deps: RecordRecoveryDeps,
  names: readonly RecordingId[],
): Promise<{ readonly records: readonly StoredRecord[]; readonly findings: readonly RecoveryFinding[] }> {
  const recovery = new RecordRecovery(deps, true);
  await recovery.run(names);
  return { records: recovery.records, findings: recovery.findings.list() };
}

/** A folder that is a record. */
interface Judged {
  readonly names: FolderNames;
  readonly facts: RecordFacts;
  readonly isVerified: boolean;
}

class RecordRecovery {
  readonly records: StoredRecord[] = [];
  readonly findings: Findings;
  readonly #deps: RecordRecoveryDeps;
  readonly #ownKeys: OwnKeys;
  readonly #isAgain: boolean;
  #moves = 0;

  constructor(deps: RecordRecoveryDeps, isAgain: boolean) {
    this.#deps = deps;
    this.#isAgain = isAgain;
    this.#ownKeys = new OwnKeys(deps.stationKeys);
    this.findings = new Findings(deps.log);
  }

  async run(names: readonly string[]): Promise<void> {
    const { dockings } = this.#deps.spool.layout;
    await inParallel(names, AT_ONCE, async (name) => {
      try {
        await this.#look(name, join(dockings, name));
      } catch (error) {
        if (isMachineShort(error)) throw error;
        this.findings.add('failed', name, describeError(error));
      }
    });
    if (this.#moves > MOVES_MAX)
      this.findings.add(
        'left',
        dockings,
        `${this.#moves - MOVES_MAX} more odd names: too many for one start`,
      );
  }

  async #look(name: string, path: string): Promise<void> {
    const { spool } = this.#deps;
    if (!isRecordingId(name)) return this.#aside(path, name, 'not a docking record');
    const found = await this.#judge(name, path);
    if (typeof found === 'string') return this.#aside(path, name, found);
    if (!found.isVerified && !this.#ownKeys.isOther(found.facts.keyId))
      return this.#aside(path, name, 'its signature does not verify');
    const receipt = this.#isAgain && found.names.receipted ? [RECEIPT_SIGNATURE_NAME, RECEIPT_NAME] : [];
    const { leftovers, unknown } = found.names;
    const isClean = await this.#clean(path, name, [...receipt, ...leftovers], unknown);
    if (receipt.length > 0 && !isClean) return;
    const receipted = found.names.receipted && !this.#isAgain && (await this.#isSynced(path, name));
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

  async #clean(
    folder: string,
    record: string,
    leftovers: readonly string[],
    unknown: readonly string[],
  ): Promise<boolean> {
    if (leftovers.length === 0 && unknown.length === 0) return true;
    const { files } = this.#deps;
    try {
      for (const name of leftovers) await unlinkIfThere(files, join(folder, name));
      for (const name of unknown)
        await this.#aside(join(folder, name), `${record}.${name}`, 'not a file of a docking record');
      await files.syncFolder(folder);
      return true;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.findings.add('failed', record, describeError(error)); // it is a record all the same
      return false;
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
