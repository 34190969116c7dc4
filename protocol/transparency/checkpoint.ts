// Checkpoints of C2SP tlog-checkpoint, and proofs of C2SP tlog-proof that carry one: what a log says of itself at a size, and that an entry is in it.
import { encodeBase64, parseBase64 } from '../format/bytes.ts';
import { DockError } from '../format/errors.ts';
import type { ReceiverId, SessionId } from '../format/ids.ts';
import { isIncluded, leafHash, PROOF_HASHES_MAX } from './merkle.ts';
import {
  NOTE_BYTES_MAX,
  NOTE_ED25519,
  type NoteKey,
  parseNote,
  type VerifiedSignature,
  verifyNote,
} from './signed-note.ts';
import { HASH_BYTES } from './tiles.ts';

const PROOF_HEADER = 'c2sp.org/tlog-proof@v1';
const PROOF_BYTES_MAX = NOTE_BYTES_MAX + PROOF_HASHES_MAX * 45 + 1024;

/** The head of a log at one size. */
export interface Checkpoint {
  /** Which log. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** A checkpoint with what of its note verifies. */
export interface VerifiedCheckpoint extends Checkpoint {
  readonly signatures: readonly VerifiedSignature[];
}

/** Text of a checkpoint, which is what is signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** A checkpoint from the text of a note, without extension lines (SPEC 4.15.9). Errors: "checkpoint.malformed". */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', digits = '', base64 = '', end, ...more] = text.split('\n');
  const size = parseCount(digits);
  const root = parseBase64(base64);
  if (origin === '' || end !== '' || more.length > 0 || size === undefined || root?.length !== HASH_BYTES)
    throw new DockError(
      'checkpoint.malformed',
      'no checkpoint: expected origin, size and root, a line each',
      {
        retry: 'never',
      },
    );
  return { origin, size, root };
}

/** Origin of a receiver's log (SPEC 4.15.4); `restoredSha256` is that of the newest statement that the vault was restored. */
export function logOrigin(vault: SessionId, receiver: ReceiverId, restoredSha256?: string): string {
  const base = `bodydock/${vault}/${receiver}`;
  return restoredSha256 === undefined ? base : `${base}/${restoredSha256.slice(0, 16)}`;
}

/** The key by which a log with this origin signs its checkpoints. */
export function originKey(origin: string, key: Uint8Array): NoteKey {
  return { name: origin, type: NOTE_ED25519, key };
}

/**
 * A checkpoint of `origin` from its note, signed by one of `keys` (32 bytes each) under that name. `cosigners` are further keys that may stand
 * beside; what they signed is in `signatures`, after the log's.
 * Errors: "note.malformed", "note.signature", "checkpoint.malformed"; "checkpoint.origin" for another log; "checkpoint.unsigned" where none of
 * `keys` signed it.
 */
export function verifyCheckpoint(
  note: string,
  origin: string,
  keys: readonly Uint8Array[],
  cosigners: readonly NoteKey[] = [],
): VerifiedCheckpoint {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  if (checkpoint.origin !== origin)
    refuse('checkpoint.origin', `of log ${checkpoint.origin.slice(0, 200)}, not ${origin}`);
  const own = keys.map((key) => originKey(origin, key));
  const log = verifyNote(parsed, own);
  if (log.length === 0)
    refuse('checkpoint.unsigned', `of log ${origin} has no signature of a known key of it`);
  return { ...checkpoint, signatures: [...log, ...verifyNote(parsed, cosigners)] };
}

/** What a tlog-proof says, nothing of it verified. */
export interface InclusionProof {
  /** Leaves before the entry. */
  readonly index: number;
  /** From the leaf's sibling up. */
  readonly hashes: readonly Uint8Array[];
  /** The note of the checkpoint. */
  readonly checkpoint: string;
}

/** Text of a tlog-proof. */
export function formatProof({ index, hashes, checkpoint }: InclusionProof): string {
  return `${PROOF_HEADER}\nindex ${index}\n${hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

/** A tlog-proof from its text; a line of extra data is read over. Errors: "proof.malformed". */
export function parseProof(text: string): InclusionProof {
  const at = text.length > PROOF_BYTES_MAX ? -1 : text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(at, 0)).split('\n');
  if (lines.shift() !== PROOF_HEADER) return malformedProof();
  if (lines[0]?.startsWith('extra ') === true && parseBase64(lines.shift()?.slice(6) ?? '') === undefined)
    return malformedProof();
  const [first = '', ...rest] = lines;
  const index = first.startsWith('index ') ? parseCount(first.slice(6)) : undefined;
  const hashes = rest.map((line) => parseHash(line) ?? malformedProof());
  if (index === undefined || hashes.length > PROOF_HASHES_MAX) return malformedProof();
  return { index, hashes, checkpoint: text.slice(at + 2) };
}

/** A hash of 32 bytes from its base64, as proofs list them; undefined for anything else. */
export function parseHash(base64: string): Uint8Array | undefined {
  const hash = parseBase64(base64);
  return hash?.length === HASH_BYTES ? hash : undefined;
}

/**
 * The checkpoint of a tlog-proof, where it holds: one of `keys` signed it for `origin`, and the entry (bytes of the leaf) is in it at the index.
 * Errors: "proof.malformed", "proof.wrong", those of verifyCheckpoint.
 */
export function verifyProof(
  text: string,
  entry: Uint8Array,
  origin: string,
  keys: readonly Uint8Array[],
): VerifiedCheckpoint & { readonly index: number } {
  const { index, hashes, checkpoint: note } = parseProof(text);
  const checkpoint = verifyCheckpoint(note, origin, keys);
  const { size, root } = checkpoint;
  if (!isIncluded({ leaf: leafHash(entry), index, size, root, proof: hashes }))
    throw new DockError('proof.wrong', `the entry is not leaf ${index} of ${origin} at size ${size}`, {
      retry: 'never',
    });
  return { ...checkpoint, index };
}

/** A count as these formats write it: decimal digits without leading zeroes, below 2^53. */
function parseCount(text: string): number | undefined {
  const count = Number(text);
  return /^(0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(count) ? count : undefined;
}

function refuse(code: string, what: string): never {
  throw new DockError(code, `a checkpoint ${what}`, { retry: 'never' });
}

function malformedProof(): never {
  throw new DockError('proof.malformed', 'no tlog-proof: expected index, hashes and a checkpoint', {
    retry: 'never',
  });
}
