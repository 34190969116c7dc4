// The end of each camera's chain of docking records: which docking came last. Pure.
//
// The chain decides, not the clock: the newest record is the one that no other names, and only those that verified have a say. Of several of these those
// by the station's key of today come first, as a chain ends with its key; what lies apart, in the quarantine, comes behind what does not: what named it may
// have gone. Where a record was made anew, the one that it replaces and that lies apart is none any more.
// Only where a chain forked, as after a card image was put back, the later wall time counts.
import type { CameraId, DockingId } from '../../protocol/format/ids.ts';
import type { RecordFacts } from './stored-record.ts';

/** The newest docking of a camera. */
export interface NewestDocking {
  readonly docking: DockingId;
  /** Its parts that are known, in their order. */
  readonly parts: readonly RecordFacts[];
}

/** Newest dockings by camera. */
export class RecordChain {
  readonly #newest = new Map<CameraId, NewestDocking>();

  /** From all that verified, in any order; `apart` are those in the quarantine, `keyId` is that of the station's key of today. */
  constructor(here: readonly RecordFacts[], apart: readonly RecordFacts[], keyId?: string) {
    const named = new Set<string>();
    const dockings = new Map<DockingId, RecordFacts[]>();
    const remade = new Set(here.map(partOf));
    const lyingApart = new Set(apart.filter((facts) => !remade.has(partOf(facts))));
    for (const facts of [...here, ...lyingApart]) {
      if (facts.previousSha256 !== null) named.add(facts.previousSha256);
      dockings.set(facts.docking, [...(dockings.get(facts.docking) ?? []), facts]);
    }
    const rank = (facts: RecordFacts): string => {
      const isOfToday = facts.keyId === null || facts.keyId === keyId;
      return [isOfToday, !lyingApart.has(facts)].map(Number).join('') + facts.dockedAt + facts.manifestSha256;
    };
    for (const parts of dockings.values()) {
      parts.sort((a, b) => a.part - b.part);
      const last = parts.at(-1);
      if (last !== undefined && !named.has(last.manifestSha256)) this.#offer(parts, last, rank);
    }
  }

  /** A docking was recorded by this process: it is the newest of its camera from now on. */
  recorded(parts: readonly RecordFacts[]): void {
    const [first] = parts;
    if (first !== undefined) this.#newest.set(first.camera, { docking: first.docking, parts });
  }

  newest(camera: CameraId): NewestDocking | undefined {
    return this.#newest.get(camera);
  }

  #offer(parts: readonly RecordFacts[], last: RecordFacts, rank: (facts: RecordFacts) => string): void {
    const known = this.#newest.get(last.camera)?.parts.at(-1);
    if (known === undefined || rank(last) > rank(known))
      this.#newest.set(last.camera, { docking: last.docking, parts });
  }
}

function partOf({ docking, part }: RecordFacts): string {
  return `${docking} ${part}`;
}
