// A simulated serial camera at its end of a byte line: bytes in, bytes out, and everything that can go wrong between the two.
//
// Invariants:
// 1. Answers leave one after the other and whole, unless a fault wants it otherwise.
// 2. At most `bufCount` requests wait; a station that sends more loses them, as with a device that has no buffer left.
import { concatBytes, encodeUtf8 } from '../../protocol/format/bytes.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { SmpDeframer, SmpFraming } from '../serial/smp/framing.ts';
import { encodePacket, SMP_HEADER_BYTES } from '../serial/smp/packet.ts';
import { noiseSource } from './noise.ts';
import { type ByteSink, pacedSender } from './pty-socat.ts';
import type { SmpCamera } from './smp-camera.ts';

export const BOOT_TEXT = '*** Booting simulated camera ***\r\nuart:~$ ';
export const BOOT_MS = 300;
export const LATE_MS = 3000;
const NOISE_BYTES = 40;
const NO_LINE_END_BYTES = 1024 * 1024;
const PIECE_BYTES = 4096;

export interface SmpCameraLineWish {
  readonly camera: SmpCamera;
  readonly framing: SmpFraming;
  readonly clock: Clock;
  readonly sink: ByteSink;
  /** Bits per second that the answers are slowed down to; undefined: as fast as the sink takes them. */
  readonly baud?: number;
  readonly faults?: SmpFaults;
  /** What "erases-itself" does. */
  readonly eraseAll?: () => Promise<void>;
}

export class SmpCameraLine {
  readonly #wish: SmpCameraLineWish;
  readonly #faults: SmpFaults;
  readonly #deframer: SmpDeframer;
  readonly #noise = noiseSource(1);
  readonly #sink: ByteSink;
  readonly #ending = new AbortController();
  readonly #waiting: Uint8Array[] = [];
  #sending: Promise<void> = Promise.resolve();
  #isBusy = false;
  #deafUntilMs = -Infinity;
  #erasures = 0;
  /** Answers that were made, whatever became of them. */
  answers = 0;
  /** Requests that found no buffer. */
  dropped = 0;

  constructor(wish: SmpCameraLineWish) {
    this.#wish = wish;
    this.#faults = wish.faults ?? {};
    this.#deframer = wish.framing.deframer('requests');
    const { sink, clock, baud } = wish;
    this.#sink = baud === undefined ? sink : pacedSender(sink, clock, baud, this.#ending.signal);
  }

  /** Bytes that a station sent; valid only during the call. */
  take(bytes: Uint8Array): void {
    const nowMs = this.#wish.clock.monotonicMs();
    if (this.#ending.signal.aborted || nowMs < this.#deafUntilMs) return;
    for (const packet of this.#deframer.push(bytes, nowMs)) {
      if (this.#waiting.length < this.#wish.camera.bufCount) this.#waiting.push(packet);
      else this.dropped++;
    }
    if (!this.#isBusy) void this.#work();
  }

  /** Says nothing any more. Idempotent. */
  end(): void {
    this.#waiting.length = 0;
    this.#ending.abort(new Error('the simulated camera was ended'));
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let packet = this.#waiting.shift(); packet !== undefined; packet = this.#waiting.shift())
        await this.#answer(packet);
    } catch {
      this.end(); // the sink is gone, or the camera's files are: silent from now on, as a broken device
    } finally {
      this.#isBusy = false;
    }
  }

  async #answer(request: Uint8Array): Promise<void> {
    const faults = this.#faults;
    const n = this.answers + 1;
    if (n > (faults['silent-after'] ?? Infinity)) return;
    if (isThe(faults, 'erases-itself', n)) await this.#wish.eraseAll?.();
    this.#chooseErasing(request);
    const answer = await this.#wish.camera.answer(request);
    if (answer === undefined) return;
    this.answers = n;
    await this.#send(this.#before(n, answer));
    if (isThe(faults, 'no-line-end', n)) await this.#sendMegabyte();
    const frame = this.#frame(n, answer);
    if (isThe(faults, 'reset', n)) return this.#reset(frame);
    if (isEvery(faults, 'late', n)) return this.#sendLate(frame);
    await this.#send(frame);
    if (isEvery(faults, 'twice', n)) await this.#send(frame);
  }

  /** Command 2 of group 66 is an erasure. */
  #chooseErasing(request: Uint8Array): void {
    if (request[5] !== 66 || request[7] !== 2) return;
    const n = ++this.#erasures;
    const { 'erase-keeps': keeps = 0, 'erase-errors': errors = 0 } = this.#faults;
    this.#wish.camera.erasing = n <= keeps ? 'keeps' : n <= errors ? 'errors' : 'honest';
  }

