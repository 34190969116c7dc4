// Turns the packets of the interrupt pipe into events. Pure. Source: USB Still Image Capture Device Definition 1.0, section 7.3.
//
// Invariants:
// 1. Never throws, whatever comes, and keeps less than one container.
// 2. An event begins with a packet, or behind another event in it: nothing is looked for in the middle of nonsense.
import { concatBytes } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import {
  CONTAINER_HEADER_BYTES,
  PARAMETERS_MAX,
  parseHeader,
  parseParameters,
  type ContainerHeader,
} from './container.ts';

const EVENT_BYTES_MAX = CONTAINER_HEADER_BYTES + 4 * PARAMETERS_MAX;

/** What a camera says unasked. */
export interface PtpEvent {
  readonly code: number;
  /** Of the transaction that it is about; 0 or 0xFFFFFFFF where it is about none. */
  readonly transaction: number;
  /** At most five. */
  readonly parameters: readonly number[];
}

export interface ReadEvents {
  readonly events: readonly PtpEvent[];
  /** Something in it was no event. */
  readonly isOdd: boolean;
}

export class EventReader {
  /** Front of an event that takes several packets. */
  #held: Uint8Array = new Uint8Array(0);

  /** Takes one packet. */
  push(packet: Uint8Array): ReadEvents {
    let bytes = this.#held.length === 0 ? packet : concatBytes([this.#held, packet]);
    this.#held = new Uint8Array(0);
    const events: PtpEvent[] = [];
    while (bytes.length > 0) {
      const header = headerOf(bytes);
      // Packets may be filled up behind an event.
      if (header === 'nonsense') return { events, isOdd: events.length === 0 };
      if (header === 'cut' || header.length > bytes.length) {
        this.#held = bytes.slice();
        break;
      }
      const { code, transaction, length } = header;
      events.push({
        code,
        transaction,
        parameters: parseParameters(bytes.subarray(CONTAINER_HEADER_BYTES, length)),
      });
      bytes = bytes.subarray(length);
    }
    return { events, isOdd: false };
  }
}

function headerOf(bytes: Uint8Array): ContainerHeader | 'cut' | 'nonsense' {
  if (bytes.length < CONTAINER_HEADER_BYTES) return mayBegin(bytes) ? 'cut' : 'nonsense';
  try {
    const header = parseHeader(bytes.subarray(0, CONTAINER_HEADER_BYTES));
    return header.type === 'event' ? header : 'nonsense';
  } catch (error) {
    if (isDockError(error)) return 'nonsense';
    throw error;
  }
}

/** The length of a header comes in one packet: the smallest one has 8 bytes. */
function mayBegin(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return length >= CONTAINER_HEADER_BYTES && length <= EVENT_BYTES_MAX;
}
