// Docking records that are here, by their ids and by their places in the chain of their camera.
//
// A record goes only once the one that it names has gone, for good: what is left of a chain is always its end. With a hole in it, a start
// could not tell by the chain which of the ends came last (record-chain.ts).
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { RecordFacts, StoredRecord } from './stored-record.ts';

export class RecordSet {
  readonly #byId = new Map<RecordingId, StoredRecord>();
  /** Digests of those that are here, and of those that may come back with a cut. */
  readonly #digests = new Set<string>();
  /** Of the latter, those that left their folder since it was last synced. */
  readonly #left = new Set<StoredRecord>();

  constructor(records: readonly StoredRecord[]) {
    for (const record of records) this.add(record);
  }

  add(record: StoredRecord): void {
    this.#byId.set(record.recording, record);
    this.#digests.add(record.manifestSha256);
  }

  /** A record was read anew, and other facts than those known verified. */
  correct(record: StoredRecord, facts: RecordFacts): void {
    this.#digests.delete(record.manifestSha256);
    record.facts = facts;
    this.#digests.add(record.manifestSha256);
  }

  get(record: RecordingId): StoredRecord | undefined {
    return this.#byId.get(record);
  }

  values(): IterableIterator<StoredRecord> {
    return this.#byId.values();
  }

  /** It is not shown any more; what names it stays until it is forgotten. */
  hide({ recording }: StoredRecord): void {
    this.#byId.delete(recording);
  }

  /** It left its folder; the next sync of that makes it last. */
  leave(record: StoredRecord): void {
    this.hide(record);
    this.#left.add(record);
  }

  /** Those that left until now. */
  left(): readonly StoredRecord[] {
    return [...this.#left];
  }

  /** No cut brings these back. */
  forget(records: readonly StoredRecord[]): void {
    for (const record of records) {
      this.#left.delete(record);
      this.#digests.delete(record.manifestSha256);
    }
  }

  /** Whether the one that it names has gone for good. */
  isFirst({ facts: { previousSha256 } }: StoredRecord): boolean {
    return previousSha256 === null || !this.#digests.has(previousSha256);
  }

  /** All of them, each behind the one that it names. */
  inOrder(): StoredRecord[] {
    const behind = new Map<string, StoredRecord[]>();
    const ordered: StoredRecord[] = [];
    for (const record of this.#byId.values()) {
      const { previousSha256 } = record.facts;
      if (previousSha256 === null || !this.#digests.has(previousSha256)) ordered.push(record);
      else behind.set(previousSha256, [...(behind.get(previousSha256) ?? []), record]);
    }
    for (const { manifestSha256 } of ordered) {
      ordered.push(...(behind.get(manifestSha256) ?? []));
      behind.delete(manifestSha256);
    }
    for (const left of behind.values()) ordered.push(...left); // behind one that was only hidden
    return ordered;
  }
}
