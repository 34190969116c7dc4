// One lane of what is pushed: a queue of what waits for its turn, the oldest first, the senders of what had it, and rows of what stands back
// (SPEC 6.8).
//
// Invariants:
// 1. Who stands back takes no place. At most STANDING_BACK_MAX of them keep their sender, those whose offers are due first; of others a row is left.
// 2. Who is offered for long without an answer gives its place to one that waits, and is a row from then on.
// 3. Rows come back one at a time, every TRIAL_MS at most, or behind a claim: however many there are, they cost little, and each has its turn.
// 4. While there are rows, one place is for the newest that waits: it may be one that the store takes.
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import type { RoundTrip } from '../../protocol/format/round-trip.ts';
import { Sender, type StandingBack } from '../../protocol/transfer/transfer-state.ts';
import type { PushSources } from './push-source.ts';
import type { PushSteps } from './push-steps.ts';
import { StoodBack } from './back-off.ts';

const STANDING_BACK_MAX = 256;
/** Rows that are offered and not answered yet, and places beyond all others that they take once they are claimed. */
const TRIALS_MAX = 4;
/** Between two of them that nobody claims. */
const TRIAL_MS = 4000;
/** Rows that may not come back for now are looked at again so much later. */
const LOOK_MS = 1000;
/** Taken ones that the list of waiting ones may still hold. */
const TAKEN_MAX = 1024;

export interface PushLaneOptions {
  /** Of all that is pushed. */
  readonly roundTrip: RoundTrip;
  readonly sources: Pick<PushSources, 'subject'>;
  readonly session: SessionId;
  /** Of what has a sender; those of a row are let go of. */
  readonly documents: Pick<PushSteps, 'unload'>;
}

/** A queue and its senders. What waits is an id and nothing more: it may be a hundred thousand. */
export class PushLane {
  readonly #options: PushLaneOptions;
  #waiting: RecordingId[] = [];
  #from = 0;
  readonly #senders = new Map<RecordingId, Sender>();
  readonly #rows = new StoodBack();
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
    const { sources, session, roundTrip } = this.#options;
    const subject = sources.subject(recording, session);
    if (subject === undefined) return undefined;
    const sender = new Sender(subject, nowMs, roundTrip, before);
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
