// What a start makes of a folder of documents (document-store.ts), such as `dockings/`, as it lies on the disk. Takes any state; may itself be cut off at every call and starts again.
//
// Invariants:
// 1. Nothing counts as durable before its folder was synced here: the last process may have been killed between rename and sync.
// 2. A folder with a document that parses, its signature, and its own id as its name is an item. Halves of a receipt in it are removed,
//    unknown files in it and odd folders go to the quarantine. Nothing else is deleted.
// 3. What was read of one is believed where its signature verified. One that does not at three looks goes to the quarantine, but for what another
//    key signed: that is as whole as it was, and waits for that key.
import { join } from 'node:path';
import { itemDocument } from '../../protocol/documents/item-documents.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, DockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { SIGNATURE_SUFFIX } from '../../protocol/format/file-names.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { lookForWhole } from '../platform/look-patiently.ts';
import type { DocumentSpool, DocumentType, StoredDocument } from './document-store.ts';
import { Findings, type RecoveryFinding } from './findings.ts';
import { isSigned } from './judge.ts';
import { type FolderNames, RECEIPT_NAME, RECEIPT_SIGNATURE_NAME, sortNames } from './layout.ts';
import { OwnKeys } from './own-keys.ts';

/** Folders looked at at one time. */
const AT_ONCE = 32;
/** Moves to the quarantine in one start: a million odd names must not hold up a station. */
const MOVES_MAX = 1000;

export interface DocumentRecoveryDeps {
  readonly files: Files;
  /** Keys that signed our documents. */
  readonly stationKeys: readonly PublicKey[];
  readonly spool: DocumentSpool;
  readonly log: Log;
}

/** Errors: the system's where the folder cannot be listed or synced; the machine's ("EMFILE" ...). */
export async function recoverDocuments<Item extends StoredDocument>(
  type: DocumentType<Item>,
  deps: DocumentRecoveryDeps,
): Promise<{ readonly items: readonly Item[]; readonly findings: readonly RecoveryFinding[] }> {
  const { files } = deps;
  await files.syncFolder(type.folder);
  const recovery = new DocumentRecovery(type, deps, false);
  await recovery.run(await files.list(type.folder));
  return { items: recovery.items, findings: recovery.findings.list() };
}

/**
 * The same of folders that were no items until now. Any receipt in them is removed: the store may have been restored since, and gives the same one
 * again. Errors: the machine's.
 */
export async function recoverAgain<Item extends StoredDocument>(
  type: DocumentType<Item>,
  deps: DocumentRecoveryDeps,
  names: readonly RecordingId[],
): Promise<{ readonly items: readonly Item[]; readonly findings: readonly RecoveryFinding[] }> {
  const recovery = new DocumentRecovery(type, deps, true);
  await recovery.run(names);
  return { items: recovery.items, findings: recovery.findings.list() };
}

/** A folder that is an item. */
interface Judged<Item> {
  readonly names: FolderNames;
  readonly item: Item;
  readonly isVerified: boolean;
}

class DocumentRecovery<Item extends StoredDocument> {
  readonly items: Item[] = [];
  readonly findings: Findings;
  readonly #type: DocumentType<Item>;
  readonly #deps: DocumentRecoveryDeps;
  readonly #ownKeys: OwnKeys;
  readonly #isAgain: boolean;
  #moves = 0;

  constructor(type: DocumentType<Item>, deps: DocumentRecoveryDeps, isAgain: boolean) {
    this.#type = type;
    this.#deps = deps;
    this.#isAgain = isAgain;
    this.#ownKeys = new OwnKeys(deps.stationKeys);
    this.findings = new Findings(deps.log);
  }

  async run(names: readonly string[]): Promise<void> {
    const { folder } = this.#type;
    await inParallel(names, AT_ONCE, async (name) => {
      try {
        await this.#look(name, join(folder, name));
      } catch (error) {
        if (isMachineShort(error)) throw error;
        this.findings.add('failed', name, describeError(error));
      }
    });
    if (this.#moves > MOVES_MAX)
      this.findings.add('left', folder, `${this.#moves - MOVES_MAX} more odd names: too many for one start`);
  }

  async #look(name: string, path: string): Promise<void> {
    if (!isRecordingId(name)) return this.#aside(path, name, 'not a document');
    const found = await this.#judge(name, path);
    if (typeof found === 'string') return this.#aside(path, name, found);
    if (!found.isVerified && !this.#ownKeys.isOther(found.item.keyId))
      return this.#aside(path, name, 'its signature does not verify');
    const receipt = this.#isAgain && found.names.receipted ? [RECEIPT_SIGNATURE_NAME, RECEIPT_NAME] : [];
    const { leftovers, unknown } = found.names;
    const isClean = await this.#clean(path, name, [...receipt, ...leftovers], unknown);
    if (receipt.length > 0 && !isClean) return;
    const receipted = found.names.receipted && !this.#isAgain && (await this.#isSynced(path, name));
    found.item.state = receipted ? 'receipted' : 'spooled';
    this.items.push(found.item);
  }

  /** What a folder holds, or why it is odd. Errors: only the machine's. */
  async #judge(name: string, path: string): Promise<Judged<Item> | string> {
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
  async #lookAt(name: string, path: string): Promise<Judged<Item> | string> {
    const document = itemDocument(this.#type.kind).name;
    const names = sortNames(await this.#deps.files.list(path), [document, document + SIGNATURE_SUFFIX]);
    if (names.missing.length > 0) return `missing ${names.missing.join(', ')}`;
    const { item, isVerified } = await readStored(this.#type, this.#deps, path);
    if (item.recording !== name) return `its document names record ${item.recording}`;
    return item.keyId === null ? 'its signature does not parse' : { names, item, isVerified };
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
        await this.#aside(join(folder, name), `${record}.${name}`, 'not a file of its document');
      await files.syncFolder(folder);
      return true;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.findings.add('failed', record, describeError(error)); // it is an item still
      return false;
    }
  }
}

/** The item in a folder, as it counts without a receipt, and whether its signature verifies. Errors: "document.refused"; the system's. */
export async function readStored<Item extends StoredDocument>(
  type: DocumentType<Item>,
  { files, stationKeys }: Pick<DocumentRecoveryDeps, 'files' | 'stationKeys'>,
  folder: string,
): Promise<{ readonly item: Item; readonly isVerified: boolean }> {
  const { name, trustedComment } = itemDocument(type.kind);
  const bytes = await files.readAll(join(folder, name), MANIFEST_BYTES_MAX);
  const signature =
    parseUtf8(await files.readAll(join(folder, name + SIGNATURE_SUFFIX), SIGNATURE_FILE_BYTES_MAX)) ?? '';
  const isVerified = isSigned(bytes, signature, trustedComment, stationKeys);
  return { item: type.item(bytes, signature, 'spooled'), isVerified };
}
