// The ids that the product makes or accepts, as branded strings. Names from a camera are never ids.
import { DockError } from './errors.ts';
import { POLICIES } from './file-names.ts';
import type { Random } from './ports.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 128 random bits, drawn per sealing, never reused: 26 characters of lower-case base32. */
export type RecordingId = Branded<'RecordingId'>;
/** 128 random bits for one stay of one camera in a bay. */
export type DockingId = Branded<'DockingId'>;
/** 128 random bits for one custody segment, drawn at each start of the agent. */
export type SegmentId = Branded<'SegmentId'>;
/** 128 random bits for one run of the agent; an offline status or a claim counts only for the session that it names. */
export type SessionId = Branded<'SessionId'>;
/** Configured names: `[a-z0-9-]`, 1 to 32 characters, no hyphen at either end. */
export type StationId = Branded<'StationId'>;
export type BayId = Branded<'BayId'>;
export type CameraId = Branded<'CameraId'>;
/** A configured name that starts with `r-`. */
export type ReceiverId = Branded<'ReceiverId'>;

const ID_BYTES = 16;
const ID_CHARACTERS = 26;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** By the code of a character. */
const VALUES = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, BASE32.indexOf(String.fromCharCode(code))),
);
/** 26 characters hold 130 bits: the last one carries 3 bits of the id and two zero bits, so it is one of eight. */
export const RANDOM_ID_PATTERN = /^[a-z2-7]{25}[aeimquy4]$/;
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
export const RECEIVER_PATTERN = /^r-[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/;

function randomId(random: Random): string {
  return makeIdFrom(random.bytes(16));
}

/** The text of 128 given bits: the first 16 bytes in lower-case base32, as every random id is written. */
export function makeIdFrom(bytes: Uint8Array): string {
  // One piece of text: added up character by character it would be kept as 26 of them.
  const text = Buffer.allocUnsafe(ID_CHARACTERS);
  let bits = 0;
  let held = 0;
  let to = 0;
  for (let at = 0; at < ID_BYTES; at++) {
    held = (held << 8) | (bytes[at] ?? 0);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text[to++] = BASE32.charCodeAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  text[to] = BASE32.charCodeAt((held << (5 - bits)) & 31);
  return text.toString('latin1');
}

/** The 16 bytes of a random id, as `makeIdFrom` takes them. */
export function bytesOfId(id: RecordingId | DockingId): Buffer {
  const bytes = Buffer.alloc(ID_BYTES);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let from = 0; from < id.length; from++) {
    held = (held << 5) | (VALUES[id.charCodeAt(from)] ?? 0);
    bits += 5;
    if (bits < 8 || at === ID_BYTES) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  return bytes;
}

/** The same id as a text of its own, for anybody who keeps very many: a part of a topic or a line keeps all of that in memory. */
export function ownId<Id extends RecordingId | DockingId>(id: Id): Id {
  return makeIdFrom(bytesOfId(id)) as Id;
}

/** Draws a new id from the given source of randomness (16 bytes of it). */
export function makeRecordingId(random: Random): RecordingId {
  return randomId(random) as RecordingId;
}
export function makeDockingId(random: Random): DockingId {
  return randomId(random) as DockingId;
}
export function makeSegmentId(random: Random): SegmentId {
  return randomId(random) as SegmentId;
}
export function makeSessionId(random: Random): SessionId {
  return randomId(random) as SessionId;
}

export function isRecordingId(text: string): text is RecordingId {
  return RANDOM_ID_PATTERN.test(text);
}
export function isDockingId(text: string): text is DockingId {
  return RANDOM_ID_PATTERN.test(text);
}
export function isSegmentId(text: string): text is SegmentId {
  return RANDOM_ID_PATTERN.test(text);
}
export function isSessionId(text: string): text is SessionId {
  return RANDOM_ID_PATTERN.test(text);
}
export function isStationId(text: string): text is StationId {
  return NAME_PATTERN.test(text) && !text.startsWith('r-') && text !== POLICIES;
}
export function isBayId(text: string): text is BayId {
  return NAME_PATTERN.test(text);
}
export function isCameraId(text: string): text is CameraId {
  return NAME_PATTERN.test(text);
}
export function isReceiverId(text: string): text is ReceiverId {
  return RECEIVER_PATTERN.test(text);
}

function parseId<Id extends string>(
  kind: string,
  is: (text: string) => text is Id,
  allowed: string,
): (text: string) => Id {
  return (text) => {
    if (is(text)) return text;
    throw new DockError('id.malformed', `${kind} ${JSON.stringify(text.slice(0, 64))} is not ${allowed}`, {
      retry: 'never',
    });
  };
}

const RANDOM_ID_WORDS = 'an id of 26 characters of lower-case base32';
const NAME_WORDS = '1 to 32 of a-z, 0-9 and "-", with no "-" at either end';
/** Each parse function returns the branded id or throws "id.malformed". */
export const parseRecordingId = parseId('recording', isRecordingId, RANDOM_ID_WORDS);
export const parseDockingId = parseId('docking', isDockingId, RANDOM_ID_WORDS);
export const parseSegmentId = parseId('segment', isSegmentId, RANDOM_ID_WORDS);
export const parseStationId = parseId(
  'station',
  isStationId,
  `${NAME_WORDS}, not starting with "r-", and not "${POLICIES}"`,
);
export const parseBayId = parseId('bay', isBayId, NAME_WORDS);
export const parseCameraId = parseId('camera', isCameraId, NAME_WORDS);
export const parseReceiverId = parseId('receiver', isReceiverId, 'a name that starts with "r-"');
