// Receipts beside what they are for, recordings and docking records alike: stored once and durably, set aside where they do not stand.
import { join } from 'node:path';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { replaceDurable, UNFINISHED_SUFFIX, unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, DockError } from '../../protocol/format/errors.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import { type GivesSpace, withReserve } from '../platform/reserve.ts';
import type { DocumentFolder, Documents, SignedBytes } from './documents.ts';
import { RECEIPT_NAME, RECEIPT_NAMES, RECEIPT_SIGNATURE_NAME } from './layout.ts';
import type { SpoolState } from './spooled-recording.ts';

/** What a receipt is stored for; its state changes with it. */
export type ReceiptOwner = DocumentFolder & { state: SpoolState };

export interface StoredReceiptsDeps {
  readonly files: Files;
  readonly documents: Documents;
  /** None: a stored receipt is only compared, not verified. */
  readonly storeKeys: readonly PublicKey[];
  readonly reserve: GivesSpace;
  readonly log: Log;
  /** Errors: "spool.gone" where nothing may be written. */
  readonly confirm: () => Promise<void>;
  readonly setAside: (path: string, reason: string, as: string) => Promise<unknown>;
  /** An owner's state changed. */
  readonly onChange: () => void;
}

/** The caller runs one step at a time for each owner. */
export class StoredReceipts {
  readonly #deps: StoredReceiptsDeps;

  constructor(deps: StoredReceiptsDeps) {
    this.#deps = deps;
  }

  /** Stores a verified receipt; one that is there and stands stays. Errors: "spool.gone", "spool.write-failed". */
  async store(owner: ReceiptOwner, receipt: SignedBytes): Promise<void> {
    if (owner.state === 'released') return;
    if (owner.state === 'receipted' && (await this.stands(owner))) return;
    await this.#write(owner, receipt);
    owner.state = 'receipted';
    this.#deps.onChange();
  }

  /**
   * Whether the stored receipt stands. One that does not is moved aside, and its owner counts as spooled again.
   * Errors: "spool.write-failed" where it could not be moved; the machine's.
   */
  async stands(owner: ReceiptOwner): Promise<boolean> {
    const { documents, storeKeys, log, setAside } = this.#deps;
    const look = (): Promise<string | undefined> => documents.receiptProblem(owner, storeKeys);
    // A read that fails once says nothing of the receipt: only what is wrong twice is set aside.
    const problem = (await look()) === undefined ? undefined : await look();
    if (problem === undefined) return true;
    log.error('stored receipt does not verify', { recording: owner.recording, reason: problem });
    for (const name of RECEIPT_NAMES)
      await setAside(join(owner.folder, name), 'receipt does not stand', `${owner.recording}.${name}`).catch(
        (error: unknown) => writeFailed('set aside the receipt of', owner.recording, error),
      );
    owner.state = 'spooled';
    this.#deps.onChange();
    return false;
  }

  /** Removes a receipt, durably: its owner counts as spooled again. Errors: "spool.gone", "spool.write-failed". */
  async takeBack(owner: ReceiptOwner): Promise<void> {
    const { files, confirm, onChange } = this.#deps;
    await confirm();
    await removeReceipt(files, owner.folder).catch((error: unknown) =>
      writeFailed('take back the receipt of', owner.recording, error),
    );
    owner.state = 'spooled';
    onChange();
  }

  async #write(owner: ReceiptOwner, receipt: SignedBytes): Promise<void> {
    const { files, reserve, confirm } = this.#deps;
    await confirm();
    const write = (): Promise<void> => withReserve(reserve, () => writeReceipt(files, owner.folder, receipt));
    try {
      await write().catch(async (error: unknown) => {
        if (!(await this.#clear(owner))) throw error;
        await write();
      });
    } catch (error) {
      writeFailed('store the receipt of', owner.recording, error);
    }
  }

  /** Sets aside what lies under a receipt's names and is no file; whether there was any. Errors: the system's. */
  async #clear({ folder, recording }: ReceiptOwner): Promise<boolean> {
    const { files, setAside } = this.#deps;
    let isCleared = false;
    for (const name of RECEIPT_NAMES.flatMap((each) => [each, each + UNFINISHED_SUFFIX])) {
      const found = await files.stat(join(folder, name));
      if (found === undefined || found.kind === 'file') continue;
      await setAside(join(folder, name), 'not a file', `${recording}.${name}`);
      isCleared = true;
    }
    return isCleared;
  }
}

/** Errors: "spool.write-failed", always. `what` is a verb with its object's beginning, such as "commit". */
export function writeFailed(what: string, recording: string, error: unknown): never {
  throw new DockError(
    'spool.write-failed',
    `could not ${what} recording ${recording}: ${describeError(error)}; this attempt is over`,
    { cause: error, retry: 'later', facts: { recording } },
  );
}

/** Errors: "spool.not-receipted", always. */
export function notReceipted(recording: string): never {
  throw new DockError(
    'spool.not-receipted',
    `recording ${recording} has no receipt that stands: its copy stays`,
    { retry: 'later', facts: { recording } },
  );
}

// Puts a receipt beside its recording, durably, so that it is there whole or not at all. What it means is decided elsewhere.
//
// Invariants:
// 1. A recording counts as receipted only when both files are there; either alone is an unfinished write and is removed before the next.
// 2. The pair is written under other names first; the folder is synced before anybody hears of it.
// 3. A receipt that stands is never replaced by another one, but where the store was restored since.

/** Writes both files of a receipt into a folder that holds none that stands. Errors: the system's; then no pair is there. */
async function writeReceipt(files: Files, folder: string, receipt: SignedBytes): Promise<void> {
  const path = join(folder, RECEIPT_NAME);
  const signaturePath = join(folder, RECEIPT_SIGNATURE_NAME);
  await removeReceipt(files, folder);
  await replaceDurable(files, signaturePath, encodeUtf8(receipt.signature));
  await replaceDurable(files, path, receipt.bytes);
  await files.syncFolder(folder);
}

/** Removes what an unfinished write left; a rest of an old one must not form a pair with a new one. */
export async function removeReceipt(files: Files, folder: string): Promise<void> {
  const there = new Set(await files.list(folder));
  const rests = [RECEIPT_NAME, RECEIPT_SIGNATURE_NAME]
    .flatMap((name) => [name, name + UNFINISHED_SUFFIX])
    .filter((name) => there.has(name));
  for (const name of rests) await unlinkIfThere(files, join(folder, name));
  if (rests.length > 0) await files.syncFolder(folder);
}
