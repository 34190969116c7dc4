// Reads the file of one custody segment in one pass: its entries, and its signature where it has ended.
import { join } from 'node:path';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import {
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type CustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { firstEntry, readSegment } from '../../../protocol/custody/segment-file.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { keyIdHex, verifyPrehashed, type PublicKey } from '../../../protocol/documents/minisign.ts';
import { SEGMENT_SUFFIX, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { linkOf, type LinkedSegment } from './custody-links.ts';
import { SegmentWalk, type EntryPlace } from './custody-segment.ts';
import type { HeadBook } from './head-book.ts';
import { diskError, readSmall, type ReadFiles } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { signatureProblem } from './signatures.ts';

/** A folder of segments, for all that lie in it. */
export interface SegmentContext {
  readonly files: ReadFiles;
  readonly folder: string;
  /** The folder's name in remarks. */
  readonly where: string;
  /** The station in whose folder it lies, where known. */
  readonly station: string | undefined;
  /** Keys that may sign the log of that keeper. */
  readonly keysOf: (keeper: string | undefined) => readonly PublicKey[];
  readonly book: HeadBook;
  /** Whether the store revoked a key of that keeper; left out, none is. */
  readonly isRevoked?: (keyId: string) => boolean;
  /** Called for each entry that can be read. */
  readonly visit: (entry: CustodyEntry, place: EntryPlace) => void;
  /** Called behind the last entry of a segment, with the hex id of the key whose signature over the whole file holds. */
  readonly ended?: (segment: string, signedBy: string | undefined) => void;
  /** The log came here through the store, which takes it only up to checkpoints (SPEC 6.9); left out, it did not. */
  readonly isTaken?: boolean;
  readonly signal: AbortSignal;
}

/** One segment, checked. */
export interface CheckedSegment extends LinkedSegment {
  readonly entries: number;
  readonly checkpoints: number;
  readonly remarks: readonly Remark[];
}

/** A segment's first entry; read before all others, so that it is known which entries are asked for, and what follows what. */
export async function readFirst(context: SegmentContext, segment: string): Promise<CustodyEntry | undefined> {
  try {
    return await firstEntry(context.files, join(context.folder, segment + SEGMENT_SUFFIX));
  } catch (error) {
    diskError(error);
    return undefined; // the walk over the whole segment says what is wrong
  }
}

/** Checks one segment. Errors: the signal's reason; those of the machine. */
export async function checkSegment(
  context: SegmentContext,
  segment: string,
  first: CustodyEntry | undefined,
  signed: boolean,
): Promise<CheckedSegment> {
  const { folder, book, keysOf, station } = context;
  const name = segment + SEGMENT_SUFFIX;
  const where = below(context.where, name);
  const walk = new SegmentWalk({
    segment,
    where,
    station,
    keys: keysOf,
    visit: (entry, place) => {
      book.see(segment, entry.sequence, place.sha256);
      context.visit(entry, place);
    },
  });
  const digest = await walkFile(context, join(folder, name), walk);
  book.ended(segment, walk.lastSequence);
  const remarks: Remark[] = [];
  if (digest.kind === 'unreadable')
    remarks.push(finding('custody.unreadable', where, `${name}: ${digest.why}`));
  const whole: WholeSignature =
    signed && digest.kind === 'read' ? await checkSignature(context, name, digest.blake2b, walk) : {};
  if (whole.wrong !== undefined) remarks.push(whole.wrong);
  remarks.push(...walk.finish(signed && whole.wrong === undefined));
  const { entries, checkpoints, breaksNoted, keyIds, keyChange, vouchedTo } = walk;
  const link = first && linkOf(first);
  const { signedBy } = whole;
  context.ended?.(segment, signedBy);
  const chained = { segment, where, link, breaksNoted, keyIds, keyChange, signedBy, vouchedTo };
  return { ...chained, entries, checkpoints, remarks };
}

type WalkedFile =
  | { readonly kind: 'read'; readonly blake2b: Uint8Array }
  | { readonly kind: 'unreadable'; readonly why: string };

async function walkFile(
  { files, signal }: SegmentContext,
  path: string,
  walk: SegmentWalk,
): Promise<WalkedFile> {
  try {
    const blake2b = await readSegment({ files, signal }, path, (line) => {
      walk.take(line);
    });
    return { kind: 'read', blake2b };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'unreadable', why: `reading ended with ${diskError(error)}` };
  }
}

interface WholeSignature {
  readonly wrong?: Remark | undefined;
  readonly signedBy?: string | undefined;
}

async function checkSignature(
  { files, folder, where }: SegmentContext,
  name: string,
  blake2b: Uint8Array,
  walk: SegmentWalk,
): Promise<WholeSignature> {
  const file = name + SIGNATURE_SUFFIX;
  const place = below(where, file);
  const read = await readSmall(files, join(folder, file), SIGNATURE_FILE_BYTES_MAX);
  if (read.kind === 'oversize')
    return { wrong: finding('custody.signature-malformed', place, `${file}: ${read.why}`) };
  if (read.kind !== 'bytes')
    return { wrong: finding('custody.signature-unreadable', place, `${file}: it cannot be read`) };
  let signedBy: string | undefined;
  const wrong = signatureProblem('custody.signature', place, () => {
    const text = parseUtf8(read.bytes) ?? '';
    signedBy = keyIdHex(verifyPrehashed(blake2b, text, CUSTODY_SEGMENT_TRUSTED_COMMENT, walk.keys).keyId);
  });
  return { wrong, signedBy };
}
