// Which receiver of a vault ran when, by what stations named (SPEC 10.3.37, 10.3.38, 10.3.41): a log that was begun under a made-up name, or that of a
// retired receiver, says what it did at times at which no station heard of it.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';

const DAY_MS = 86_400_000;
/** Of the log of a receiver, first in each checkpoint of it (SPEC 4.15.4). */
const ORIGIN = /^bodydock\/[^/\n]+\/([^/\n]+)/;

/** What a receiver does that only one does that runs; the first two also one that no station has heard of yet. */
const ACTS: readonly CustodyEntry['event'][] = [
  'receipt',
  'policy',
  'expiry-warned',
  'deleting',
  'deleted',
  'documents-dropped',
  'segment-dropped',
];
const OF_NEW: readonly CustodyEntry['event'][] = ['receipt', 'policy'];

/** Times of what one receiver did, ms since 1970, in the order of its log. */
interface Acts {
  readonly ofNew: number[];
  readonly others: number[];
}

/** Taken entry by entry of all logs of a vault, asked after all of them. Memory: a number for each entry that says something of it. */
export class ReceiverTimes {
  readonly #acts = new Map<string, Acts>();
  readonly #named = new Map<string, number[]>();
  readonly #carried = new Set<string>();
  #latestMs = 0;
  #all: { readonly ms: number; readonly receiver: string }[] | undefined;

  /** An entry of the log of a receiver; `time` is that of SPEC 10.3.20 (RFC 3339). */
  store(receiver: string, event: CustodyEntry['event'], time: string): void {
    const acts = this.#acts.get(receiver) ?? { ofNew: [], others: [] };
    this.#acts.set(receiver, acts);
    const ms = Date.parse(time);
    this.#latestMs = Math.max(this.#latestMs, ms);
    if (ACTS.includes(event)) (OF_NEW.includes(event) ? acts.ofNew : acts.others).push(ms);
  }

  /** An entry of the log of a station. */
  station({ event, facts, at }: CustodyEntry): void {
    const ms = Date.parse(at);
    this.#latestMs = Math.max(this.#latestMs, ms);
    const isCarried = event === 'carried' && facts['what'] === 'store-log';
    const isOfLog = isCarried || event === 'store-log';
    const receiver = isOfLog
      ? ORIGIN.exec(String(facts['checkpoint']))?.[1]
      : event === 'receipted' && facts['receiver'];
    if (typeof receiver !== 'string') return;
    const known = this.#named.get(receiver);
    if (isCarried) this.#carried.add(receiver);
    else if (known === undefined) this.#named.set(receiver, [ms]);
    else known.push(ms);
  }

  /** Whether a station named it. */
  isNamed(receiver: string): boolean {
    return this.#carried.has(receiver) || this.#named.has(receiver);
  }

  /** Since when a receiver is known, ms since 1970; -Infinity for those known first, and where none is asked for. */
  knownSinceMs(receiver: string): number {
    const since = (each: string): number =>
      this.#carried.has(each) ? Number.NEGATIVE_INFINITY : (this.#namings(each)[0] ?? this.#latestMs);
    const first = Math.min(...[...this.#acts.keys()].filter((each) => this.isNamed(each)).map(since));
    const own = since(receiver);
    return this.#isAsked() && own > first ? own : Number.NEGATIVE_INFINITY;
  }

  /** The first time (RFC 3339) at which each receiver did something and was not the one that ran. */
  notRunning(): { readonly receiver: string; readonly at: string }[] {
    if (!this.#isAsked()) return [];
    return [...this.#acts].flatMap(([receiver, { ofNew, others }]) => {
      const isNew = !this.isNamed(receiver);
      const isRefused = (ms: number): boolean => !this.#mayRun(receiver, ms);
      const first = [
        ofNew.find((ms) => isRefused(ms) && !(isNew && ms >= this.#latestMs - DAY_MS)),
        others.find(isRefused),
      ].filter((ms) => ms !== undefined);
      return first.length === 0 ? [] : [{ receiver, at: new Date(Math.min(...first)).toISOString() }];
    });
  }

  #isAsked(): boolean {
    return [...this.#acts.keys()].some((each) => this.isNamed(each));
  }

  #mayRun(receiver: string, ms: number): boolean {
    const all = this.#timeline();
    const next = after(all, ms, (each) => each.ms);
    if (next === 0 && this.#carried.has(receiver)) return true;
    const near = [all[next - 1]?.ms, all[next]?.ms];
    const own = this.#namings(receiver);
    const at = after(own, ms, (each) => each);
    const [before = Number.NEGATIVE_INFINITY, later = Number.POSITIVE_INFINITY] = [own[at - 1], own[at]];
    return near.includes(before) || near.includes(later) || ms - before <= DAY_MS || later - ms <= DAY_MS;
  }

  /** In their order: a station's clock may have been set back. */
  #namings(receiver: string): readonly number[] {
    this.#timeline();
    return this.#named.get(receiver) ?? [];
  }

  #timeline(): readonly { readonly ms: number; readonly receiver: string }[] {
    if (this.#all !== undefined) return this.#all;
    for (const each of this.#named.values()) each.sort((a, b) => a - b);
    const here = [...this.#named].filter(([receiver]) => this.#acts.has(receiver));
    this.#all = here
      .flatMap(([receiver, times]) => times.map((ms) => ({ ms, receiver })))
      .sort((a, b) => a.ms - b.ms);
    return this.#all;
  }
}

/** How many of a sorted list are not later than that. */
function after<T>(sorted: readonly T[], ms: number, of: (each: T) => number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const each = sorted[middle];
    if (each !== undefined && of(each) <= ms) from = middle + 1;
    else to = middle;
  }
  return from;
}
