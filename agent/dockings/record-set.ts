// Docking records that are here, by their ids and by their places in the chain of their camera.
//
// A record goes only once the one that it names has gone, for good: what is left of a chain is always its end. With a hole in it, a start
// could not tell by the chain which of the ends came last (record-chain.ts).
import type { RecordingId } from '../../protocol/ids.ts';
import type { StoredRecord } from './stored-record.ts';

export class RecordSet {
  readonly #byId = new Map<RecordingId, StoredRecord>();
  /** Digests of those that are here, and of those that may come back with a cut. */
  readonly #digests = new Set<string>();

  constructor(records: readonly StoredRecord[]) {
    for (const record of records) this.add(record);
  }

  add(record: StoredRecord): void {
    this.#byId.set(record.recording, record);
    this.#digests.add(record.manifestSha256);
  }

  get(record: RecordingId): StoredRecord | undefined {
    return this.#byId.get(record);
  }

  values(): IterableIterator<StoredRecord> {
    return this.#byId.values();
  }

  /** It is not shown any more, and what follows it stays. */
  hide({ recording }: StoredRecord): void {
    this.#byId.delete(recording);
  }

  /** It was hidden, and no cut brings it back. */
  forget({ manifestSha256 }: StoredRecord): void {
    this.#digests.delete(manifestSha256);
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
