// How packets travel on the line (SPEC 11.3, 11.4): a framing turns packets into bytes, and bytes in any pieces back into packets.
import { bufferOf, concatBytes } from '../../../protocol/format/bytes.ts';
import { parseHeader, SMP_HEADER_BYTES, SMP_PACKET_BYTES_MAX } from './packet.ts';

/** Takes bytes as they come and gives whole packets, each a copy of its own. Never throws; what it cannot use is counted. */
export interface SmpDeframer {
  /** Packets that are whole with these bytes. `nowMs` is monotonic. */
  push(bytes: Uint8Array, nowMs: number): Uint8Array[];
  /** Forgets what is unfinished. */
  reset(): void;
  /** Bytes that were skipped as noise, and packets that were dropped as damaged, since the start. */
  readonly noiseBytes: number;
  readonly damaged: number;
}

export interface SmpFraming {
  readonly name: 'console' | 'raw';
  /** The bytes that carry a packet. */
  frame(packet: Uint8Array): Uint8Array;
  /** `takes`: what this end is sent. A camera takes requests, a station answers. */
  deframer(takes: 'answers' | 'requests'): SmpDeframer;
}

// CRC-16 of the console framing. Pure.

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/**
 * Polynomial 0x1021, initial value 0, not reflected, no final xor ("CRC-16/XMODEM").
 * Source: Zephyr, SMP over console. The check value of "123456789" is 0x31C3.
 */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (TABLE[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  return crc;
}

// SMP over a console (SPEC 11.3): base64 lines with markers, so that packets live beside boot text and a shell.
//
// Invariants:
// 1. Memory is one line and one packet, whatever comes.
// 2. A packet is given only when its length and its CRC hold.

const LINE_BYTES_MAX = 127;
/** A line that is longer is noise: some devices print long ones. */
const NOISE_LINE_BYTES_MAX = 512;
const BASE64_PER_LINE = LINE_BYTES_MAX - 3; // marker and line end; 124 is a multiple of 4
const FIRST = [0x06, 0x09] as const;
const NEXT = [0x04, 0x14] as const;
const LF = 0x0a;
const CR = 0x0d;
const LENGTH_BYTES = 2;
const CRC_BYTES = 2;
const CODED_BYTES_MAX = LENGTH_BYTES + SMP_PACKET_BYTES_MAX + CRC_BYTES;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const consoleFraming: SmpFraming = {
  name: 'console',
  frame: frameLines,
  deframer: () => new ConsoleDeframer(),
};

function frameLines(packet: Uint8Array): Uint8Array {
  const crc = crc16(packet);
  const length = packet.length + CRC_BYTES;
  const coded = concatBytes([
    Uint8Array.of(length >> 8, length & 0xff),
    packet,
    Uint8Array.of(crc >> 8, crc & 0xff),
  ]);
  const text = bufferOf(coded).toString('base64');
  const lines: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += BASE64_PER_LINE) {
    const marker = at === 0 ? FIRST : NEXT;
    lines.push(
      Uint8Array.of(...marker),
      Buffer.from(text.slice(at, at + BASE64_PER_LINE), 'latin1'),
      Uint8Array.of(LF),
    );
  }
  return concatBytes(lines);
}

class ConsoleDeframer implements SmpDeframer {
  readonly #line = new Uint8Array(NOISE_LINE_BYTES_MAX);
  #lineBytes = 0;
  /** True where the line is longer than it may be: skipped as far as its end. */
  #isOverlong = false;
  readonly #coded = new Uint8Array(CODED_BYTES_MAX);
  /** Undefined: no first line was seen. */
  #codedBytes: number | undefined;
  noiseBytes = 0;
  damaged = 0;

  push(bytes: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf(LF, from);
      this.#hold(bytes.subarray(from, end < 0 ? bytes.length : end));
      if (end < 0) break;
      const packet = this.#takeLine();
      if (packet !== undefined) packets.push(packet);
      from = end + 1;
    }
    return packets;
  }

  reset(): void {
    this.#lineBytes = 0;
    this.#isOverlong = false;
    this.#codedBytes = undefined;
  }

  #hold(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, this.#line.length - this.#lineBytes);
    this.#line.set(taken, this.#lineBytes);
    this.#lineBytes += taken.length;
    if (taken.length === bytes.length) return;
    this.#isOverlong = true;
    this.noiseBytes += bytes.length - taken.length;
  }

  #takeLine(): Uint8Array | undefined {
    let line = this.#line.subarray(0, this.#lineBytes);
    const isOverlong = this.#isOverlong;
    this.#lineBytes = 0;
    this.#isOverlong = false;
    if (line.at(-1) === CR) line = line.subarray(0, -1);
    const text = isOverlong ? undefined : this.#markedText(line);
    if (text === undefined) {
      this.noiseBytes += line.length + 1;
      return undefined;
    }
    return this.#add(text);
  }

  /** The base64 of a line that belongs to a packet; noise in front of a first marker on the same line is cut. */
  #markedText(line: Uint8Array): string | undefined {
    const first = markerIn(line);
    if (first >= 0) {
      if (this.#codedBytes !== undefined) this.damaged++;
      this.#codedBytes = 0;
      this.noiseBytes += first;
      return bufferOf(line.subarray(first + 2)).toString('latin1');
    }
    if (this.#codedBytes === undefined || line[0] !== NEXT[0] || line[1] !== NEXT[1]) return undefined;
    return bufferOf(line.subarray(2)).toString('latin1');
  }

  #add(text: string): Uint8Array | undefined {
    const held = this.#codedBytes ?? 0;
    const decoded = BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
    if (decoded === undefined || held + decoded.length > CODED_BYTES_MAX) return this.#drop();
    this.#coded.set(decoded, held);
    this.#codedBytes = held + decoded.length;
    if (this.#codedBytes < LENGTH_BYTES) return undefined;
    const length = ((this.#coded[0] ?? 0) << 8) | (this.#coded[1] ?? 0);
    if (length < SMP_HEADER_BYTES + CRC_BYTES || length + LENGTH_BYTES > CODED_BYTES_MAX) return this.#drop();
    if (this.#codedBytes < LENGTH_BYTES + length) return undefined;
    if (this.#codedBytes > LENGTH_BYTES + length) return this.#drop();
    return this.#finish(length);
  }

  #finish(length: number): Uint8Array | undefined {
    const packet = this.#coded.slice(LENGTH_BYTES, LENGTH_BYTES + length - CRC_BYTES);
    const [high = 0, low = 0] = this.#coded.subarray(length, length + CRC_BYTES);
    if (crc16(packet) !== ((high << 8) | low)) return this.#drop();
    this.#codedBytes = undefined;
    return packet;
  }

  #drop(): undefined {
    this.damaged++;
    this.#codedBytes = undefined;
    return undefined;
  }
}

/** Where the last first-line marker begins: boot text may end in the middle of a line. */
function markerIn(line: Uint8Array): number {
  for (let at = line.length - 2; at >= 0; at--)
    if (line[at] === FIRST[0] && line[at + 1] === FIRST[1]) return at;
  return -1;
}

// SMP without framing (SPEC 11.4): packets follow each other; only headers and pauses tell where one begins.
//
// Invariant: memory is one packet; whatever comes, at most one byte at a time is skipped until a header fits.

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
