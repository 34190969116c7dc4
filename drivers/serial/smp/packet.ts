// SMP packets (SPEC 11.1, 11.2): an 8-byte header and one CBOR map. Pure; framing and matching are elsewhere.
import { decode, encode } from 'cborg';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';

export const SMP_HEADER_BYTES = 8;
/** Data of one packet; MCUmgr's usual buffers are 384 to 2,475 bytes. */
export const SMP_DATA_BYTES_MAX = 8192;
export const SMP_PACKET_BYTES_MAX = SMP_HEADER_BYTES + SMP_DATA_BYTES_MAX;
const SEQUENCE_AT = 6;
/** Arrays and maps in each other: an answer of ours needs 3. */
const CBOR_DEPTH_MAX = 8;

/** What a packet asks for or answers. */
export interface SmpHeader {
  /** 0: SMP v1, 1: SMP v2. */
  readonly version: 0 | 1;
  readonly op: 'read' | 'read-answer' | 'write' | 'write-answer';
  readonly group: number;
  readonly sequence: number;
  readonly command: number;
  /** Bytes of CBOR behind the header. */
  readonly dataBytes: number;
}

const OPS = ['read', 'read-answer', 'write', 'write-answer'] as const;

/** A CBOR map with text keys. */
export type SmpMap = Readonly<Record<string, unknown>>;

/** A header, or undefined where the bytes (8 or more) cannot be one. */
export function parseHeader(bytes: Uint8Array): SmpHeader | undefined {
  const [
    first = 0xff,
    flags = 0xff,
    high = 0,
    low = 0,
    groupHigh = 0,
    groupLow = 0,
    sequence = 0,
    command = 0,
  ] = bytes;
  const op = OPS[first & 0x07];
  const version = (first >> 3) & 0x03;
  const dataBytes = (high << 8) | low;
  if (op === undefined || first >> 5 !== 0 || flags !== 0 || version > 1 || dataBytes > SMP_DATA_BYTES_MAX)
    return undefined;
  return {
    version: version === 1 ? 1 : 0,
    op,
    group: (groupHigh << 8) | groupLow,
    sequence,
    command,
    dataBytes,
  };
}

/** Bytes of a packet. Errors: "smp.oversize". */
export function encodePacket(header: Omit<SmpHeader, 'dataBytes'>, map: SmpMap): Uint8Array {
  return packetOf(header, encode(map));
}

/** Bytes of a packet around CBOR that is made already. Errors: "smp.oversize". */
export function packetOf(header: Omit<SmpHeader, 'dataBytes'>, data: Uint8Array): Uint8Array {
  if (data.length > SMP_DATA_BYTES_MAX)
    throw new DockError('smp.oversize', `SMP data of ${data.length} bytes, at most ${SMP_DATA_BYTES_MAX}`, {
      retry: 'never',
    });
  const packet = new Uint8Array(SMP_HEADER_BYTES + data.length);
  const { version, op, group, sequence, command } = header;
  packet.set([
    (version << 3) | OPS.indexOf(op),
    0,
    data.length >> 8,
    data.length & 0xff,
    group >> 8,
    group & 0xff,
    sequence,
    command,
  ]);
  packet.set(data, SMP_HEADER_BYTES);
  return packet;
}

/** A copy of a packet with another sequence number: what is sent again is not encoded again. */
export function numbered(packet: Uint8Array, sequence: number): Uint8Array {
  const copy = Uint8Array.from(packet);
  copy[SEQUENCE_AT] = sequence;
  return copy;
}

/**
 * The map of a packet whose framing was checked. Byte strings are views on `packet`'s memory or copies: keep none of it beyond the next read.
 * Errors: "smp.malformed" for anything but one map with text keys; lengths are checked before anything is allocated.
 */
