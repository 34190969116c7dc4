// Receipts beside what they are for, recordings and docking records alike: stored once and durably, set aside where they do not stand.
import { join } from 'node:path';
import { UNFINISHED_SUFFIX } from '../../protocol/format/durable.ts';
import { describeError, DockError } from '../../protocol/format/errors.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files, Log } from '../../protocol/format/ports.ts';
import type { DocumentFolder, Documents, SignedBytes } from './documents.ts';
import { RECEIPT_NAMES } from './layout.ts';
import { removeReceipt, writeReceipt } from './receipts.ts';
import { withReserve } from '../platform/reserve.ts';
import type { GivesSpace } from '../platform/reserve.ts';
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
