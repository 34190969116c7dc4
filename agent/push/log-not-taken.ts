// Whether the custody log gets to the store, for people: a store that takes nothing of it says so to nobody here, and recordings and records
// may arrive all the same.
//
// Told are the segment that is written now, where the store leaves it unanswered, and any that the disk does not show. One that the store
// refuses and behind which it takes the next one is not told: so it goes with the end of a log that a revoked key signed (SPEC 4.9.3).
import type { SegmentId } from '../../protocol/format/ids.ts';
import type { Conditions } from '../../protocol/format/ports.ts';

const CONDITION = 'custody.not-taken';

interface NotTaken {
  /** The store signed for it up to that entry. */
  readonly held: number;
  readonly reason: 'refused' | 'unreadable';
}

/** Segments of one log, the newest last. */
export class LogNotTaken {
  readonly #conditions: Conditions;
  readonly #segments: () => readonly { readonly segment: SegmentId }[];
  readonly #notTaken = new Map<SegmentId, NotTaken>();

  constructor(conditions: Conditions, segments: () => readonly { readonly segment: SegmentId }[]) {
    this.#conditions = conditions;
    this.#segments = segments;
  }

  /** Nothing came of what was sent of a segment behind entry `held`. */
  waits(segment: SegmentId, { held, reason }: NotTaken): void {
    if (reason === 'unreadable' || segment === this.#newest) this.#notTaken.set(segment, { held, reason });
    this.#tell();
  }

  /** The store signed for a segment up to that entry. */
  signed(segment: SegmentId, sequence: number): void {
    const before = this.#notTaken.get(segment);
    if (before !== undefined && sequence > before.held) this.#notTaken.delete(segment);
    if (segment === this.#newest && sequence > 0)
      for (const [each, { reason }] of this.#notTaken)
        if (each !== segment && reason === 'refused') this.#notTaken.delete(each);
    this.#tell();
  }

  get #newest(): SegmentId | undefined {
    return this.#segments().at(-1)?.segment;
  }

  #tell(): void {
    if (this.#notTaken.size === 0) return this.#conditions.clear(CONDITION, null);
    const here = new Set(this.#segments().map(({ segment }) => segment));
    for (const segment of this.#notTaken.keys()) if (!here.has(segment)) this.#notTaken.delete(segment); // dropped
    const [first] = this.#notTaken;
    if (first === undefined) return this.#conditions.clear(CONDITION, null);
    const [segment, { reason }] = first;
    this.#conditions.raise(CONDITION, null, { segment, reason });
  }
}
