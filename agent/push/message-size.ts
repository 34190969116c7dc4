// How large a message the station dares to send: what the broker announces, lowered by what it was seen to drop (SPEC 6.3).
import { MESSAGE_BYTES_MIN, UNIT_BYTES } from '../../protocol/limits.ts';

/** On a line that is slow to open: a message that takes a minute is lost with its connection. */
const SLOW_BYTES = 16 * 1024;

/** Connections in a row that ended while bytes were on the way and none had arrived. */
const STRIKES = 2;

/** Keeps the ceiling for one broker. It only falls while the process runs: a broker's limit does not grow during a transfer. */
export class MessageSize {
  #ceilingBytes = UNIT_BYTES;
  #strikes = 0;

  /** Payload bytes to use where the broker announces that much. */
  limit(announcedBytes: number, isSlow = false): number {
    return Math.min(this.#ceilingBytes, announcedBytes, isSlow ? SLOW_BYTES : UNIT_BYTES);
  }

  /** Bytes arrived: connections that end from now on are ordinary ones. */
  arrived(): void {
    this.#strikes = 0;
  }

  /** A connection ended with bytes on the way of which none arrived. Returns true where the ceiling fell. */
  lostWhileSending(): boolean {
    this.#strikes++;
    return this.#strikes >= STRIKES && this.shrink();
  }

  /** Halves the ceiling. Returns false where it cannot fall further. */
  shrink(): boolean {
    if (this.#ceilingBytes <= MESSAGE_BYTES_MIN) return false;
    this.#ceilingBytes = Math.max(MESSAGE_BYTES_MIN, this.#ceilingBytes / 2);
    return true;
  }
}
