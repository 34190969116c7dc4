// Events of the custody log that are not durable yet, and who waits for them. Bounded; knows no file.
import type { LooseEntry } from '../../protocol/custody/custody-chain.ts';
import { custodyEntrySchema, type CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/format/limits.ts';

/** Events that wait for the disk, in bytes; some 20,000 of usual size. */
const PENDING_BYTES_MAX = 8 * 1024 * 1024;
/** Room in an entry beside its facts. */
const ENTRY_REST_BYTES = 512;

/** What an event brings to its entry. */
const eventSchema = custodyEntrySchema.pick({ event: true, facts: true });

interface Waiter {
  /** Events taken before it was added. */
  readonly upTo: number;
  /** Monotonic ms from which on it causes a group; until then it shares those of others. */
  readonly dueMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Facts of an event that an entry can hold. Errors: "custody.refused". */
export function checkedFacts({ event, facts }: CustodyEvent): LooseEntry['facts'] {
  const checked = eventSchema.safeParse({ event, facts });
  const sizeBytes = Buffer.byteLength(JSON.stringify(facts));
  if (checked.success && sizeBytes <= CUSTODY_ENTRY_BYTES_MAX - ENTRY_REST_BYTES) return checked.data.facts;
  throw new DockError(
    'custody.refused',
    `custody event ${event} refused: ${sizeBytes} bytes of facts, or facts of a kind that no entry holds`,
    { retry: 'never' },
  );
}

/** A queue of events in order. */
export class PendingEvents {
  #entries: LooseEntry[] = [];
  /** What each of them takes. */
  #sizes: number[] = [];
  #bytes = 0;
  #taken = 0;
  #durable = 0;
  #waiters: Waiter[] = [];

  get length(): number {
    return this.#entries.length;
  }

  /** When somebody who waits causes a group at the latest, monotonic ms; infinite where nobody waits. */
  get dueMs(): number {
    return this.#waiters.reduce((soonest, { dueMs }) => Math.min(soonest, dueMs), Number.POSITIVE_INFINITY);
  }

  /** Errors: "custody.overrun" where too much waits already. */
  push(entry: LooseEntry): void {
    if (this.#bytes > PENDING_BYTES_MAX) {
      throw new DockError(
        'custody.overrun',
        `${this.#bytes} bytes of custody events wait for the disk: nothing more is taken until they are written`,
        { retry: 'later', facts: { pending_bytes: this.#bytes } },
      );
    }
    const size = sizeBytes(entry);
    this.#entries.push(entry);
    this.#sizes.push(size);
    this.#bytes += size;
    this.#taken++;
  }

  /** The first events, at most so many; they stay until they are settled. */
  first(count: number): LooseEntry[] {
    return this.#entries.slice(0, count);
  }

  /** The first events are durable: they leave, and who waited for them goes on. */
  settle(batch: readonly LooseEntry[]): void {
    this.#entries = this.#entries.slice(batch.length);
    for (const size of this.#sizes.splice(0, batch.length)) this.#bytes -= size;
    this.#durable += batch.length;
    const done = this.#waiters.filter(({ upTo }) => upTo <= this.#durable);
    this.#waiters = this.#waiters.filter(({ upTo }) => upTo > this.#durable);
    for (const { resolve } of done) resolve();
  }

  /** Resolves when every event taken until now is durable; rejects as `fail` says. Until `dueMs` no group is made for its sake. */
  wait(dueMs: number): Promise<void> {
    if (this.#durable === this.#taken) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: this.#taken, dueMs, resolve, reject });
    });
  }

  /** Tells all who wait; the events stay. */
  fail(error: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}

/** What an entry takes in memory and in the file, near enough. */
function sizeBytes(entry: LooseEntry): number {
  return JSON.stringify(entry.facts).length + 300;
}
