// Follows one segment of the custody log entry by entry (SPEC 4.3): chain, opening, checkpoints. Pure; reading is custody-check.ts.
//
// Where the chain breaks, the reason is named and the walk goes on from what is there, so that a second break is found too.
import { join } from 'node:path';
import { checkpointFault, verifyCheckpoint } from '../../../protocol/custody/custody-checkpoint.ts';
import {
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type CustodyEntry,
  FIRST_PREVIOUS,
  parseCustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import { firstEntry, readSegment, type SegmentLine } from '../../../protocol/custody/segment-file.ts';
import { keyIdHex, type PublicKey, verifyPrehashed } from '../../../protocol/documents/minisign.ts';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { HEAD_SUFFIX, SEGMENT_SUFFIX, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { CUSTODY_GROUP_ENTRIES, SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import {
  type HeadBook,
  type KeyChangeEntry,
  keyChangeOf,
  type LinkedSegment,
  linkOf,
} from './custody-links.ts';
import { diskError, type ReadFiles, readSmall, statFile } from './read-files.ts';
import { below, finding, note, type Remark, type RemarkCode } from './remark.ts';
import { signatureProblem } from './signed-document.ts';

/** A station opens a new one above 2 MiB. */
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
/** Faults of one segment that are told; more say nothing new. */
const FAULTS_TOLD_MAX = 20;

/** One segment and what is expected of it. */
export interface SegmentQuestion {
  /** The segment's id, as its file is named. */
  readonly segment: string;
  /** Name of its file in remarks. */
  readonly where: string;
  /** The station in whose folder it lies, where known. */
  readonly station: string | undefined;
  /** Keys that may sign for the station that the first entry names. */
  readonly keys: (station: string | undefined) => readonly PublicKey[];
  /** Called for each entry that can be read. */
  readonly visit: (entry: CustodyEntry, place: EntryPlace) => void;
}

/** How an entry stands in its segment. */
export interface EntryPlace {
  readonly segment: string;
  /** SHA-256 of its line. */
  readonly sha256: string;
  /** It names the entry before as that is there: the chain holds between the two. */
  readonly follows: boolean;
  /** For a checkpoint: hex id of the trusted key that signed the head of the entry before, as that is there. */
  readonly vouchedBy: string | undefined;
}

/** A walk over one segment. */
export class SegmentWalk {
  readonly #question: SegmentQuestion;
  readonly #remarks: Remark[] = [];
  #faults = 0;
  /** How many of each kind are beyond what is told one by one. */
  readonly #untold = new Map<RemarkCode, number>();
  /** The last entry that could be read. */
  #sequence = 0;
  #sha256 = FIRST_PREVIOUS;
  /** Lines after it that could not be read: each may take the place of an entry, or have been put in. */
  #unreadable = 0;
  #offsetBefore = 0;
  #unsigned = 0;
  #keys: readonly PublicKey[];
  /** Entries and checkpoints that could be read. */
  entries = 0;
  checkpoints = 0;
  /** Segments whose break this one notes (event `chain-broken`). */
  readonly breaksNoted = new Set<string>();
  /** Hex ids of the keys whose checkpoints hold. */
  readonly keyIds = new Set<string>();
  /** Number of the last checkpoint that holds; 0 where none does. */
  vouchedTo = 0;
  /** Head and signature of the last checkpoint, whether it holds or not. */
  lastHead: CustodyEntry['facts'] = {};
  /** The change of keys that it tells. */
  keyChange: KeyChangeEntry | undefined;
  /** Segments that are called broken after the last checkpoint: anybody can put such a line there. */
  readonly #breaks: string[] = [];

  constructor(question: SegmentQuestion) {
    this.#question = question;
    this.#keys = question.keys(question.station);
  }

  /** Number of the last entry. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /** Keys that may sign this segment; final after the first line. */
  get keys(): readonly PublicKey[] {
    return this.#keys;
  }

  /** Takes the next line of the file. */
  take(line: SegmentLine): void {
    if (!line.ended) {
      const message = `${line.bytes.length} bytes after the last whole entry ${this.#sequence}, at byte ${line.offset}`;
      this.#remarks.push(
        note('custody.torn-tail', this.#question.where, message, { offset_bytes: line.offset }),
      );
      return;
    }
    const entry = this.#parse(line);
    if (entry === undefined) this.#unreadable++;
    else this.#follow(entry, sha256Hex(line.bytes), line.offset);
    this.#offsetBefore = line.offset;
  }

  /** What was found; asked once, after the last line. `signed`: a signature over the whole file holds. */
  finish(signed: boolean): Remark[] {
    const { where } = this.#question;
    for (const [code, count] of this.#untold)
      this.#remarks.push(finding(code, where, `${count} more of these in this segment`));
    if (this.#unsigned > 0 && !signed) {
      const message = `${this.#unsigned} entries after the last checkpoint`;
      this.#remarks.push(note('custody.unsigned-tail', where, message, { entries: this.#unsigned }));
    }
    return this.#remarks;
  }

  #parse({ bytes, offset, oversize }: SegmentLine): CustodyEntry | undefined {
    const place = `line after entry ${this.#sequence}, at byte ${offset}`;
    try {
      if (!oversize) return parseCustodyEntry(bytes);
      this.#fault('custody.entry-refused', `${place}: longer than any entry`, offset);
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      this.#fault('custody.entry-refused', `${place}: ${error.message}`, offset);
    }
    return undefined;
  }

  #follow(entry: CustodyEntry, sha256: string, offset: number): void {
    if (sha256 === this.#sha256) {
      const message = `entry ${entry.sequence} stands twice, again at byte ${offset}`;
      this.#fault('custody.entry-doubled', message, offset);
      return;
    }
    this.#checkChain(entry, offset);
    this.entries++;
    const follows = entry.sequence === this.#sequence + 1 && entry.previous === this.#sha256;
    if (this.entries === 1) this.#checkOpening(entry, offset);
    let vouchedBy: string | undefined;
    if (entry.event === 'checkpoint') vouchedBy = this.#checkCheckpoint(entry, offset);
    else this.#waitForCheckpoint(offset);
    if (entry.event === 'chain-broken') this.#noteBreak(entry);
    if (vouchedBy !== undefined) {
      this.vouchedTo = entry.sequence;
      for (const segment of this.#breaks.splice(0)) this.breaksNoted.add(segment);
    }
    if (entry.sequence === 2) this.keyChange ??= keyChangeOf(entry);
    this.#sequence = entry.sequence;
    this.#sha256 = sha256;
    this.#unreadable = 0;
    this.#question.visit(entry, { segment: this.#question.segment, sha256, follows, vouchedBy });
  }

  /** Told once for each group. */
  #waitForCheckpoint(offset: number): void {
    this.#unsigned++;
    if (this.#unsigned !== CUSTODY_GROUP_ENTRIES + 1) return;
    const message = `more than ${CUSTODY_GROUP_ENTRIES} entries without a checkpoint, at byte ${offset}`;
    this.#fault('custody.group-open', message, offset);
  }

  /** True where lines that could not be read stand in place of entries, so that the digest before is not known. */
  #isBehindUnreadable({ sequence }: CustodyEntry): boolean {
    return this.#unreadable > 0 && sequence === this.#sequence + 1 + this.#unreadable;
  }

  #checkChain(entry: CustodyEntry, offset: number): void {
    if (this.#isBehindUnreadable(entry)) return;
    const expected = this.#sequence + 1;
    const place = `entry ${entry.sequence}, at byte ${offset}`;
    if (entry.sequence > expected) {
      const missing = entry.sequence - expected;
      const message = `${place}: comes after entry ${this.#sequence}, ${missing} entries between them are missing`;
      this.#fault('custody.entry-missing', message, offset);
    } else if (entry.sequence < expected) {
      const message = `${place}: comes after entry ${this.#sequence}; expected entry ${expected}`;
      this.#fault('custody.entry-order', message, offset);
    } else if (entry.previous !== this.#sha256) {
      const altered =
        this.#sequence === 0
          ? `${place}: begins no chain`
          : `entry ${this.#sequence}, at byte ${this.#offsetBefore}`;
      const message = `${altered}: expected SHA-256 ${entry.previous} (as entry ${entry.sequence} says), found ${this.#sha256}`;
      this.#fault('custody.entry-altered', message, this.#offsetBefore);
    }
  }

  #checkOpening({ event, facts }: CustodyEntry, offset: number): void {
    const { segment, station } = this.#question;
    const claimed = facts['station'];
    if (event !== 'segment-opened' || facts['segment'] !== segment) {
      const message = `first entry: expected that it opens segment ${segment}, found ${event}`;
      this.#fault('custody.not-opened', message, offset);
      return;
    }
    if (station === undefined && typeof claimed === 'string') this.#keys = this.#question.keys(claimed);
    if (station === undefined || claimed === station) return;
    this.#fault(
      'custody.other-station',
      `first entry: expected station ${station}, found ${String(claimed)}`,
      offset,
    );
  }

  /** Gives the key that signed the right head. */
  #checkCheckpoint(entry: CustodyEntry, offset: number): string | undefined {
    const { where, segment, station } = this.#question;
    this.checkpoints++;
    this.#unsigned = 0;
    const place = `checkpoint ${entry.sequence}`;
    const sha256 = this.#isBehindUnreadable(entry) ? entry.previous : this.#sha256;
    const fault = checkpointFault(entry, { station, segment, sha256 });
    const faultCode = fault?.kind === 'refused' ? 'custody.checkpoint-refused' : 'custody.checkpoint-head';
    if (fault !== undefined) this.#fault(faultCode, `${place}: ${fault.detail}`, offset);
    if (!isSigned(entry)) return undefined;
    this.lastHead = entry.facts;
    let signer: string | undefined;
    const wrong = signatureProblem('custody.checkpoint-signature', where, () => {
      signer = keyIdHex(verifyCheckpoint(entry, this.#keys).keyId);
      this.keyIds.add(signer);
    });
    if (wrong !== undefined) this.#fault(wrong.code, `${place}: ${wrong.message}`, offset);
    return fault === undefined ? signer : undefined;
  }

  #noteBreak({ sequence, facts }: CustodyEntry): void {
    const segment = String(facts['segment']);
    this.#breaks.push(segment);
    const message = `entry ${sequence} says that segment ${segment} is broken after entry ${String(facts['sequence'])}`;
    this.#remarks.push(note('custody.break-noted', this.#question.where, message, { segment }));
  }

  #fault(code: RemarkCode, message: string, offset: number): void {
    this.#faults++;
    if (this.#faults <= FAULTS_TOLD_MAX)
      this.#remarks.push(finding(code, this.#question.where, message, { offset_bytes: offset }));
    else this.#untold.set(code, (this.#untold.get(code) ?? 0) + 1);
  }
}

