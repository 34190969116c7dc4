// Makes the record of one docking durable: all of its parts, or none.
//
// Order: each part is written and synced in a folder below `docked/`, and that folder synced; then the parts behind the first are renamed
// to `dockings/`, which is synced before the first part's rename, and again behind it.
// Invariants:
// 1. A first part in `dockings/` says that all of them are there. Parts without it were claimed to nobody.
// 2. An attempt begins only after everything that an earlier one left was removed: no part of two attempts ever lies there.
// 3. What an attempt left goes back in the other order, the first part whole and durably before any other: the first invariant holds meanwhile.
import { join } from 'node:path';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  encodeDockingRecord,
  type NewDockingRecord,
} from '../../protocol/documents/docking-record.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { type DockingId, makeDockingId } from '../../protocol/format/ids.ts';
import { DOCKING_ENTRIES_PER_PART } from '../../protocol/format/limits.ts';
import type { Files, Random, Signer } from '../../protocol/format/ports.ts';
import { MAKING_SUFFIX, writeDocument } from '../spool/document-store.ts';
import type { SpoolLayout } from '../spool/layout.ts';
import type { EndedDocking } from './ended-docking.ts';
import { factsOfRecord, type RecordFacts } from './stored-record.ts';

export interface RecordWriterDeps {
  readonly files: Files;
  readonly layout: Pick<SpoolLayout, 'dockings' | 'docked'>;
  readonly syncs: FolderSyncs;
  readonly signer: Signer;
  readonly random: Random;
  /** What the station holds of it. */
  readonly policy: { readonly sha256: string | undefined };
}

/** Writes one record, attempt after attempt. */
export class RecordWriter {
  readonly #deps: RecordWriterDeps;
  readonly #ended: EndedDocking;
  readonly #making: string;
  /** An attempt may have left something. */
  #begun = false;
  /** Parts that it may have left in `dockings/`, in the order in which they came there. */
  #moved: string[] = [];

  constructor(deps: RecordWriterDeps, ended: EndedDocking) {
    this.#deps = deps;
    this.#ended = ended;
    this.#making = join(deps.layout.docked, ended.docking + MAKING_SUFFIX);
  }

  /**
   * One attempt. `previous` is the digest of the camera's record before this one, or null. Shape: the facts of the parts, in order.
   * Errors: the system's, the signer's; then nothing of the attempt counts.
   */
  async write(previous: string | null): Promise<RecordFacts[]> {
    const { files } = this.#deps;
    await this.#clean();
    this.#begun = true;
    await files.makeFolder(this.#making);
    const parts = await this.#writeParts(previous);
    await this.#putInPlace(parts);
    this.#begun = false;
    this.#moved = [];
    await files.removeTree(this.#making).catch(() => undefined); // empty; the next start removes it
    return parts;
  }

  async #clean(): Promise<void> {
    if (!this.#begun) return;
    const [last, ...before] = this.#moved.toReversed();
    if (last !== undefined) await this.#moveBack([last]);
    if (before.length > 0) await this.#moveBack(before);
    this.#moved = [];
    await this.#deps.files.removeTree(this.#making);
    this.#begun = false;
  }

  async #moveBack(records: readonly string[]): Promise<void> {
    const { files, layout, syncs } = this.#deps;
    for (const record of records)
      await files.rename(join(layout.dockings, record), join(this.#making, record)).catch(unlessMissing);
    await syncs.sync(layout.dockings);
  }

  async #writeParts(previous: string | null): Promise<RecordFacts[]> {
    const parts: RecordFacts[] = [];
    const ended = { ...this.#ended, ...policyIn(this.#deps.policy) };
    for (let part = 1; part <= partCount(this.#ended); part++) {
      const record = recordIdOf(this.#ended, part, this.#deps.random);
      parts.push(await this.#writePart(ended, part, record, parts.at(-1)?.manifestSha256 ?? previous));
    }
    return parts;
  }

  async #writePart(
    ended: EndedDocking & PolicyIn,
    part: number,
    record: DockingId,
    previous: string | null,
  ): Promise<RecordFacts> {
    const { files, signer } = this.#deps;
    const bytes = encodePart(ended, part, record, previous);
    const signature = await signer.sign(bytes, DOCKING_RECORD_TRUSTED_COMMENT);
    await writeDocument(files, join(this.#making, record), 'docking', { bytes, signature });
    return factsOfRecord(bytes, signature);
  }

  async #putInPlace([first, ...further]: readonly RecordFacts[]): Promise<void> {
    const { layout, syncs } = this.#deps;
    for (const { recording } of further) await this.#move(recording);
    if (further.length > 0) await syncs.sync(layout.dockings);
    if (first !== undefined) await this.#move(first.recording);
    await syncs.sync(layout.dockings);
  }

  async #move(record: string): Promise<void> {
    const { files, layout } = this.#deps;
    this.#moved.push(record);
    await files.rename(join(this.#making, record), join(layout.dockings, record));
  }
}

/** It never came there, or went back already. */
function unlessMissing(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}

// Cuts a docking into the parts of its record (SPEC 4.6). Pure.

type PolicyIn = Pick<NewDockingRecord, 'version' | 'policy_sha256'>;

/** The same in all parts. */
function policyIn({ sha256 }: RecordWriterDeps['policy']): PolicyIn {
  return sha256 === undefined ? { version: 2 } : { version: 3, policy_sha256: sha256 };
}

/** How many parts a docking's record has. A docking without entries has one. */
function partCount(ended: EndedDocking): number {
  return Math.max(1, Math.ceil(ended.entries.length / DOCKING_ENTRIES_PER_PART));
}

/** The record's id of a part: the docking's own for part 1, another one, drawn now, for each further part. */
function recordIdOf(ended: EndedDocking, part: number, random: Random): DockingId {
  return part === 1 ? ended.docking : makeDockingId(random);
}

/**
 * Canonical bytes of one part. `previous` is the digest of the part before, for part 1 that of the camera's record before, or null.
 * Errors: "document.refused" (broken code of ours).
 */
function encodePart(
  ended: EndedDocking & PolicyIn,
  part: number,
  record: DockingId,
  previous: string | null,
): Uint8Array {
  const { entries, ...same } = ended;
  const from = (part - 1) * DOCKING_ENTRIES_PER_PART;
  const document: NewDockingRecord = {
    type: 'docking-record',
    ...same,
    record,
    part,
    parts: partCount(ended),
    entries: entries.slice(from, from + DOCKING_ENTRIES_PER_PART),
    previous_docking_sha256: previous,
  };
  return encodeDockingRecord(document);
}
