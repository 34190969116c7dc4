// What is being pushed: locked recordings first, then docking records, then other recordings, each lane the oldest first and a bounded
// number at a time. Docking records are small and have places of their own: they go beside recordings, not behind a backlog of them. So do some of
// the other recordings: locked ones that get no further keep none of these back.
import type { RecordingId } from '../../protocol/format/ids.ts';
import { RoundTrip } from '../../protocol/format/round-trip.ts';
import type { Sender } from '../../protocol/transfer/transfer-state.ts';
import { PushLane, type PushLaneOptions } from './push-lane.ts';

/** Recordings offered or sent at once: enough to hide round trips of small ones, few enough to bound memory. */
const ACTIVE_MAX = 16;
/** Those of them that locked ones never take. */
const NORMAL_MIN = 4;
/** Docking records offered at once: each is held in memory as a whole, up to 256 KiB. */
const DOCKINGS_ACTIVE_MAX = 8;

/** In the order of their importance. */
const LANES = ['locked', 'docking', 'normal'] as const;
export type LaneName = (typeof LANES)[number];

/** A sender that has a place. */
export interface Active {
  readonly lane: LaneName;
  readonly sender: Sender;
}

/** Order and senders of everything that waits for its receipt. */
export class PushQueue {
  readonly #lanes: Readonly<Record<LaneName, PushLane>>;
  /** All senders as of that many changes: several looks go over them for each message that comes. */
  #listed: readonly Active[] = [];
  #listedChanges = 0;

  constructor(of: Omit<PushLaneOptions, 'roundTrip'>) {
    const options = { ...of, roundTrip: new RoundTrip() }; // all of it takes the same way
    this.#lanes = {
      locked: new PushLane(options),
      docking: new PushLane(options),
      normal: new PushLane(options),
    };
  }

  /** Adds behind all others of its lane: callers add the oldest first. */
  add(recording: RecordingId, lane: LaneName): void {
    this.#lanes[lane].add(recording);
  }

  get(recording: RecordingId): Sender | undefined {
    const { locked, docking, normal } = this.#lanes;
    return locked.get(recording) ?? docking.get(recording) ?? normal.get(recording);
  }

  remove(recording: RecordingId): void {
    for (const lane of Object.values(this.#lanes)) lane.remove(recording);
  }

  /** The store has it, and somebody will hear of that. */
  delivered(recording: RecordingId): void {
    for (const lane of Object.values(this.#lanes)) lane.delivered(recording);
  }

  /** Senders in the order of their importance, each with its lane; takes further ones in while there are places. */
  active(nowMs: number): readonly Active[] {
    const { locked, docking, normal } = this.#lanes;
    locked.fill(2 * ACTIVE_MAX - normal.busy, nowMs); // locked ones need not wait for a place
    docking.fill(DOCKINGS_ACTIVE_MAX, nowMs);
    normal.fill(Math.max(NORMAL_MIN, ACTIVE_MAX - locked.busy), nowMs);
    return this.#all();
  }

  /** One that has no sender because it stands back, and is claimed all the same; undefined where it is none, or too many are sent. */
  claimed(recording: RecordingId, nowMs: number): Sender | undefined {
    for (const name of LANES) {
      const places = name === 'docking' ? DOCKINGS_ACTIVE_MAX : ACTIVE_MAX;
      const sender = this.#lanes[name].comeBack(recording, places, nowMs);
      if (sender !== undefined) return sender;
    }
    return undefined;
  }

  /** Monotonic ms at which something that has no sender may have its turn without news. */
  wakeAtMs(nowMs: number): number {
    return Math.min(...LANES.map((lane) => this.#lanes[lane].wakeAtMs(nowMs)));
  }

  /** True where something of the lane waits for its receipt and does not stand back. */
  isOpen(lane: LaneName): boolean {
    return this.#lanes[lane].isOpen;
  }

  /** Bytes in flight over all. */
  get inFlightBytes(): number {
    let sum = 0;
    for (const { sender } of this.#all()) sum += sender.inFlightBytes;
    return sum;
  }

  #all(): readonly Active[] {
    const { locked, docking, normal } = this.#lanes;
    const changes = locked.changes + docking.changes + normal.changes;
    if (changes !== this.#listedChanges)
      this.#listed = LANES.flatMap((lane) =>
        [...this.#lanes[lane].senders].map((sender) => ({ lane, sender })),
      );
    this.#listedChanges = changes;
    return this.#listed;
  }
}
