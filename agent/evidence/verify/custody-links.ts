// Checks how the segments of one custody log follow each other (SPEC 4.3.2): one first segment, and each other one begins where one
// ended. Pure.
import { type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { findCircles } from './chain-check.ts';
import { Hashes } from './packed-map.ts';
import { finding, note, type Remark } from './remark.ts';

/** What a segment's first entry says it follows: null for the first segment ever, undefined where it cannot be read. */
export type SegmentLink = NamedHead | null | undefined;

/** One segment that is held. */
export interface LinkedSegment {
  readonly segment: string;
  readonly where: string;
  readonly link: SegmentLink;
  /** Segments that it calls broken, after a signature: it may follow them at an earlier entry. */
  readonly breaksNoted: ReadonlySet<string>;
  /** Hex ids of the keys whose checkpoints in it hold. */
  readonly keyIds: ReadonlySet<string>;
  /** Hex id of the key whose signature over the whole file holds. */
  readonly signedBy: string | undefined;
  /** Number of the last checkpoint that holds; 0 where none does. */
  readonly vouchedTo: number;
  /** The change of keys that its second entry tells; undefined where it tells none. */
  readonly keyChange: KeyChangeEntry | undefined;
}

/** What `key-changed` says (SPEC 4.9). */
export interface KeyChangeEntry {
  readonly oldKeyId: string;
  readonly newKeyId: string;
  readonly changeSha256: string;
}

/** The change of keys that an entry tells; undefined for other entries. */
export function keyChangeOf({ event, facts }: CustodyEntry): KeyChangeEntry | undefined {
  const { old_key_id: oldKeyId, new_key_id: newKeyId, change_sha256: changeSha256 } = facts;
  if (event !== 'key-changed' || typeof changeSha256 !== 'string') return undefined;
  if (typeof oldKeyId !== 'string' || typeof newKeyId !== 'string') return undefined;
  return { oldKeyId, newKeyId, changeSha256 };
}

/** The link in a segment's first entry. */
export function linkOf({ event, facts }: CustodyEntry): SegmentLink {
  if (event !== 'segment-opened') return undefined;
  const { last_segment: segment, last_sequence: sequence, last_sha256: sha256 } = facts;
  if (segment === null && sequence === null && sha256 === null) return null;
  if (typeof segment !== 'string' || typeof sequence !== 'number' || typeof sha256 !== 'string')
    return undefined;
  return { segment, sequence, sha256 };
}

/** The end of the segment that an entry says was dropped; undefined for other entries. */
export function droppedEnd({ event, facts }: CustodyEntry): NamedHead | undefined {
  const { segment, last_sequence: sequence, last_sha256: sha256 } = facts;
  if (event !== 'segment-dropped' || typeof segment !== 'string') return undefined;
  return typeof sequence === 'number' && typeof sha256 === 'string'
    ? { segment, sequence, sha256 }
    : undefined;
}

/** True where a segment follows another one that goes on after the entry that it names: a fork, or a write that was repeated. */
export function followsEarlier({ link, breaksNoted }: LinkedSegment, book: HeadBook): boolean {
  if (link === undefined || link === null || breaksNoted.has(link.segment)) return false;
  return book.compare(link) === 'good' && book.lastOf(link.segment) !== link.sequence;
}

/** What links are judged by. `where` is the folder of the segments; `book` has seen them all. */
export interface LinksContext {
  readonly where: string;
  readonly book: HeadBook;
  /** Whether the store revoked a key of that keeper; left out, none is. */
  readonly isRevoked?: (keyId: string) => boolean;
  /** The log came here through the store, which takes it only up to checkpoints; left out, it did not. */
  readonly isTaken?: boolean;
}

/**
 * Every fault in how these segments follow each other; `repeated` holds the segments that begin with what the one before had after the
 * entry that they name.
 */
export function checkLinks(
  context: LinksContext,
  segments: readonly LinkedSegment[],
  repeated: ReadonlySet<string>,
): Remark[] {
  const { where } = context;
  const starts = segments.filter(({ link }) => link === null);
  const remarks: Remark[] = [];
  if (starts.length > 1) {
    const message = `${starts.length} segments say that they are the first one: ${namesOf(starts)}`;
    remarks.push(finding('custody.two-starts', where, message, { starts: starts.length }));
  }
  return [
    ...remarks,
    ...segments.flatMap((segment) => linkFaults(segment, context, repeated)),
    ...forks(where, segments),
    ...circles(where, segments),
    ...keyFaults(segments),
    ...oldKeys(segments),
    ...(context.isTaken === true ? unsignedEnds(segments, context.book) : []),
  ];
}

/**
 * Segments without a checkpoint at their end that others follow, which nobody signed either. One append that a cut tore leaves one such end,
 * and nothing follows that before the rest of it came.
 */
function unsignedEnds(segments: readonly LinkedSegment[], book: HeadBook): Remark[] {
  const bySegment = new Map(segments.map((one) => [one.segment, one]));
  return segments.flatMap(({ segment, link, keyIds }) => {
    const before = bySegment.get(link?.segment ?? '');
    if (before === undefined || link === null || link === undefined || keyIds.size > 0) return [];
    if (before.signedBy !== undefined || before.vouchedTo >= link.sequence) return [];
    if (book.compare(link) !== 'good') return [];
    const message = `no checkpoint covers entries ${before.vouchedTo + 1} to ${link.sequence}, which segment ${segment} follows without one`;
    return [finding('custody.unsigned-end', before.where, message, { segment })];
  });
}

/** Who changed away from a key signs nothing more with it (SPEC 4.9.2): anybody who has the old one must not go on with the log. */
function oldKeys(segments: readonly LinkedSegment[]): Remark[] {
  const bySegment = new Map(segments.map((one) => [one.segment, one]));
  const told = new Map<string, ReadonlySet<string>>();
  return segments.flatMap(({ segment, where, link, keyIds, signedBy, keyChange }) => {
    const before = bySegment.get(link?.segment ?? '');
    const left = told.get(before?.segment ?? '') ?? new Set();
    const [old] = [...keyIds, ...(signedBy === undefined ? [] : [signedBy])].filter((id) => left.has(id));
    told.set(segment, keyChange === undefined ? left : new Set([...left, keyChange.oldKeyId]));
    if (old === undefined) return [];
    const message = `signed by key ${old}, from which an earlier segment tells a change to another one`;
    return [finding('custody.old-key', where, message, { key_id: old })];
  });
}

/** A segment is of one key, and one of another key than the segment before says so in its second entry (SPEC 4.9.2). */
function keyFaults(segments: readonly LinkedSegment[]): Remark[] {
  const bySegment = new Map(segments.map((one) => [one.segment, one]));
  return segments.flatMap(({ where, keyIds, keyChange, link }) => {
    const [own, ...others] = keyIds;
    if (own === undefined) return [];
    if (others.length > 0)
      return [finding('custody.two-keys', where, `checkpoints of keys ${[...keyIds].join(', ')}`)];
    const [before] = bySegment.get(link?.segment ?? '')?.keyIds ?? [];
    const expected = before ?? keyChange?.oldKeyId ?? own;
    const told = keyChange === undefined ? own : keyChange.oldKeyId;
    const good = keyChange === undefined ? expected === own : told === expected && keyChange.newKeyId === own;
    if (good) return [];
    const says =
      keyChange === undefined
        ? 'it tells no change of keys'
        : `it tells one from ${told} to ${keyChange.newKeyId}`;
    const message = `signed by key ${own}, the segment before by key ${expected}; ${says}`;
    return [finding('custody.key-not-announced', where, message, { key_id: own })];
  });
}

function linkFaults(
  one: LinkedSegment,
  { book, isRevoked = () => false }: LinksContext,
  repeated: ReadonlySet<string>,
): Remark[] {
  const { segment, where, link, keyIds, keyChange } = one;
  if (link === undefined || link === null) return [];
  const place = `segment ${segment} follows entry ${link.sequence} of segment ${link.segment}`;
  const facts = { segment: link.segment, sequence: link.sequence };
  const last = book.lastOf(link.segment);
  const answer = book.compare(link);
  if (answer === 'dropped')
    return [note('custody.segment-dropped', where, `${place}, which was let go`, facts)];
  if (answer === 'segment-missing' && book.isPart) return [];
  const absent = answer === 'segment-missing' || answer === 'head-missing';
  // Anybody can write a segment without a checkpoint, and a change of keys in it.
  if (absent && keyIds.size > 0 && keyChange !== undefined && isRevoked(keyChange.oldKeyId)) {
    const message = `${place}; what is not here of it was signed by key ${keyChange.oldKeyId}, which was revoked`;
    // How much the vault held, only the log of the store says: else a revocation would excuse what was taken away (SPEC 4.9.3.9). A kit has
    // not all of that log.
    const said = book.isPart || book.held.length > 0 ? note : finding;
    return [said('custody.end-refused', where, message, { ...facts, key_id: keyChange.oldKeyId })];
  }
  if (answer === 'segment-missing')
    return [finding('custody.segment-missing', where, `${place}, which is not here`, facts)];
  if (answer === 'head-missing')
    return [finding('custody.tail-missing', where, `${place}, which ends here with entry ${last}`, facts)];
  if (answer === 'head-differs')
    return [finding('custody.link-differs', where, `${place}, and that entry is another one here`, facts)];
  if (!followsEarlier(one, book)) return [];
  const message = `${place}, which goes on to entry ${last}`;
  if (repeated.has(segment)) return [note('custody.repeated', where, message, facts)];
  return [finding('custody.fork', where, message, facts)];
}

function forks(where: string, segments: readonly LinkedSegment[]): Remark[] {
  const followers = new Map<string, LinkedSegment[]>();
  for (const one of segments) {
    if (one.link === null || one.link === undefined) continue;
    followers.set(one.link.segment, [...(followers.get(one.link.segment) ?? []), one]);
  }
  return [...followers]
    .filter(([, found]) => found.length > 1)
    .map(([segment, found]) =>
      finding('custody.fork', where, `segments ${namesOf(found)} all follow segment ${segment}`, { segment }),
    );
}

function circles(where: string, segments: readonly LinkedSegment[]): Remark[] {
  const bySegment = new Map(segments.map((one) => [one.segment, one]));
  const before = ({ link }: LinkedSegment): LinkedSegment | undefined =>
    link === null || link === undefined ? undefined : bySegment.get(link.segment);
  return findCircles(segments, before).map((circle) =>
    finding('custody.cycle', where, `segments ${namesOf(circle)} follow each other`),
  );
}

function namesOf(segments: readonly LinkedSegment[]): string {
  return segments
    .map(({ segment }) => segment)
    .sort()
    .join(', ');
}

// Remembers the digests of a few wanted entries while custody segments are read, so that who named an entry can be compared with it.
// Memory: a digest for each wanted entry, whatever the length of the log.

/** A place in the custody log with the digest that it should have. */
export interface NamedHead {
  readonly segment: string;
  readonly sequence: number;
  readonly sha256: string;
}

/** How a named entry compares with the log that is held. "dropped": its segment was dropped with its head kept, and could have held it. */
type HeadAnswer = 'good' | 'dropped' | HeadFault;
type HeadFault = 'segment-missing' | 'head-missing' | 'head-differs';

const UNSEEN = -1;

/** First all heads are wanted, then all segments are seen, then they are compared. */
export class HeadBook {
  /** By segment and entry: the place of its digest, or UNSEEN. */
  readonly #wanted = new Map<string, Map<number, number>>();
  readonly #seen = new Hashes();
  readonly #last = new Map<string, number>();
  readonly #dropped = new Map<string, NamedHead>();
  readonly held: NamedHead[] = [];
  /** A part of a log, as in a kit, where each segment has its signed head beside it: segments between those that are here may be elsewhere. */
  readonly isPart: boolean;

  constructor(isPart = false) {
    this.isPart = isPart;
  }

  /** This entry will be asked for. */
  want({ segment, sequence }: Pick<NamedHead, 'segment' | 'sequence'>): void {
    const entries = this.#wanted.get(segment) ?? new Map<number, number>();
    this.#wanted.set(segment, entries);
    if (!entries.has(sequence)) entries.set(sequence, UNSEEN);
  }

  /** The store's log says that the vault held this entry: it will be asked for, and what comes after it may never have been here. */
  hold(head: NamedHead): void {
    this.want(head);
    this.held.push(head);
  }

  /** An entry of a segment that is held. */
  see(segment: string, sequence: number, sha256: string): void {
    const entries = this.#wanted.get(segment);
    if (entries?.get(sequence) !== UNSEEN) return;
    entries.set(sequence, this.#seen.count);
    this.#seen.push(Buffer.from(sha256, 'hex'));
  }

  /** A segment was dropped after this entry, its last one. */
  drop(head: NamedHead): void {
    this.#dropped.set(head.segment, head);
  }

  /** A segment was read to its end. */
  ended(segment: string, lastSequence: number): void {
    this.#last.set(segment, lastSequence);
  }

  /** Number of a held segment's last entry; undefined where the segment is not held. */
  lastOf(segment: string): number | undefined {
    return this.#last.get(segment);
  }

  /** Only for heads that were wanted before the segments were read. */
  compare({ segment, sequence, sha256 }: NamedHead): HeadAnswer {
    const last = this.#last.get(segment);
    if (last === undefined) return this.#compareDropped({ segment, sequence, sha256 });
    if (sequence > last) return 'head-missing';
    const place = this.#wanted.get(segment)?.get(sequence) ?? UNSEEN;
    const isSame = place !== UNSEEN && Buffer.from(this.#seen.at(place)).toString('hex') === sha256;
    return isSame ? 'good' : 'head-differs';
  }

  /** Why a log that is held is not the one with that head; undefined where it may be. */
  faultOf(head: NamedHead): HeadFault | undefined {
    const answer = this.compare(head);
    if (answer === 'good' || answer === 'dropped') return undefined;
    return answer === 'segment-missing' && this.isPart ? undefined : answer;
  }

  #compareDropped({ segment, sequence, sha256 }: NamedHead): HeadAnswer {
    const end = this.#dropped.get(segment);
    if (end === undefined) return 'segment-missing';
    if (sequence === end.sequence && sha256 !== end.sha256) return 'head-differs';
    return sequence > end.sequence ? 'head-missing' : 'dropped';
  }
}
