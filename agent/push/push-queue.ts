// What is being pushed: locked recordings first, then documents without a payload, then other recordings, each lane the oldest first and a bounded
// number at a time. Documents are small and have places of their own: they go beside recordings, not behind a backlog of them. So do some of
// the other recordings: locked ones that get no further keep none of these back.
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import { RoundTrip } from '../../protocol/format/round-trip.ts';
import { Sender, type StandingBack } from '../../protocol/transfer/transfer-state.ts';
import { BackoffQueue } from './back-off.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { PushSteps } from './push-steps.ts';

/** Recordings offered or sent at once: enough to hide round trips of small ones, few enough to bound memory. */
const ACTIVE_MAX = 16;
/** Those of them that locked ones never take. */
const NORMAL_MIN = 4;
/** Documents without a payload offered at once: each is held in memory as a whole, up to 256 KiB. */
const DOCUMENTS_ACTIVE_MAX = 8;

/** In the order of their importance. */
const LANES = ['locked', 'documents', 'normal'] as const;
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
      documents: new PushLane(options),
      normal: new PushLane(options),
    };
  }

  /** Adds behind all others of its lane: callers add the oldest first. */
  add(recording: RecordingId, lane: LaneName): void {
    this.#lanes[lane].add(recording);
  }

  get(recording: RecordingId): Sender | undefined {
    const { locked, documents, normal } = this.#lanes;
    return locked.get(recording) ?? documents.get(recording) ?? normal.get(recording);
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
    const { locked, documents, normal } = this.#lanes;
    locked.fill(2 * ACTIVE_MAX - normal.busy, nowMs); // locked ones need not wait for a place
    documents.fill(DOCUMENTS_ACTIVE_MAX, nowMs);
    normal.fill(Math.max(NORMAL_MIN, ACTIVE_MAX - locked.busy), nowMs);
    return this.#all();
  }

  /** One that has no sender because it stands back, and is claimed all the same; undefined where it is none, or too many are sent. */
  claimed(recording: RecordingId, nowMs: number): Sender | undefined {
    for (const name of LANES) {
      const places = name === 'documents' ? DOCUMENTS_ACTIVE_MAX : ACTIVE_MAX;
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
    const { locked, documents, normal } = this.#lanes;
    const changes = locked.changes + documents.changes + normal.changes;
    if (changes !== this.#listedChanges)
      this.#listed = LANES.flatMap((lane) =>
        [...this.#lanes[lane].senders].map((sender) => ({ lane, sender })),
      );
    this.#listedChanges = changes;
    return this.#listed;
  }
}

// One lane of what is pushed: a queue of what waits for its turn, the oldest first, the senders of what had it, and rows of what stands back
// (SPEC 6.8).
//
// Invariants:
// 1. Who stands back takes no place. At most STANDING_BACK_MAX of them keep their sender, those whose offers are due first; of others a row is left.
// 2. Who is offered for long without an answer gives its place to one that waits, and is a row from then on.
// 3. Rows come back one at a time, every TRIAL_MS at most, or behind a claim: however many there are, they cost little, and each has its turn.
// 4. While there are rows, one place is for the newest that waits: it may be one that the store takes.

const STANDING_BACK_MAX = 256;
/** Rows that are offered and not answered yet, and places beyond all others that they take once they are claimed. */
const TRIALS_MAX = 4;
/** Between two of them that nobody claims. */
const TRIAL_MS = 4000;
/** Rows that may not come back for now are looked at again so much later. */
const LOOK_MS = 1000;
/** Taken ones that the list of waiting ones may still hold. */
const TAKEN_MAX = 1024;

interface PushLaneOptions {
  /** Of all that is pushed. */
  readonly roundTrip: RoundTrip;
  readonly items: Pick<SignedItems, 'get'>;
  readonly session: SessionId;
  /** Of what has a sender; those of a row are dropped. */
  readonly documents: Pick<PushSteps, 'unload'>;
}

/** A queue and its senders. What waits is an id and nothing more: it may be a hundred thousand. */
class PushLane {
  readonly #options: PushLaneOptions;
  #waiting: RecordingId[] = [];
  #from = 0;
  readonly #senders = new Map<RecordingId, Sender>();
  readonly #rows = new BackoffQueue();
  /** Those that were rows, and that nobody answered yet. */
  readonly #trials = new Set<RecordingId>();
  #trialAtMs = 0;
  /** The one that did not wait for those before it. */
  #newest: RecordingId | undefined;
  #changes = 0;

  constructor(options: PushLaneOptions) {
    this.#options = options;
  }

  /** Adds behind all others. */
  add(recording: RecordingId): void {
    this.#waiting.push(recording);
  }

  get(recording: RecordingId): Sender | undefined {
    return this.#senders.get(recording);
  }

  /** It is receipted, or is not here any more. */
  remove(recording: RecordingId): void {
    this.#rows.take(recording);
    this.delivered(recording);
    if (this.#senders.delete(recording)) this.#changes++;
  }

  get senders(): Iterable<Sender> {
    return this.#senders.values();
  }

  /** Grows whenever the senders are others. */
  get changes(): number {
    return this.#changes;
  }

  /** Places that are taken: those that stand back take none. */
  get busy(): number {
    let busy = 0;
    for (const { standsBack } of this.#senders.values()) if (!standsBack) busy++;
    return busy;
  }

  /** True where something waits for its turn, or was begun and does not stand back. */
  get isOpen(): boolean {
    return this.#waits || this.busy > 0;
  }

  /** Gives the next ones their turn, as long as there are places. */
  fill(places: number, nowMs: number): void {
    this.#makeRows(places, nowMs);
    this.#tryRow(places, nowMs);
    for (let busy = this.busy; busy < places;) {
      const recording = this.#next();
      if (recording === undefined) return;
      if (this.#senders.has(recording)) continue; // asked for again while it waited: it is here twice
      this.#rows.take(recording);
      if (this.#begin(recording, nowMs) !== undefined) busy++;
    }
  }

  /** A row that somebody claims has a sender again, unless there are no places even for these; undefined where it is none. */
  comeBack(recording: RecordingId, places: number, nowMs: number): Sender | undefined {
    if (this.busy >= places + TRIALS_MAX) return undefined;
    const standing = this.#rows.take(recording);
    return standing && this.#begin(recording, nowMs, standing);
  }

  /** The store has it: it takes such ones, and another row may come back at once. */
  delivered(recording: RecordingId): void {
    if (this.#trials.delete(recording)) this.#trialAtMs = 0;
  }

  /** Monotonic ms at which a row may come back. */
  wakeAtMs(nowMs: number): number {
    const first = this.#rows.first;
    if (first === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#trialAtMs, first.offerAtMs, nowMs + LOOK_MS);
  }

  get #waits(): boolean {
    return this.#from < this.#waiting.length;
  }

  /** Of what stands back and is not answered, of the last ones of too many that stand back, and of what has a place that others want. */
  #makeRows(places: number, nowMs: number): void {
    let wanted = this.busy < places ? 0 : this.#waiting.length - this.#from;
    const back: Sender[] = [];
    for (const sender of this.#senders.values()) {
      const { standsBack, awaitsAnswer } = sender;
      if (standsBack && !awaitsAnswer) back.push(sender);
      if (!(standsBack || wanted > 0) || !sender.isUnanswered(nowMs)) continue;
      if (!standsBack) wanted--;
      this.#makeRow(sender);
    }
    if (back.length <= STANDING_BACK_MAX) return;
    back.sort((a, b) => (a.offerAtMs ?? 0) - (b.offerAtMs ?? 0));
    for (const sender of back.slice(STANDING_BACK_MAX)) this.#makeRow(sender);
  }

  #makeRow({ subject: { recording }, standingBack }: Sender): void {
    this.#rows.put(recording, standingBack);
    this.#senders.delete(recording);
    this.#changes++;
    this.#options.documents.unload(recording);
  }

  #tryRow(places: number, nowMs: number): void {
    for (const recording of this.#trials) {
      const sender = this.#senders.get(recording);
      if (sender?.standsBack === false) this.#trialAtMs = nowMs; // the store takes such ones
      if (sender?.standsBack === true && !isAnswered(sender, nowMs)) continue;
      this.#trials.delete(recording);
    }
    if (nowMs < this.#trialAtMs || this.#trials.size >= TRIALS_MAX || this.busy >= places + TRIALS_MAX)
      return;
    const first = this.#rows.first;
    if (first === undefined || first.offerAtMs > nowMs) return;
    this.#trialAtMs = nowMs + TRIAL_MS;
    if (this.comeBack(first.recording, places, nowMs) !== undefined) this.#trials.add(first.recording);
  }

  #begin(recording: RecordingId, nowMs: number, before?: StandingBack): Sender | undefined {
    const { items, session, roundTrip } = this.#options;
    const item = items.get(recording); // as it is when its turn comes
    if (item?.state !== 'spooled') return undefined;
    const { manifestSha256, sealedSizeBytes } = item;
    const sender = new Sender(
      { recording, session, manifestSha256, sealedSizeBytes },
      nowMs,
      roundTrip,
      before,
    );
    this.#senders.set(recording, sender);
    this.#changes++;
    return sender;
  }

  #next(): RecordingId | undefined {
    const isFree = this.#newest === undefined || !this.#senders.has(this.#newest);
    if (this.#rows.size === 0 || !isFree || !this.#waits) return this.#take();
    this.#newest = this.#waiting.pop();
    return this.#newest;
  }

  #take(): RecordingId | undefined {
    const recording = this.#waiting[this.#from];
    if (recording === undefined) return undefined;
    this.#from++;
    if (this.#from === this.#waiting.length || this.#from > TAKEN_MAX)
      [this.#waiting, this.#from] = [this.#waiting.slice(this.#from), 0];
    return recording;
  }
}

/** It was offered, and that was answered: its next offer is later. */
function isAnswered(sender: Sender, nowMs: number): boolean {
  return !sender.awaitsAnswer && (sender.offerAtMs ?? nowMs) > nowMs;
}
