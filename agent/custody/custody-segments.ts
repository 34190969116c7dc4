// The segments of a custody log as the running agent knows them, in order. Touches no disk; reading is segment-reader.ts.
import { join } from 'node:path';
import type { ChainState } from '../../protocol/custody/custody-entry.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import { SEGMENT_SUFFIX } from '../../protocol/format/file-names.ts';

const SIGNATURE_SUFFIX = '.jsonl.minisig';

/** Paths of a segment and of the signature over the whole of it. */
export function segmentPath(folder: string, segment: string): string {
  return join(folder, segment + SEGMENT_SUFFIX);
}
export function segmentSignaturePath(folder: string, segment: string): string {
  return join(folder, segment + SIGNATURE_SUFFIX);
}

/** The id in a file name of a segment, or undefined for any other name. */
export function segmentOf(name: string): string | undefined {
  return name.endsWith(SEGMENT_SUFFIX) ? name.slice(0, -SEGMENT_SUFFIX.length) : undefined;
}

/** What a segment's first entry says. */
export interface SegmentOpening {
  readonly openedAt: string;
  /** The entry that it follows, as it stands there; null for the first segment ever. */
  readonly follows: { readonly segment: string; readonly sequence: number; readonly sha256: string } | null;
}

/** A segment with its newest entry that is durable. */
export interface KnownSegment extends SegmentOpening {
  readonly segment: SegmentId;
  lastSequence: number;
  lastSha256: string;
  /** Wall time of that entry. */
  lastAt: string;
  /** It has ended, and a signature over the whole of it lies beside it. */
  signed: boolean;
  /** The store has signed that it holds all of it; only for one that has ended. */
  held: boolean;
}

/** A segment as far as it is read: up to this entry, which is infinite where nobody knows the last one. */
export type ReadableSegment = Readonly<Pick<KnownSegment, 'segment' | 'lastSequence' | 'lastSha256'>>;

/** Segments of one log, the oldest first. */
export class CustodySegments {
  readonly #list: KnownSegment[];
  readonly #byId: Map<SegmentId, KnownSegment>;
  readonly #apart: readonly SegmentId[];

  constructor(list: readonly KnownSegment[], apart: readonly SegmentId[] = []) {
    this.#list = [...list];
    this.#byId = new Map(list.map((each) => [each.segment, each]));
    this.#apart = apart;
  }

  list(): readonly Readonly<KnownSegment>[] {
    return this.#list;
  }

  /**
   * Segments of which the start could not take anything: the disk does not show them, or nothing of them holds. Nothing is built on them and nobody
   * knows their place, but their lines may say what nobody else says.
   */
  get apart(): readonly SegmentId[] {
    return this.#apart;
  }

  get(segment: SegmentId): Readonly<KnownSegment> | undefined {
    return this.#byId.get(segment);
  }

  /** Entries up to this one became durable; a segment that is not known yet was opened by the first of them. */
  reached(segment: SegmentId, opening: SegmentOpening, last: ChainState, at: string): void {
    const state = { lastSequence: last.sequence, lastSha256: last.sha256, lastAt: at };
    const known = this.#byId.get(segment);
    if (known !== undefined) Object.assign(known, state);
    else this.#add({ segment, ...opening, ...state, signed: false, held: false });
  }

  /** The segment was ended and signed. */
  ended(segment: SegmentId): void {
    const known = this.#byId.get(segment);
    if (known !== undefined) known.signed = true;
  }

  /** The store holds all of it. False where that is no news, or it goes on. */
  held(segment: SegmentId): boolean {
    const known = this.#byId.get(segment);
    if (known === undefined || known.held || !known.signed) return false;
    known.held = true;
    return true;
  }

  /** The store does not hold what it held: nothing is known of this segment and of all behind it. False where that is no news. */
  lost(segment: SegmentId): boolean {
    const from = this.#list.findIndex((each) => each.segment === segment);
    const forgotten = from < 0 ? [] : this.#list.slice(from).filter((each) => each.held);
    for (const each of forgotten) each.held = false;
    return forgotten.length > 0;
  }

  /** Its files go: it is no longer part of the log that lies here. */
  dropped(segment: SegmentId): void {
    const at = this.#list.findIndex((each) => each.segment === segment);
    if (at >= 0) this.#list.splice(at, 1);
    this.#byId.delete(segment);
  }

  #add(known: KnownSegment): void {
    this.#list.push(known);
    this.#byId.set(known.segment, known);
  }
}
