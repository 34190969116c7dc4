// The store behind a PushRig: claims what is offered, says what it has, and gives its receipt once it has all of it. Counts every byte that
// the station sends for transfers, with its time.
import type { RecordingId } from '../../../protocol/format/ids.ts';
import { parseReceiverId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { chunksBytes, unitBytes } from '../../../protocol/documents/manifest.ts';
import { receiverTopics } from '../../../protocol/transfer/topics.ts';
import { UnitSet } from '../../../protocol/transfer/unit-set.ts';
import type { PushRig } from './push-rig.ts';

/** There and back. */
const ANSWER_MS = 20;
const SAYS_MS = 50;

interface Taken {
  digestsBytes: number;
  /** Bytes of each unit that came, by the offset of their piece. */
  readonly pieces: Map<number, Map<number, number>>;
  readonly units: UnitSet;
  saysSoon: boolean;
}

export class SmallStore {
  /** Payloads of digests and units: [monotonic ms, bytes]. */
  readonly sent: [number, number][] = [];
  readonly offered: RecordingId[] = [];
  /** Pieces for which it is true never come. */
  loses: () => boolean = () => false;
  readonly #rig: PushRig;
  readonly #topics = receiverTopics('bodydock', parseReceiverId('r-a'));
  readonly #taken = new Map<RecordingId, Taken>();

  constructor(rig: PushRig) {
    this.#rig = rig;
    rig.hub.sent = (_from, { topic, payload }) => this.#take(topic, payload.length);
  }

  get sentBytes(): number {
    return this.sent.reduce((sum, [, bytes]) => sum + bytes, 0);
  }

  /** Whole units that it has. */
  unitsOf(recording: RecordingId): number {
    return this.#taken.get(recording)?.units.size ?? 0;
  }

  /** The most and the least that left in any time of that length, from the first to the last payload, in bytes a second. */
  rates(lengthMs: number): { readonly most: number; readonly least: number } {
    const lastMs = this.sent.at(-1)?.[0] ?? 0;
    let [most, least] = [0, Number.POSITIVE_INFINITY];
    for (const [fromMs] of this.sent) {
      const inside = this.sent.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + lengthMs);
      const rate = (1000 * inside.reduce((sum, [, bytes]) => sum + bytes, 0)) / lengthMs;
      most = Math.max(most, rate);
      if (fromMs + lengthMs <= lastMs) least = Math.min(least, rate);
    }
    return { most, least };
  }

  #take(topic: string, bytes: number): void {
    const up = this.#topics.parseUp(topic);
    if (up === undefined || up.kind === 'custody' || up.kind === 'log') return;
    const { clock, pusher } = this.#rig;
    const { recording } = up;
    if (up.kind === 'offer') {
      this.offered.push(recording);
      clock.after(ANSWER_MS, () => pusher.take(recording, this.#rig.claim(recording)));
      return this.#soon(recording, ANSWER_MS);
    }
    if (up.kind === 'fin') return this.#soon(recording, ANSWER_MS);
    this.sent.push([clock.monotonicMs(), bytes]);
    if (this.loses()) return;
    const taken = this.#of(recording);
    if (up.kind === 'digests') taken.digestsBytes = Math.max(taken.digestsBytes, up.offset + bytes);
    else this.#piece(recording, taken, up.offset, bytes);
    this.#soon(recording, SAYS_MS);
  }

  #piece(recording: RecordingId, taken: Taken, offset: number, bytes: number): void {
    const unit = Math.floor(offset / UNIT_BYTES);
    const pieces = taken.pieces.get(unit) ?? new Map<number, number>();
    taken.pieces.set(unit, pieces.set(offset, bytes));
    const here = [...pieces.values()].reduce((sum, each) => sum + each, 0);
    if (here >= unitBytes(this.#rig.sealedSizeBytes(recording), unit)) taken.units.add(unit);
  }

  #soon(recording: RecordingId, ms: number): void {
    const taken = this.#of(recording);
    if (taken.saysSoon) return;
    taken.saysSoon = true;
    this.#rig.clock.after(ms, () => {
      taken.saysSoon = false;
      const sizeBytes = this.#rig.sealedSizeBytes(recording);
      const isWhole =
        taken.digestsBytes >= chunksBytes(sizeBytes) && taken.units.isFull(Math.ceil(sizeBytes / UNIT_BYTES));
      const { pusher } = this.#rig;
      if (isWhole) pusher.take(recording, this.#rig.receipt(recording));
      else pusher.take(recording, this.#rig.haveOf(taken.digestsBytes, taken.units.ranges()));
    });
  }

  #of(recording: RecordingId): Taken {
    const taken = this.#taken.get(recording) ?? {
      digestsBytes: 0,
      pieces: new Map<number, Map<number, number>>(),
      units: new UnitSet(),
      saysSoon: false,
    };
    this.#taken.set(recording, taken);
    return taken;
  }
}