  /** What comes in front of the n-th answer. */
  #before(n: number, answer: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    if (isEvery(this.#faults, 'noise', n)) parts.push(this.#noise(NOISE_BYTES));
    if (isEvery(this.#faults, 'boot-text', n)) parts.push(encodeUtf8(BOOT_TEXT));
    if (isEvery(this.#faults, 'says-deleted', n)) {
      const header = {
        version: 1,
        op: 'write-answer',
        group: 66,
        command: 2,
        sequence: answer[6] ?? 0,
      } as const;
      parts.push(encodeUtf8('deleted all\r\n'), this.#wish.framing.frame(encodePacket(header, {})));
    }
    return concatBytes(parts);
  }

  #frame(n: number, answer: Uint8Array): Uint8Array {
    const packet = Uint8Array.from(answer);
    if (isEvery(this.#faults, 'other-transaction', n)) packet[6] = ((packet[6] ?? 0) + 128) & 0xff;
    if (isEvery(this.#faults, 'wrong-length', n)) {
      const length = packet.length - SMP_HEADER_BYTES + 1;
      packet.set([length >> 8, length & 0xff], 2);
    }
    const frame = this.#wish.framing.frame(packet);
    if (n <= (this.#faults['wrong-speed'] ?? 0)) return this.#noise(frame.length);
    if (!isEvery(this.#faults, 'bad-crc', n)) return frame;
    const at = frame.length >> 1;
    const damaged = Uint8Array.from(frame);
    damaged[at] = (damaged[at] ?? 0) ^ 0x01;
    return damaged;
  }

  async #reset(frame: Uint8Array): Promise<void> {
    this.#waiting.length = 0;
    await this.#send(frame.subarray(0, frame.length >> 1));
    const { clock } = this.#wish;
    this.#deafUntilMs = clock.monotonicMs() + BOOT_MS;
    this.#deframer.reset();
    await this.#send(encodeUtf8(`\r\n${BOOT_TEXT}`));
  }

  #sendLate(frame: Uint8Array): void {
    this.#wish.clock.after(LATE_MS, () => {
      if (!this.#ending.signal.aborted) this.#send(frame).catch(() => this.end());
    });
  }

  async #sendMegabyte(): Promise<void> {
    const piece = encodeUtf8('x'.repeat(PIECE_BYTES));
    for (let sent = 0; sent < NO_LINE_END_BYTES; sent += PIECE_BYTES) await this.#send(piece);
  }

  #send(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return this.#sending;
    const sent = this.#sending.then(() => this.#sink.write(bytes));
    this.#sending = sent.catch(() => undefined);
    return sent;
  }
}

// How a simulated serial camera misbehaves, as data: one name for each fault, with what its number means. The line applies them.

/** The faults by name. `n` counts answers from 1 on unless the words say otherwise. */
export const SMP_FAULTS = {
  noise: 'random bytes in front of every n-th answer',
  'boot-text': 'the text of a boot in front of every n-th answer',
  reset: 'restarts in the middle of the n-th answer: half of it, boot text, deaf for 300 ms',
  'bad-crc': 'one bit of every n-th answer is flipped on the line',
  late: 'every n-th answer comes 3 s late, others go ahead of it',
  twice: 'every n-th answer comes twice',
  'silent-after': 'says nothing any more behind the n-th answer',
  'says-deleted': 'says by itself, in front of every n-th answer, that a recording was erased',
  'erases-itself': 'erases everything by itself in front of the n-th answer',
  'other-transaction': 'every n-th answer carries the number of another request',
  'wrong-length': 'the header of every n-th answer tells one byte too many',
  'no-line-end': 'a megabyte without a line end in front of the n-th answer',
  'wrong-speed': 'the first n answers come as at another speed: noise of the same length',
  'erase-keeps': 'answers the first n erasures with success and keeps the files',
  'erase-errors': 'answers the first n erasures with an error and erases the files',
} as const;

export type SmpFault = keyof typeof SMP_FAULTS;

/** Which faults, with their numbers; each 1 or more. */
export type SmpFaults = Readonly<Partial<Record<SmpFault, number>>>;

/** "name=n" or "name" (n is 1 then) as a fault, or undefined. */
export function parseSmpFault(text: string): readonly [SmpFault, number] | undefined {
  const [name = '', number = '1', ...more] = text.split('=');
  const fault = (Object.keys(SMP_FAULTS) as SmpFault[]).find((each) => each === name);
  if (fault === undefined || more.length > 0 || !/^[1-9]\d{0,8}$/.test(number)) return undefined;
  return [fault, Number(number)];
}

/** True for every n-th. */
function isEvery(faults: SmpFaults, fault: SmpFault, answer: number): boolean {
  const n = faults[fault];
  return n !== undefined && answer % n === 0;
}

/** True for the n-th alone. */
function isThe(faults: SmpFaults, fault: SmpFault, answer: number): boolean {
  return faults[fault] === answer;
}
