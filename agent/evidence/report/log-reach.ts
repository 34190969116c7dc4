// Finds out of which times the log of a station tells nothing, and what it tells of times that the station did not know. Pure.
//
// Invariants:
// 1. No bound comes from an entry whose time the station did not know: it may lie on any day.
// 2. Memory: one small object a gap, and a docking that began at such a time.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { linkOf } from '../verify/custody-links.ts';
import type { ReceiptHead } from '../verify/receipt-heads.ts';

/** RFC 3339; undefined is no bound. */
export interface TimeSpan {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The head that a receipt or a witness names, and when that was made. */
export type DatedHead = ReceiptHead & { readonly receivedAt: string };

/** Events with which a segment begins before its start tells whether the clock is synchronised. */
const BEGINNINGS: ReadonlySet<string> = new Set(['segment-opened', 'key-changed', 'chain-broken']);

interface OpenSpan {
  readonly from: string | undefined;
  to: string | undefined;
}

/** Takes the entries that count in their order. */
export class LogReach {
  /** Dockings that began when the station did not know the time, by their ids. */
  readonly unplaced = new Map<string, TimeSpan>();
  readonly #unknown: OpenSpan[] = [];
  /** Of those, and of `unplaced`: what ends with the next entry whose time is known. */
  readonly #awaiting: OpenSpan[] = [];
  /** Of `unplaced`: dockings that are not over. */
  readonly #open = new Map<string, OpenSpan>();
  /** Of each segment the last entry that counts. */
  readonly #ends = new Map<string, number>();
  /** False from a start on until it says that the clock is synchronised. */
  #isTimeKnown = true;
  #lastAt: string | undefined;

  take(entry: CustodyEntry, segment: string): void {
    const { event, facts } = entry;
    if (!this.#follows(entry, segment)) this.#tellNothing();
    this.#ends.set(segment, entry.sequence);
    if (event === 'agent-started') this.#started();
    if (event === 'clock-state') this.#isTimeKnown = facts['synchronised'] !== false;
    if (this.#isTimeKnown && !BEGINNINGS.has(event)) this.#known(entry.at);
    if (event === 'undocked') this.#ended(String(facts['docking']), entry.at);
    if (this.#isTimeKnown) return;
    if (event === 'docked') this.#docked(String(facts['docking']));
    if (event === 'camera-refused' && facts['reason'] !== 'other-camera') this.#tellNothing();
  }

  /** `unheld`: heads that the log does not hold; one from after its last entry says that it went on. */
  unknown(unheld: readonly DatedHead[]): readonly TimeSpan[] {
    const lastAt = this.#lastAt;
    const isCut = unheld.some(({ receivedAt }) => lastAt === undefined || receivedAt >= lastAt);
    return [...this.#unknown, ...(isCut ? [{ from: lastAt, to: undefined }] : [])];
  }

  #follows(entry: CustodyEntry, segment: string): boolean {
    const end = this.#ends.get(segment);
    if (end !== undefined || entry.sequence > 1) return entry.sequence === (end ?? 0) + 1;
    const link = linkOf(entry);
    if (link === null) return this.#ends.size === 0;
    return link !== undefined && link.sequence <= (this.#ends.get(link.segment) ?? 0);
  }

  /** From the last time that is known to the next one. */
  #tellNothing(): void {
    const span = { from: this.#lastAt, to: undefined };
    this.#unknown.push(span);
    this.#awaiting.push(span);
  }

  #known(at: string): void {
    for (const span of this.#awaiting.splice(0)) span.to = at;
    this.#lastAt = at;
  }

  /** What was open is over, and the station does not say yet whether it knows the time. */
  #started(): void {
    this.#isTimeKnown = false;
    this.#awaiting.push(...this.#open.values());
    this.#open.clear();
  }

  #docked(docking: string): void {
    const span = { from: this.#lastAt, to: undefined };
    this.unplaced.set(docking, span);
    this.#open.set(docking, span);
  }

  #ended(docking: string, at: string): void {
    const span = this.#open.get(docking);
    if (span === undefined) return;
    this.#open.delete(docking);
    if (this.#isTimeKnown) span.to = at;
    else this.#awaiting.push(span);
  }
}
