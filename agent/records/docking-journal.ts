// The journal of one docking: brings what must outlive a cut to the disk, and tries again for as long as the docking lasts where the disk
// refuses. The camera is served meanwhile, but nothing is erased from it before `holdsInventory`.
import { join } from 'node:path';
import { unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, isDockError } from '../../protocol/format/errors.ts';
import type { DockingId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { withReserve } from '../platform/reserve.ts';
import type { DocumentSpool } from '../spool/document-store.ts';
import { UNMEASURED, type DockingMeasured, type DockingOpening } from './ended-docking.ts';
import {
  INVENTORY_SUFFIX,
  OPENING_SUFFIX,
  writeInventory,
  writeOpening,
  type JournalInventory,
} from './journal-files.ts';

/** First and last pause before a write that failed is tried again. */
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;
const CONDITION = 'docking.journal-failed';

export interface JournalDeps {
  readonly spool: DocumentSpool;
  readonly files: Files;
  readonly syncs: FolderSyncs;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** One docking's journal. */
export class DockingJournal {
  readonly #deps: JournalDeps;
  readonly #opening: DockingOpening;
  #measured: DockingMeasured = UNMEASURED;
  /** The first listing as long as it is not durable. */
  #inventory: JournalInventory | undefined;
  #isInventoryHeld = false;
  #writing: Promise<void> = Promise.resolve();
  #retryMs = RETRY_MS_MIN;
  #cancelRetry: () => void = () => undefined;
  #closed = false;
  #onHeld: () => void = () => undefined;

  private constructor(deps: JournalDeps, opening: DockingOpening) {
    this.#deps = deps;
    this.#opening = opening;
  }

  /** Begins a journal. Resolves after the first attempt to write it, and never rejects. */
  static async begin(deps: JournalDeps, opening: DockingOpening): Promise<DockingJournal> {
    const journal = new DockingJournal(deps, opening);
    await journal.#write();
    return journal;
  }

  /** What was read of the camera; written together with the first listing. */
  measured(measured: DockingMeasured): void {
    this.#measured = measured;
  }

  /** The first listing was taken, and nothing was touched yet. Resolves after the first attempt to write it, and never rejects. */
  async inventoryTaken(inventory: JournalInventory): Promise<void> {
    this.#inventory = inventory;
    await this.#write();
  }

  /** True once the first listing is durable: from here on a cut leaves enough for a record. */
  get holdsInventory(): boolean {
    return this.#isInventoryHeld;
  }

  /** The one handler is called when the first listing became durable behind its first attempt. */
  onHeld(handler: () => void): void {
    this.#onHeld = handler;
  }

  /** The docking is over: ends attempts. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    await this.#writing;
    this.#deps.conditions.clear(CONDITION, this.#opening.bay);
  }

  #write(): Promise<void> {
    this.#cancelRetry();
    this.#writing = this.#writing.then(() => this.#attempt());
    return this.#writing;
  }

  async #attempt(): Promise<void> {
    if (this.#closed) return;
    const inventory = this.#inventory;
    try {
      await this.#put(inventory);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#retryMs = RETRY_MS_MIN;
    this.#deps.conditions.clear(CONDITION, this.#opening.bay);
    if (inventory === undefined || inventory !== this.#inventory) return;
    this.#inventory = undefined;
    this.#isInventoryHeld = true;
    this.#onHeld();
  }

  async #put(inventory: JournalInventory | undefined): Promise<void> {
    const { spool, files, syncs } = this.#deps;
    const { docked } = spool.layout;
    const { docking } = this.#opening;
    await spool.confirm();
    await withReserve(spool.logReserve, async () => {
      await writeOpening(files, docked, { ...this.#opening, ...this.#measured });
      if (inventory !== undefined) await writeInventory(files, docked, docking, inventory);
      await syncs.sync(docked);
    });
  }

  #failed(error: unknown): void {
    const { log, conditions, clock } = this.#deps;
    const { bay, docking } = this.#opening;
    log.error('docking journal not written, will retry', { bay, docking, error });
    conditions.raise(CONDITION, bay, {
      reason: isDockError(error) ? error.code : describeError(error).slice(0, 256),
    });
    this.#cancelRetry = clock.after(this.#retryMs, () => void this.#write());
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }
}

/** Removes a docking's journal: its record is durable, so nothing needs it any more. Errors: the system's; a rest does no harm. */
export async function removeJournal(
  { spool, files, syncs }: Pick<JournalDeps, 'spool' | 'files' | 'syncs'>,
  docking: DockingId,
): Promise<void> {
  const { docked } = spool.layout;
  await spool.confirm();
  for (const suffix of [INVENTORY_SUFFIX, OPENING_SUFFIX])
    await unlinkIfThere(files, join(docked, docking + suffix));
  await syncs.sync(docked);
}
