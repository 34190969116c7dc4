// Counts what went wrong or was odd, by kind. The kinds come from documents and log entries, so their number is bounded here.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';

const KINDS_MAX = 200;

export class FailureCount {
  readonly #counts = new Map<string, number>();

  /** `kind` is a short text in English; words.ts translates those that it knows. */
  add(kind: string, count = 1): void {
    const known = this.#counts.has(kind) || this.#counts.size < KINDS_MAX ? kind : 'other';
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + count);
  }

  /** What an entry of a custody log tells of failures. */
  entry({ event, facts }: CustodyEntry): void {
    if (event === 'receipt-refused') this.add('receipt refused');
    else if (event === 'quarantined') this.add('set aside as damaged');
    else if (event === 'chain-broken') this.add('custody log broken');
    else if (event === 'not-erased' && facts['reason'] === 'already-gone')
      this.add('file gone from its camera before it was to be erased');
    else if (event === 'not-erased') this.add('file not erased from its camera');
    else if (event === 'erasure-unconfirmed')
      this.add('file to be erased from its camera, and nobody could see whether it went');
    else if (event === 'camera-refused') this.add('camera refused');
    else if (event === 'clock-stepped') this.add("station's clock stepped");
    else if (event === 'not-taken' && facts['reason'] !== 'not-a-file')
      this.add(`try failed: ${String(facts['reason'] ?? 'unknown').slice(0, 40)}`);
  }

  /** Most frequent first, then by name. */
  list(): { readonly kind: string; readonly count: number }[] {
    const all = [...this.#counts].map(([kind, count]) => ({ kind, count }));
    return all.sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
  }
}
