// Signed notes of C2SP signed-note: a text, an empty line, and signature lines of names and key ids. Two kinds of signatures are known, Ed25519
// over the text (0x01) and the timestamped cosignature of a witness (0x04, C2SP tlog-cosignature); lines of all others are passed over.
//
// Invariant: nothing of a note counts but through `verifyNote`.
import { encodeBase64, encodeUtf8, parseBase64, sha256 } from '../format/bytes.ts';
import { isSignedBy, isWeakKey } from '../format/ed25519.ts';
import { DockError } from '../format/errors.ts';

/** Ed25519 over the text. */
export const NOTE_ED25519 = 0x01;
/** Ed25519 over a time and the text: a witness saw this as the newest checkpoint of the log, then. */
export const NOTE_COSIGNATURE = 0x04;

/** A text of a few lines and 64 signatures, also such of the post-quantum kind for some of them. */
export const NOTE_BYTES_MAX = 64 * 1024;
/** C2SP asks for 16 at least. */
const SIGNATURES_MAX = 64;
const KEY_ID_BYTES = 4;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIME_BYTES = 8;
/** Seconds since 1970: the first year that no time of a document has. */
const TIME_END = 253_402_300_800;
const LINE_PREFIX = '— ';

/** A public key that may sign notes. */
export interface NoteKey {
  readonly name: string;
  readonly type: typeof NOTE_ED25519 | typeof NOTE_COSIGNATURE;
  /** 32 bytes of Ed25519. */
  readonly key: Uint8Array;
}

/** One signature line. */
export interface NoteSignature {
  readonly name: string;
  /** 8 hex digits. */
  readonly keyId: string;
  /** What comes after the key id. */
  readonly bytes: Uint8Array;
}

export interface SignedNote {
  /** With its last LF. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that verifies. */
export interface VerifiedSignature {
  readonly key: NoteKey;
  /** Of a cosignature: seconds since 1970; null for a signature without a time. */
  readonly time: number | null;
}

/** Id of a key under its name: 8 hex digits. */
export function noteKeyId({ name, type, key }: NoteKey): string {
  const bytes = Buffer.concat([encodeUtf8(`${name}\n`), Buffer.from([type]), key]);
  return Buffer.from(sha256(bytes).subarray(0, KEY_ID_BYTES)).toString('hex');
}

/** The one-line form of a key, `<name>+<key id>+<base64 of type and key>`, as stock tools write it. */
export function formatNoteKey(key: NoteKey): string {
  return `${key.name}+${noteKeyId(key)}+${encodeBase64(Buffer.concat([Buffer.from([key.type]), key.key]))}`;
}

/** A key from its one-line form. Errors: "note.key" for another form, kind or id, or a key that proves nothing. */
export function parseNoteKey(text: string): NoteKey {
  const [name = '', keyId, ...rest] = text.split('+');
  const bytes = parseBase64(rest.join('+')) ?? new Uint8Array();
  const [type] = bytes;
  const key = bytes.slice(1);
  if (!isKeyName(name) || key.length !== KEY_BYTES || (type !== NOTE_ED25519 && type !== NOTE_COSIGNATURE))
    return badKey(text, 'expected name+id+base64 of an Ed25519 key');
  if (noteKeyId({ name, type, key }) !== keyId) return badKey(text, 'its id is not that of its name and key');
  if (isWeakKey(key)) return badKey(text, 'by this key one signature holds for every text');
  return { name, type, key };
}

/** True for a name that a signature line can have: not empty, no space, no plus, no control character. */
function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}\p{Cc}\p{Surrogate}+]/u.test(name);
}

/** Text of a signature line of a key, with its LF. `signature` is what the kind of the key asks for. */
export function signatureLine(key: NoteKey, signature: Uint8Array): string {
  return noteLine({ name: key.name, keyId: noteKeyId(key), bytes: signature });
}

/** Text of a signature line as it was parsed. */
export function noteLine({ name, keyId, bytes }: NoteSignature): string {
  return `${LINE_PREFIX}${name} ${encodeBase64(Buffer.concat([Buffer.from(keyId, 'hex'), bytes]))}\n`;
}

