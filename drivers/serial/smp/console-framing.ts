// SMP over a console (SPEC 11.3): base64 lines with markers, so that packets live beside boot text and a shell.
//
// Invariants:
// 1. Memory is one line and one packet, whatever comes.
// 2. A packet is given only when its length and its CRC hold.
import { bufferOf, concatBytes } from '../../../protocol/format/bytes.ts';
import { crc16 } from './crc16.ts';
import type { SmpDeframer, SmpFraming } from './framing.ts';
import { SMP_HEADER_BYTES, SMP_PACKET_BYTES_MAX } from './packet.ts';

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