function isSigned({ facts }: CustodyEntry): boolean {
  return typeof facts['head'] === 'string' && typeof facts['signature'] === 'string';
}

// Reads the file of one custody segment in one pass: its entries, and its signature where it has ended.

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
  /** Called for each whole line, after `visit` of its entry; the bytes are good until it returns. */
  readonly line?: ((segment: string, bytes: Uint8Array) => void) | undefined;
  /** Called after the last entry of a segment, with the hex id of the key whose signature over the whole file holds. */
  readonly ended?: (segment: string, signedBy: string | undefined) => void;
  /** The log came here through the store, which takes it only up to checkpoints (SPEC 6.9); left out, it did not. */
  readonly isTaken?: boolean;
  readonly signal: AbortSignal;
}

/** One segment, checked. */
export interface CheckedSegment extends LinkedSegment {
  /** Time of its first entry (RFC 3339); undefined where that cannot be read. */
  readonly begunAt: string | undefined;
  readonly entries: number;
  readonly checkpoints: number;
  readonly remarks: readonly Remark[];
}

/** A segment's first entry; read before all others, so that it is known which entries are asked for, and what follows what. */
export async function readFirst(context: SegmentContext, segment: string): Promise<CustodyEntry | undefined> {
  const path = join(context.folder, segment + SEGMENT_SUFFIX);
  if ((await refusedFile(context.files, path)) !== undefined) return undefined;
  try {
    return await firstEntry(context.files, path);
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
  const { book, keysOf, station } = context;
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
  const digest = await walkFile(context, segment, walk);
  book.ended(segment, walk.lastSequence);
  const remarks: Remark[] = [];
  if (digest.kind === 'unreadable')
    remarks.push(finding('custody.unreadable', where, `${name}: ${digest.why}`));
  const whole: WholeSignature =
    signed && digest.kind === 'read' ? await checkSignature(context, name, digest.blake2b, walk) : {};
  if (whole.wrong !== undefined) remarks.push(whole.wrong);
  remarks.push(...walk.finish(signed && whole.wrong === undefined));
  if (context.book.isPart) remarks.push(...(await checkHead(context, segment, walk)));
  const { entries, checkpoints, breaksNoted, keyIds, keyChange, vouchedTo } = walk;
  const link = first && linkOf(first);
  const { signedBy } = whole;
  context.ended?.(segment, signedBy);
  const chained = { segment, where, link, breaksNoted, keyIds, keyChange, signedBy, vouchedTo };
  return { ...chained, begunAt: first?.at, entries, checkpoints, remarks };
}

/** What lies beside a segment of a kit as its signed head is that of its last checkpoint (SPEC 4.13.5). */
async function checkHead(
  { files, folder, where }: SegmentContext,
  segment: string,
  { lastHead: { head, signature } }: SegmentWalk,
): Promise<Remark[]> {
  const name = segment + HEAD_SUFFIX;
  const texts = [];
  for (const file of [name, name + SIGNATURE_SUFFIX]) {
    const read = await readSmall(files, join(folder, file), SIGNATURE_FILE_BYTES_MAX);
    texts.push(read.kind === 'bytes' ? parseUtf8(read.bytes) : undefined);
  }
  if (head !== undefined && texts[0] === head && texts[1] === signature) return [];
  const message = `${name} and its signature are not those of its last checkpoint`;
  return [finding('custody.other-head', below(where, name), message, { segment })];
}

type WalkedFile =
  | { readonly kind: 'read'; readonly blake2b: Uint8Array }
  | { readonly kind: 'unreadable'; readonly why: string };

async function walkFile(
  { files, folder, line: takeLine, signal }: SegmentContext,
  segment: string,
  walk: SegmentWalk,
): Promise<WalkedFile> {
  const path = join(folder, segment + SEGMENT_SUFFIX);
  const refused = await refusedFile(files, path);
  if (refused !== undefined) return { kind: 'unreadable', why: refused };
  try {
    const blake2b = await readSegment({ files, signal }, path, (line) => {
      walk.take(line);
      if (line.ended) takeLine?.(segment, line.bytes);
    });
    return { kind: 'read', blake2b };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'unreadable', why: `reading ended with ${diskError(error)}` };
  }
}

/** Why a file is no segment that can be read to its end (SPEC 4.3.2.6). A missing one is for the reading to say. */
async function refusedFile(files: ReadFiles, path: string): Promise<string | undefined> {
  const found = await statFile(files, path);
  if (found.kind === 'unreadable') return found.why;
  if (found.kind === 'missing' || found.sizeBytes <= SEGMENT_BYTES_MAX) return undefined;
  return `it has ${found.sizeBytes} bytes, at most ${SEGMENT_BYTES_MAX} are read`;
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