/** A note of a text (with its last LF) and signature lines. */
export function formatNote(text: string, lines: readonly string[]): string {
  return `${text}\n${lines.join('')}`;
}

/**
 * A note from its text, signatures not verified. Strict: one spelling of base64, no control character but LF, at least one signature.
 * Errors: "note.malformed".
 */
export function parseNote(note: string): SignedNote {
  if (note.length > NOTE_BYTES_MAX || encodeUtf8(note).length > NOTE_BYTES_MAX)
    return malformed(`longer than ${NOTE_BYTES_MAX} bytes`);
  if (/[^\P{Cc}\n\u0080-\u009f\u007f]|\p{Surrogate}/u.test(note))
    return malformed('a control character, or no UTF-8');
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) return malformed('no empty line, or no LF at its end');
  const text = note.slice(0, at + 1);
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) return malformed(`more than ${SIGNATURES_MAX} signatures`);
  return { text, signatures: lines.map(parseLine) };
}

function parseLine(line: string): NoteSignature {
  const [name = '', base64 = '', ...more] = line.startsWith(LINE_PREFIX)
    ? line.slice(LINE_PREFIX.length).split(' ')
    : [];
  const bytes = parseBase64(base64);
  if (!isKeyName(name) || more.length > 0 || bytes === undefined || bytes.length <= KEY_ID_BYTES)
    return malformed('a line that is no signature');
  return {
    name,
    keyId: Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString('hex'),
    bytes: bytes.subarray(KEY_ID_BYTES),
  };
}

/**
 * What of a note verifies by these keys, in the order of its lines, each key once, with the latest time that it says; may be empty. Lines of
 * other keys are passed over. Errors: "note.signature" where a line of a known key does not verify.
 */
export function verifyNote(note: SignedNote, keys: readonly NoteKey[]): VerifiedSignature[] {
  const known = new Map(keys.map((key) => [`${key.name} ${noteKeyId(key)}`, key]));
  const verified = new Map<NoteKey, VerifiedSignature>();
  for (const line of note.signatures) {
    const key = known.get(`${line.name} ${line.keyId}`);
    if (key === undefined) continue;
    const time = signedTime(note.text, key, line.bytes);
    if (time === undefined)
      throw new DockError(
        'note.signature',
        `the signature of ${line.name} (${line.keyId}) does not fit the note`,
        {
          retry: 'never',
        },
      );
    if ((verified.get(key)?.time ?? -1) < (time ?? 0)) verified.set(key, { key, time });
  }
  return [...verified.values()];
}

/** Time that a signature says, or null where its kind says none; undefined where it does not verify. */
function signedTime(text: string, { type, key }: NoteKey, bytes: Uint8Array): number | null | undefined {
  if (type === NOTE_ED25519)
    return bytes.length === SIGNATURE_BYTES && isSignedBy(key, encodeUtf8(text), bytes) ? null : undefined;
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const time = Number(Buffer.from(bytes).readBigUInt64BE());
  const message = cosignedBytes(text, time);
  return time < TIME_END && isSignedBy(key, message, bytes.subarray(TIME_BYTES)) ? time : undefined;
}

/** What a witness signs at a time (seconds since 1970) of a checkpoint's text. */
export function cosignedBytes(text: string, time: number): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Signature line of a witness: `signature` is the Ed25519 one (64 bytes) over `cosignedBytes`. */
export function cosignatureLine(key: NoteKey, time: number, signature: Uint8Array): string {
  const seconds = Buffer.alloc(TIME_BYTES);
  seconds.writeBigUInt64BE(BigInt(time));
  return signatureLine(key, Buffer.concat([seconds, signature]));
}

function badKey(text: string, why: string): never {
  throw new DockError('note.key', `key of notes refused (${text.slice(0, 80)}): ${why}`, { retry: 'person' });
}

function malformed(why: string): never {
  throw new DockError('note.malformed', `no signed note: ${why}`, { retry: 'never' });
}
