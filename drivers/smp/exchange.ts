// Which requests are under way and which answer belongs to which (SPEC 11.1). Pure: time comes in, packets go out, nothing waits.
//
// Invariants:
// 1. At most `places` requests are under way; the rest wait in order.
// 2. A sequence number is not used again while its request is under way, nor before all others were used: a late answer finds nobody.
// 3. An answer counts only with the group, command, kind and sequence of a request that is under way.
import { encodePacket, parseHeader, SMP_HEADER_BYTES, type SmpMap } from './packet.ts';

const SEQUENCES = 256;
/** Requests under way: more bring nothing on any line, and 256 numbers must be far from used up. */
export const PLACES_MAX = 16;

/** One request. `tries`: how often it may be sent; only what changes nothing may be sent twice. */
export interface SmpRequest {
  readonly op: 'read' | 'write';
  readonly group: number;
  readonly command: number;
  readonly map: SmpMap;
  readonly timeoutMs: number;
  readonly tries: number;
}

interface UnderWay {
  readonly request: SmpRequest;
  readonly id: number;
  sequence: number;
  sentAtMs: number;
  triesLeft: number;
}

/** What is to be done next: bytes to send, or a request (by the number that `ask` gave) that ran out of time. */
export type ExchangeStep =
  { readonly kind: 'send'; readonly packet: Uint8Array } | { readonly kind: 'expired'; readonly id: number };

/** The answer to a request. */
export interface Answered {
  readonly id: number;
  readonly data: Uint8Array;
}

export class SmpExchange {
  #places = 1;
  /** SMP v1 (0) or v2 (1). */
  version: 0 | 1 = 1;
  #nextSequence = 0;
  #nextId = 0;
  readonly #waiting: UnderWay[] = [];
  readonly #underWay = new Map<number, UnderWay>();
  /** Answers that nobody waited for. */
  strays = 0;

  /** How many requests may be under way, from the device's `buf_count`. */
  set places(count: number) {
    this.#places = Math.max(1, Math.min(count, PLACES_MAX));
  }

  /** Takes a request in; `steps` sends it when its turn comes. Gives its number. */
  ask(request: SmpRequest): number {
    const id = this.#nextId++;
    this.#waiting.push({ request, id, sequence: -1, sentAtMs: 0, triesLeft: request.tries });
    return id;
  }

  /** Forgets a request: its answer will be a stray. */
  forget(id: number): void {
    const waiting = this.#waiting.findIndex((each) => each.id === id);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    for (const [sequence, each] of this.#underWay) if (each.id === id) this.#underWay.delete(sequence);
  }

  /** What is due now. `nowMs` is monotonic. */
  steps(nowMs: number): ExchangeStep[] {
    const steps: ExchangeStep[] = [];
    for (const each of this.#underWay.values()) {
      if (nowMs - each.sentAtMs < each.request.timeoutMs) continue;
      this.#underWay.delete(each.sequence);
      if (each.triesLeft > 0) this.#waiting.unshift(each);
      else steps.push({ kind: 'expired', id: each.id });
    }
    while (this.#underWay.size < this.#places) {
      const each = this.#waiting.shift();
      if (each === undefined) break;
      steps.push({ kind: 'send', packet: this.#send(each, nowMs) });
    }
    return steps;
  }

  /** When `steps` is to be asked again at the latest, or undefined where nothing is under way. */
  get dueAtMs(): number | undefined {
    const due = [...this.#underWay.values()].map(({ sentAtMs, request }) => sentAtMs + request.timeoutMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** The request that a packet answers, or undefined for a stray. */
  take(packet: Uint8Array): Answered | undefined {
    const header = parseHeader(packet);
    const each = header === undefined ? undefined : this.#underWay.get(header.sequence);
    if (header === undefined || each === undefined || !answers(header, each.request)) {
      this.strays++;
      return undefined;
    }
    this.#underWay.delete(header.sequence);
    return { id: each.id, data: packet.subarray(SMP_HEADER_BYTES) };
  }

  #send(each: UnderWay, nowMs: number): Uint8Array {
    do this.#nextSequence = (this.#nextSequence + 1) % SEQUENCES;
    while (this.#underWay.has(this.#nextSequence));
    each.sequence = this.#nextSequence;
    each.sentAtMs = nowMs;
    each.triesLeft--;
    this.#underWay.set(each.sequence, each);
    const { op, group, command, map } = each.request;
    return encodePacket({ version: this.version, op, group, command, sequence: each.sequence }, map);
  }
}

function answers(
  header: { readonly op: string; readonly group: number; readonly command: number },
  request: SmpRequest,
): boolean {
  return (
    header.op === `${request.op}-answer` &&
    header.group === request.group &&
    header.command === request.command
  );
}
