// Which requests are under way and which answer belongs to which (SPEC 11.1). Pure: time comes in, packets go out, nothing waits.
//
// Invariants:
// 1. At most `places` requests are under way; the rest wait in order.
// 2. A sequence number is not used again while its request is under way, nor before all others were used; one whose answer never came is
//    left out for STALE_MS: a late answer finds nobody.
// 3. An answer counts only with the group, command, kind and sequence of a request that is under way.
// 4. A camera answers one request after the other: a request's time runs from the last answer on, and ends after WAITS_MAX of its times.
import { encodePacket, numbered, parseHeader, SMP_HEADER_BYTES, type SmpMap } from './packet.ts';

const SEQUENCES = 256;
/** Requests under way: more bring nothing on any line, and 256 numbers must be far from used up. */
export const PLACES_MAX = 16;
/** No device holds an answer back for so long. */
const STALE_MS = 60_000;
/** Numbers that may be left out at a time. */
const STALE_MAX = 128;
/** How often a request's time may begin again because others are answered. */
const WAITS_MAX = PLACES_MAX;

/** One request. `tries`: how often it may be sent; only what changes nothing may be sent twice. */
export interface SmpRequest {
  readonly op: 'read' | 'write';
  readonly group: number;
  readonly command: number;
  readonly map: SmpMap;
  readonly timeoutMs: number;
  readonly tries: number;
  /** False for an answer that is another request's although all numbers fit; it is dropped then. */
  readonly isAnswer?: (map: SmpMap) => boolean;
}

interface UnderWay {
  readonly request: SmpRequest;
  readonly id: number;
  readonly packet: Uint8Array;
  sequence: number;
  sentAtMs: number;
  triesLeft: number;
}

/** What is to be done next: bytes to send, or a request (by the number that `ask` gave) that ran out of time. */
export type ExchangeStep =
  { readonly kind: 'send'; readonly packet: Uint8Array } | { readonly kind: 'expired'; readonly id: number };

/** An answer that fits a request; the request is under way until `answered` is called. */
export interface Match {
  readonly id: number;
  readonly request: SmpRequest;
  readonly data: Uint8Array;
}

export class SmpExchange {
  #places = 1;
  /** SMP v1 (0) or v2 (1). */
  version: 0 | 1 = 1;
  #nextSequence = 0;
  #nextId = 0;
  #answeredAtMs = -Infinity;
  readonly #waiting: UnderWay[] = [];
  readonly #underWay = new Map<number, UnderWay>();
  /** Numbers whose answer may still come, in the order of `untilMs`. */
  readonly #stale = new Map<number, number>();
  /** Answers that nobody waited for. */
  strays = 0;

  /** How many requests may be under way, from the device's `buf_count`. */
  set places(count: number) {
    this.#places = Math.max(1, Math.min(count, PLACES_MAX));
  }

  /** Takes a request in; `steps` sends it when its turn comes. Gives its number and the packet's length. Errors: "smp.oversize". */
  ask(request: SmpRequest): { readonly id: number; readonly packetBytes: number } {
    const { op, group, command, map, tries } = request;
    const packet = encodePacket({ version: this.version, op, group, command, sequence: 0 }, map);
    const id = this.#nextId++;
    this.#waiting.push({ request, id, packet, sequence: -1, sentAtMs: 0, triesLeft: tries });
    return { id, packetBytes: packet.length };
  }

  /** Forgets a request: its answer will be a stray. */
  forget(id: number, nowMs: number): void {
    const waiting = this.#waiting.findIndex((each) => each.id === id);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    for (const each of this.#underWay.values()) if (each.id === id) this.#giveUp(each, nowMs);
  }

  /** What is due now. `nowMs` is monotonic. */
  steps(nowMs: number): ExchangeStep[] {
    const steps: ExchangeStep[] = [];
    for (const each of this.#underWay.values()) {
      if (nowMs < this.#dueOf(each)) continue;
      this.#giveUp(each, nowMs);
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
    let due: number | undefined;
    for (const each of this.#underWay.values()) due = Math.min(due ?? Infinity, this.#dueOf(each));
    return due;
  }

  /** The request that a packet answers by its numbers, or undefined for a stray. */
  match(packet: Uint8Array): Match | undefined {
    const header = parseHeader(packet);
    const each = header === undefined ? undefined : this.#underWay.get(header.sequence);
    if (header === undefined || each === undefined || !answers(header, each.request)) {
      this.strays++;
      return undefined;
    }
    return { id: each.id, request: each.request, data: packet.subarray(SMP_HEADER_BYTES) };
  }

  /** The answer of that request was taken. */
  answered(id: number, nowMs: number): void {
    this.#answeredAtMs = nowMs;
    for (const each of this.#underWay.values()) if (each.id === id) this.#underWay.delete(each.sequence);
  }

  #dueOf({ sentAtMs, request }: UnderWay): number {
    const sinceMs = Math.max(sentAtMs, this.#answeredAtMs);
    return Math.min(sinceMs + request.timeoutMs, sentAtMs + WAITS_MAX * request.timeoutMs);
  }

  #giveUp(each: UnderWay, nowMs: number): void {
    this.#underWay.delete(each.sequence);
    this.#stale.delete(each.sequence);
    this.#stale.set(each.sequence, nowMs + STALE_MS);
  }

  #send(each: UnderWay, nowMs: number): Uint8Array {
    each.sequence = this.#freeSequence(nowMs);
    each.sentAtMs = nowMs;
    each.triesLeft--;
    this.#underWay.set(each.sequence, each);
    return numbered(each.packet, each.sequence);
  }

  #freeSequence(nowMs: number): number {
    for (const [sequence, untilMs] of this.#stale)
      if (untilMs <= nowMs || this.#stale.size > STALE_MAX) this.#stale.delete(sequence);
    do this.#nextSequence = (this.#nextSequence + 1) % SEQUENCES;
    while (this.#underWay.has(this.#nextSequence) || this.#stale.has(this.#nextSequence));
    return this.#nextSequence;
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
