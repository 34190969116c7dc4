// Offers that wait for their answer: by station, each station in its turn. Pure bookkeeping.
//
// Invariants:
// 1. What waits takes no more than the bytes that it was made for, whoever sends it: room is made where most waits, newest first, so that a station
//    which offers without end takes it from itself.
// 2. A station's turn comes again after each other station had one, as far as those have something that may be answered.
// 3. One offer of a recording waits, the newest: its station repeats it, and has repeated one that is older than that wait long since.
import type { RecordingName } from '../vault/vault.ts';
import { keyOf } from './sending.ts';

/** A station's word about a recording; without a payload it says that it sent everything. */
export interface WaitingOffer {
  readonly name: RecordingName;
  readonly payload: Uint8Array | undefined;
  /** Monotonic ms. */
  readonly cameAtMs: number;
}

/** What waits in one line, in the order in which it came. */
interface Line {
  readonly offers: Map<string, WaitingOffer>;
  bytes: number;
}

export interface OfferQueueBounds {
  readonly bytesMax: number;
  readonly waitMsMax: number;
}

/** What an entry takes beside its payload: names, objects and their places in maps. */
const ENTRY_BYTES = 1024;

/** Lines by name, in the order of their turns. */
export class OfferQueue {
  readonly #bounds: OfferQueueBounds;
  readonly #lines = new Map<string, Line>();
  #bytes = 0;

  constructor(bounds: OfferQueueBounds) {
    this.#bounds = bounds;
  }

  /** At the end of that line, or in the place of what waits there for the same recording. */
  put(lineName: string, offer: WaitingOffer): void {
    const line = this.#lines.get(lineName) ?? { offers: new Map<string, WaitingOffer>(), bytes: 0 };
    this.#lines.set(lineName, line);
    const key = keyOf(offer.name);
    const before = line.offers.get(key);
    line.offers.set(key, offer);
    this.#count(line, bytesOf(offer) - (before === undefined ? 0 : bytesOf(before)));
    while (this.#bytes > this.#bounds.bytesMax) {
      const longest = this.#longest(line);
      const newest = longest === line ? offer : [...longest.offers.values()].at(-1);
      this.#remove(longest, newest ?? offer);
      if (longest === line) return;
    }
  }

  /** The first of the next line whose turn it is and whose first may be answered; undefined where there is none. */
  take(nowMs: number, mayAnswer: (offer: WaitingOffer) => boolean): WaitingOffer | undefined {
    for (const [lineName, line] of this.#lines) {
      const first = this.#first(line, nowMs);
      if (first === undefined) this.#lines.delete(lineName);
      if (first === undefined || !mayAnswer(first)) continue;
      this.#remove(line, first);
      this.#lines.delete(lineName);
      if (line.offers.size > 0) this.#lines.set(lineName, line);
      return first;
    }
    return undefined;
  }

  clear(): void {
    this.#lines.clear();
    this.#bytes = 0;
  }

  #first(line: Line, nowMs: number): WaitingOffer | undefined {
    for (const offer of line.offers.values()) {
      if (nowMs - offer.cameAtMs <= this.#bounds.waitMsMax) return offer;
      this.#remove(line, offer);
    }
    return undefined;
  }

  /** That line where others are as long. */
  #longest(line: Line): Line {
    let longest = line;
    for (const each of this.#lines.values()) if (each.bytes > longest.bytes) longest = each;
    return longest;
  }

  #remove(line: Line, offer: WaitingOffer): void {
    line.offers.delete(keyOf(offer.name));
    this.#count(line, -bytesOf(offer));
  }

  #count(line: Line, bytes: number): void {
    line.bytes += bytes;
    this.#bytes += bytes;
  }
}

function bytesOf({ payload }: WaitingOffer): number {
  return ENTRY_BYTES + (payload?.length ?? 0);
}