export function parseMap(data: Uint8Array): SmpMap {
  if (isTooDeep(data)) return malformed('nested too deep');
  let value: unknown;
  try {
    value = decode(data, {
      allowIndefinite: true, // MCUmgr's usual build writes its maps so
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
      rejectDuplicateMapKeys: true,
    });
  } catch (error) {
    return malformed('not the CBOR that was asked for', error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return Object.fromEntries(Object.entries(value));
  return malformed('not a map');
}

/** The error that an answer tells, or undefined for success. Source: SPEC 11.2. */
export function errorOf(
  map: SmpMap,
): { readonly group: number | undefined; readonly rc: number } | undefined {
  const { rc, err } = map;
  if (typeof rc === 'number' && rc !== 0) return { group: undefined, rc };
  if (typeof err !== 'object' || err === null || !('rc' in err)) return undefined;
  if (typeof err.rc !== 'number' || err.rc === 0) return undefined;
  const group = 'group' in err && typeof err.group === 'number' ? err.group : undefined;
  return { group, rc: err.rc };
}

/** An array or a map whose end is a break, not a count. */
const UNCOUNTED = -1;
const BREAK = 0xff;

/** Walks over item heads without decoding, so that a decoder never recurses deeper than the bound. */
function isTooDeep(data: Uint8Array): boolean {
  const open: number[] = []; // items that are left in each array or map around here
  let at = 0;
  while (at < data.length) {
    const head = data[at] ?? 0;
    const [value, next] = readLength(data, at, head & 0x1f);
    at = next;
    if (head === BREAK && open.at(-1) === UNCOUNTED) open.pop();
    const major = head >> 5;
    if (major === 2 || major === 3) at += value;
    const items = major === 4 ? value : major === 5 ? 2 * value : major === 6 ? 1 : 0;
    const left = open.at(-1) ?? UNCOUNTED;
    if (left > 0 && head !== BREAK) open[open.length - 1] = left - 1;
    if ((major === 4 || major === 5) && (head & 0x1f) === 31) open.push(UNCOUNTED);
    else if (items > 0) open.push(items);
    if (open.length > CBOR_DEPTH_MAX) return true;
    while (open.at(-1) === 0) open.pop();
  }
  return false;
}

function readLength(data: Uint8Array, at: number, short: number): [number, number] {
  if (short < 24) return [short, at + 1];
  const bytes = short < 28 ? 1 << (short - 24) : 0;
  let value = 0;
  for (let each = 1; each <= bytes; each++) value = value * 256 + (data[at + each] ?? 0);
  return [value, at + 1 + bytes];
}

function malformed(why: string, cause?: unknown): never {
  throw new DockError('smp.malformed', `SMP packet refused: ${why}`, { retry: 'later', cause });
}

// What a camera's error codes mean (SPEC 11.2): SMP's own, and those of the file group, which count again from 1. Pure.

/** Source: Zephyr, SMP Protocol Specification, "Management error codes". */
export const RC_UNKNOWN = 1;
export const RC_INVALID = 3;
export const RC_NO_ENTRY = 5;
export const RC_NOT_SUPPORTED = 8;
export const RC_BUSY = 10;
export const RC_ACCESS_DENIED = 11;
export const RC_TOO_NEW = 13;

const FILES = 8;
const CAMERA = 66;
/** Source: Zephyr, fs_mgmt.h: not found, hash type not known, read-only file system. */
const FILE_CODES: ReadonlyMap<number, number> = new Map([
  [3, RC_NO_ENTRY],
  [13, RC_NOT_SUPPORTED],
  [15, RC_ACCESS_DENIED],
]);

/** The SMP code that an answer's error means, RC_UNKNOWN where a group's own says nothing that is known here; undefined for other errors. */
export function rcOf(error: unknown): number | undefined {
  if (!isDockError(error, 'smp.error')) return undefined;
  const { rc, group } = error.facts;
  if (typeof rc !== 'number') return undefined;
  if (group === -1 || group === CAMERA) return rc;
  return group === FILES ? (FILE_CODES.get(rc) ?? RC_UNKNOWN) : RC_UNKNOWN;
}
