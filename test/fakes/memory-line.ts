// A line without a serial port between a driver and a simulated camera: bytes go over in pieces of any size, and it can be pulled.
import type { Line, OpenLine } from '../../drivers/serial/line.ts';
import { DockError } from '../../protocol/format/errors.ts';

/** The camera's end. */
export interface MemoryLineEnd {
  /** Called with what the station sends. */
  onBytes: (bytes: Uint8Array) => void;
  write(bytes: Uint8Array): Promise<void>;
}

/** One socket: a camera can be plugged in, pulled, and opened by one at a time. */
export class MemorySocket {
  /** Bytes go over in pieces of at most so many. */
  readonly pieceBytes: number;
  /** How often it was opened. */
  openings = 0;
  #line: MemoryLine | undefined;
  #isPlugged = true;
  readonly end: MemoryLineEnd = {
    onBytes: () => undefined,
    write: async (bytes) => this.#line?.deliver(bytes),
  };

  constructor(pieceBytes = Infinity) {
    this.pieceBytes = pieceBytes;
  }

  readonly deviceAt = async (): Promise<string | undefined> => (this.#isPlugged ? 'camera' : undefined);

  readonly openLine: OpenLine = async (_settings, signal) => {
    signal.throwIfAborted();
    if (!this.#isPlugged) throw gone();
    if (this.#line?.isOpen === true)
      throw new DockError('driver.refused', 'another program holds it', { retry: 'person' });
    this.openings++;
    this.#line = new MemoryLine(this);
    return this.#line;
  };

  unplug(): void {
    this.#isPlugged = false;
    this.#line?.pull();
  }

  plug(): void {
    this.#isPlugged = true;
  }
}

class MemoryLine implements Line {
  readonly #socket: MemorySocket;
  #ended: DockError | undefined;
  #onBytes: (bytes: Uint8Array) => void = () => undefined;
  #onGone: (error: Error) => void = () => undefined;

  constructor(socket: MemorySocket) {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    this.#cut(bytes, (piece) => this.#socket.end.onBytes(piece));
  }

  deliver(bytes: Uint8Array): void {
    this.#cut(bytes, (piece) => {
      if (this.#ended === undefined) this.#onBytes(piece);
    });
  }

  onBytes(handler: (bytes: Uint8Array) => void): void {
    this.#onBytes = handler;
  }

  onGone(handler: (error: Error) => void): void {
    this.#onGone = handler;
    if (this.#ended !== undefined) handler(this.#ended);
  }

  pull(): void {
    if (this.#ended !== undefined) return;
    this.#ended = gone();
    this.#onGone(this.#ended);
  }

  async close(): Promise<void> {
    this.#ended ??= gone();
  }

  /** Each piece is a copy that is overwritten afterwards: anybody who keeps a view keeps nonsense. */
  #cut(bytes: Uint8Array, give: (piece: Uint8Array) => void): void {
    const size = Math.min(this.#socket.pieceBytes, Math.max(1, bytes.length));
    for (let at = 0; at < bytes.length; at += size) {
      const piece = Uint8Array.from(bytes.subarray(at, at + size));
      give(piece);
      piece.fill(0xee);
    }
  }
}

function gone(): DockError {
  return new DockError('driver.detached', 'the camera was pulled', { retry: 'later' });
}
