// SMP without framing (SPEC 11.4): packets follow each other; only headers and pauses tell where one begins.
//
// Invariant: memory is one packet; whatever comes, at most one byte at a time is skipped until a header fits.
import type { SmpDeframer, SmpFraming } from './framing.ts';
import { parseHeader, SMP_HEADER_BYTES, SMP_PACKET_BYTES_MAX } from './packet.ts';

/** A packet that does not go on for so long is dropped. */
const PAUSE_MS = 500;

export const rawFraming: SmpFraming = {
  name: 'raw',
  frame: (packet) => packet,
  deframer: (takes) => new RawDeframer(takes === 'answers'),
};

class RawDeframer implements SmpDeframer {
  readonly #held = new Uint8Array(SMP_PACKET_BYTES_MAX);
  readonly #takesAnswers: boolean;
  #heldBytes = 0;
  #lastMs = 0;
  noiseBytes = 0;
  damaged = 0;

  constructor(takesAnswers: boolean) {
    this.#takesAnswers = takesAnswers;
  }

  push(bytes: Uint8Array, nowMs: number): Uint8Array[] {
    if (this.#heldBytes > 0 && nowMs - this.#lastMs >= PAUSE_MS) {
      this.damaged++;
      this.reset();
    }
    this.#lastMs = nowMs;
    const packets: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const taken = bytes.subarray(at, at + this.#held.length - this.#heldBytes);
      this.#held.set(taken, this.#heldBytes);
      this.#heldBytes += taken.length;
      at += taken.length;
      this.#split(packets);
    }
    return packets;
  }

  reset(): void {
    this.#heldBytes = 0;
  }

  #split(packets: Uint8Array[]): void {
    let at = 0;
    while (this.#heldBytes - at >= SMP_HEADER_BYTES) {
      const header = parseHeader(this.#held.subarray(at, at + SMP_HEADER_BYTES));
      if (header === undefined || header.op.endsWith('-answer') !== this.#takesAnswers) {
        this.noiseBytes++;
        at++;
        continue;
      }
      const end = at + SMP_HEADER_BYTES + header.dataBytes;
      if (end > this.#heldBytes) break;
      packets.push(this.#held.slice(at, end));
      at = end;
    }
    this.#held.copyWithin(0, at, this.#heldBytes);
    this.#heldBytes -= at;
  }
}
