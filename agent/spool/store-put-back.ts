// What follows from a store that was put back to an earlier state (SPEC 6.10): as long as it is behind nothing is erased, and as long as
// something of ours waits to be delivered again a condition says so.
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { Conditions, Log } from '../../protocol/format/ports.ts';
import { Changes } from './changes.ts';

export interface StorePutBackOptions {
  readonly conditions: Conditions;
  readonly log: Log;
}

/** What one station knows of its store. */
export class StorePutBack {
  readonly #options: StorePutBackOptions;
  /** Nothing of the store's stands against an erasure any more. */
  readonly levels = new Changes<'level'>();
  readonly #waiting = new Set<RecordingId>();
  #behind = false;
  #asking = 0;
  #unmarked = 0;

  constructor(options: StorePutBackOptions) {
    this.#options = options;
  }

  /** The store signs for less of our log than it did: what it gave receipts for may be gone. */
  get isBehind(): boolean {
    return this.#behind || this.#asking > 0;
  }

  /** Takes over what was asked for before this start. */
  start(waiting: Iterable<RecordingId>): void {
    for (const recording of waiting) this.#waiting.add(recording);
    this.#show();
  }

  behind(isBehind: boolean): void {
    if (this.#behind === isBehind) return;
    this.#behind = isBehind;
    this.#options.log.warn(
      isBehind
        ? 'the store holds less of our log than it did: nothing is erased until it holds all of it'
        : 'the store holds all of our log again',
    );
    this.#show();
    if (!this.isBehind) this.levels.put('level');
  }

  /** It asks for something, and what follows from that is not durable yet; settled when it is, and not before. The promise does not reject. */
  asking(settled: Promise<void>): void {
    this.#asking++;
    void settled.then(() => {
      this.#asking--;
      if (!this.isBehind) this.levels.put('level');
    });
  }

  /** So many things that it asks for are tried again, because the disk did not take that. */
  unmarked(count: number): void {
    this.#unmarked = count;
    this.#show();
  }

  /** Its copy is delivered again. */
  asked(recording: RecordingId): void {
    this.#waiting.add(recording);
    this.#show();
  }

  /** It has another receipt, or it left the spool. */
  over(recording: RecordingId): void {
    if (this.#waiting.delete(recording)) this.#show();
  }

  #show(): void {
    const { conditions } = this.#options;
    const waiting = this.#waiting.size + this.#unmarked;
    if (!this.#behind && waiting === 0) conditions.clear('store.put-back', null);
    else conditions.raise('store.put-back', null, { waiting });
  }
}
