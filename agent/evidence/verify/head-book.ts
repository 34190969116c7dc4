// Remembers the digests of a few wanted entries while custody segments are read, so that who named an entry can be compared with it.
// Memory: one line per wanted entry, whatever the length of the log.

/** A place in the custody log with the digest that it should have. */
export interface NamedHead {
  readonly segment: string;
  readonly sequence: number;
  readonly sha256: string;
}

/** How a named entry compares with the log that is held. "dropped": its segment was let go with its head kept, and could have held it. */
export type HeadAnswer = 'good' | 'dropped' | 'segment-missing' | 'head-missing' | 'head-differs';

/** First all heads are wanted, then all segments are seen, then they are compared. */
export class HeadBook {
  readonly #wanted = new Map<string, Map<number, string | undefined>>();
  readonly #last = new Map<string, number>();
  readonly #dropped = new Map<string, NamedHead>();

  /** This entry will be asked for. */
  want({ segment, sequence }: Pick<NamedHead, 'segment' | 'sequence'>): void {
    const entries = this.#wanted.get(segment) ?? new Map<number, string | undefined>();
    this.#wanted.set(segment, entries);
    if (!entries.has(sequence)) entries.set(sequence, undefined);
  }

  /** An entry of a segment that is held. */
  see(segment: string, sequence: number, sha256: string): void {
    const entries = this.#wanted.get(segment);
    if (entries?.has(sequence) === true && entries.get(sequence) === undefined) entries.set(sequence, sha256);
  }

  /** A segment was let go behind this entry, its last one. */
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
    return this.#wanted.get(segment)?.get(sequence) === sha256 ? 'good' : 'head-differs';
  }
  #compareDropped({ segment, sequence, sha256 }: NamedHead): HeadAnswer {
    const end = this.#dropped.get(segment);
    if (end === undefined) return 'segment-missing';
    if (sequence === end.sequence && sha256 !== end.sha256) return 'head-differs';
    return sequence > end.sequence ? 'head-missing' : 'dropped';
  }
}
