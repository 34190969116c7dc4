// Bulk containers: header and parameters, outward and inward. Pure. Source: USB Still Image Capture Device Definition 1.0, section 7.1.
import { DockError } from '../../protocol/format/errors.ts';

/** length u32, type u16, code u16, transaction u32; all little-endian, length with this header. */
export const CONTAINER_HEADER_BYTES = 12;
/** A command or a response has at most five parameters of 32 bits. */
export const PARAMETERS_MAX = 5;
/** Data whose length does not fit: it ends with a short packet. */
export const LENGTH_UNKNOWN = 0xffffffff;

export const CONTAINER_TYPE = { command: 1, data: 2, response: 3, event: 4 } as const;

export interface ContainerHeader {
  /** Bytes of header and payload; LENGTH_UNKNOWN where they do not fit. */
  readonly length: number;
  readonly type: 'command' | 'data' | 'response' | 'event';
  readonly code: number;
  readonly transaction: number;
}

const TYPE_NAMES = ['command', 'data', 'response', 'event'] as const;

/** A command container, 12 to 32 bytes. */
export function encodeCommand(
  code: number,
  transaction: number,
  parameters: readonly number[] = [],
): Uint8Array {
  if (parameters.length > PARAMETERS_MAX) throw new RangeError('a PTP command has at most five parameters');
  const bytes = new Uint8Array(CONTAINER_HEADER_BYTES + 4 * parameters.length);
  const view = writeHeader(bytes, CONTAINER_TYPE.command, code, transaction);
  for (const [at, parameter] of parameters.entries())
    view.setUint32(CONTAINER_HEADER_BYTES + 4 * at, parameter, true);
  return bytes;
}

/** A data container with its whole payload: for the small data that a host sends. */
export function encodeData(code: number, transaction: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CONTAINER_HEADER_BYTES + payload.length);
  writeHeader(bytes, CONTAINER_TYPE.data, code, transaction);
  bytes.set(payload, CONTAINER_HEADER_BYTES);
  return bytes;
}

/**
 * Reads a header from exactly 12 bytes and checks what can be checked without the payload.
 * Errors: "driver.protocol" for a length below 12, an unknown type, or a response or event of more than 32 bytes.
 */
export function parseHeader(bytes: Uint8Array): ContainerHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, CONTAINER_HEADER_BYTES);
  const length = view.getUint32(0, true);
  const type = TYPE_NAMES[view.getUint16(4, true) - 1];
  if (type === undefined || type === 'command') return refuse(`container type ${view.getUint16(4, true)}`);
  if (length < CONTAINER_HEADER_BYTES) return refuse(`container length ${length}`);
  if (type !== 'data' && length > CONTAINER_HEADER_BYTES + 4 * PARAMETERS_MAX)
    return refuse(`a ${type} of ${length} bytes`);
  return { length, type, code: view.getUint16(6, true), transaction: view.getUint32(8, true) };
}

/** Parameters behind the header of a response or an event; what is left of less than four bytes is dropped. */
export function parseParameters(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return Array.from({ length: Math.floor(payload.length / 4) }, (_, at) => view.getUint32(4 * at, true));
}

function writeHeader(bytes: Uint8Array, type: number, code: number, transaction: number): DataView {
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, code, true);
  view.setUint32(8, transaction, true);
  return view;
}

function refuse(what: string): never {
  throw new DockError('driver.protocol', `the camera sent ${what}, which PTP does not know`, {
    retry: 'later',
  });
}
