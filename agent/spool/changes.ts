// What becomes of the things in the spool, as it happens, for those who look at them: pushing, release, retention, status. Nobody is called back.
//
// Invariants:
// 1. A change is put once what it says is durable, and in the custody log where that takes it.
// 2. A reader gets each change that is put after it began to read, in their order; it keeps nobody else waiting. It takes each without a wait of its
//    own, so that no more pile up than one turn of the loop puts.
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { ItemKind } from '../../protocol/documents/item-documents.ts';

/** An item (signed-items.ts) got further, or back. */
export interface ItemChange {
  readonly kind: ItemKind;
  readonly item: RecordingId;
  /**
   * `spooled`: it is here, and waits for a receipt: it is new, or its receipt does not count. `receipted`: a receipt counts and is in the log.
   * `gone`: it left the spool, for the quarantine, or a restored store may lack what
   * only documents are left of here.
   */
  readonly to: 'spooled' | 'receipted' | 'gone';
}

/** Changes of one kind, for any number of readers. */
export class Changes<Change> {
  readonly #readers = new Set<(change: Change) => void>();

  put(change: Change): void {
    for (const take of this.#readers) take(change);
  }

  /** Changes from now on, until the signal is aborted. Never rejects. */
  read(signal: AbortSignal): AsyncIterable<Change> {
    let waiting: Change[] = [];
    let wake = (): void => undefined;
    const take = (change: Change): void => {
      waiting.push(change);
      wake();
    };
    const end = (): void => {
      this.#readers.delete(take);
      wake();
    };
    if (!signal.aborted) this.#readers.add(take);
    signal.addEventListener('abort', end, { once: true });
    return (async function* () {
      try {
        while (!signal.aborted) {
          const changes = waiting;
          waiting = [];
          yield* changes;
          if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        end(); // also where the reader leaves before the end
      }
    })();
  }
}
