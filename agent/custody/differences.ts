// Recognises a station that is not what it was (acceptance SPL-08): its log or its spool is gone, or both are of an older day. The store's
// signed word is compared with the log, and the log with the spool.
//
// Invariants:
// 1. Nothing is erased, dropped or sent because of a difference; it is entered into the log, raised, and shown until it is over.
// 2. Each difference is entered once, over starts too: the log itself remembers it, so a snapshot that is lost loses none.
// 3. No recording is called lost that lies in the quarantine: what left the spool without an entry is entered before (agent/spool/settlement.ts).
// 4. It is over when the same entry is known again or the same recording is there again, or when a person has acknowledged it. It is not
//    over because a newer head fits: behind an image that was put back the log goes on, and the store follows it within a second.
// 5. That the store's log forked is entered before the two checkpoints that show it, and counts until a person has acknowledged it or the store
//    has said that it was restored; another fork after that is another difference.
import { describeError, DockError } from '../../protocol/format/errors.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import { CUSTODY_GROUP_ENTRIES } from '../../protocol/format/limits.ts';
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import type { CustodyHead } from '../../protocol/documents/receipt.ts';
import { readAcknowledgement, removeAcknowledgement } from './acknowledgement.ts';
import type { CustodyLog } from './custody-log.ts';
import { DIFFERENCES_MAX, isFull, ITEM, keyOf, type Difference, type DifferenceKind } from './ledger.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';

/** It is looked so often whether somebody acknowledged, and whether what was lost is here again. */
const LOOK_MS = 30_000;
/** What leaves the spool is out of it this long at most before the log says so. */
const SETTLE_MS = 10_000;
/** Lost recordings that are named one by one. */
const NAMED_MAX = 1000;

const MEANING: Readonly<Record<DifferenceKind, string>> = {
  'cut-tail': 'the store holds entries behind the last one that this station has in a segment',
  rewritten: 'the store holds another entry than this station in the same place',
  'older-image': 'the store holds a segment that this station does not have',
  'spool-lost':
    'a recording that the log calls spooled is not in the spool, and the store gave no receipt for it',
  'store-lost':
    'the store was restored from a backup and may lack a recording of which this station has no copy any more',
  'log-forked': 'the log of the store is not the one that this station saw before, or is shorter',
};
/** Condition of a store's log that is another one than it was. */
const FORKED = 'store.log-forked';
/** Conditions of differences that name recordings. */
const LOST_CODES = [
  ['spool-lost', 'spool.recordings-lost'],
  ['store-lost', 'store.recordings-lost'],
] as const;
const STORE_LOST_REMEDY =
  'a file that is still on a camera comes again with its next docking; compare at the store (bodydock-receiver reconcile), and then `bodydock custody --acknowledge --reason CODE`';
const FORKED_REMEDY =
  'compare the two checkpoints at the store with `bodydock verify`; where its vault was restored say so there (bodydock-receiver restored); else find out who changed its log, and then `bodydock custody --acknowledge --reason CODE`';
const REMEDY =
  'an older card image was put back, a part of the spool was lost, or another station uses this key: put the right one back; where that cannot be, verify vault and spool, and then `bodydock custody --acknowledge --reason CODE`';

/** Two checkpoints of a vault's log that do not fit each other, as notes. */
export interface LogFork {
  readonly vault: SessionId;
  /** What the station had, and what the store says now; null where it has no log. */
  readonly notes: readonly [string, string | null];
}

function isStandingFork({ difference, ...found }: Difference & { readonly acknowledged?: boolean }): boolean {
  return difference === 'log-forked' && found.acknowledged !== true;
}

/** What left the spool without an entry of it; the spool knows. */
export interface Leavings {
  /** Names of the quarantine as they were before. */
  readonly aside: ReadonlySet<string>;
  /** Entries that the log lacks. Errors: the system's where the disk does not say what lies there. */
  find(): Promise<CustodyEvent[]>;
  /** What that event says left the spool did so by an entry. */
  hasLeft(event: CustodyEvent): boolean;
}

export interface DifferencesOptions {
  readonly custody: Pick<
    CustodyLog,
    'append' | 'checkpoint' | 'segments' | 'entrySha256' | 'ledger' | 'isWhole'
  >;
  readonly spool: { stateOf(recording: RecordingId): unknown };
  readonly leavings: Leavings;
  readonly files: Files;
  /** See acknowledgement.ts. */
  readonly acknowledgementFile: string;
  /** Hears where nothing of the store's log is against an erasure any more. */
  readonly levels: { put(change: 'level'): void };
  readonly clock: Clock;
  readonly conditions: Conditions;
  readonly log: Log;
}

/** Knows what differs and shows it. */
export class Differences {
  readonly #options: DifferencesOptions;
  /** Found and not over, by `keyOf`. Filled by `run`; until then what the store says is kept back. */
  readonly #found = new Map<string, Difference & { acknowledged: boolean }>();
  /** The store's last word on a segment: the difference, or undefined where it fits. */
  readonly #said = new Map<string, Difference | undefined>();
  /** What a restored store lacks, as it was told since the last look. */
  readonly #storeLost = new Set<RecordingId>();
  /** The same of forks of its log. */
  readonly #forks: LogFork[] = [];
  /** It said that it was restored before what earlier runs found was taken over. */
  #isLogRestored = false;
  #reviewed = false;
  #stopping = false;
  #toldFailure: string | undefined;

  constructor(options: DifferencesOptions) {
    this.#options = options;
  }

  /** Whether an entry that the store names is in our log; a difference is entered and shown. Errors: the system's. */
  async isOurs(head: CustodyHead): Promise<boolean> {
    const difference = await this.#differenceOf(head);
    const { segment: subject, sequence, sha256 } = head;
    const found = difference && { difference, subject, sequence, sha256 };
    if (this.#said.size < DIFFERENCES_MAX || this.#said.has(subject)) this.#said.set(subject, found);
    if (this.#reviewed) this.#apply();
    return difference === undefined;
  }

  /** The store was restored and may lack these for good: each is entered once, over starts too. */
  storeLost(recordings: readonly RecordingId[]): void {
    for (const recording of recordings.slice(0, NAMED_MAX)) this.#storeLost.add(recording);
    if (this.#reviewed) this.#apply();
  }

  /** The store's log is not the one that it was: nothing that it says counts, and nothing is erased. Outlives a start. */
  get isLogForked(): boolean {
    if (this.#forks.length > 0) return true;
    if (!this.#reviewed && this.#isLogRestored) return false;
    const known = this.#reviewed ? this.#found : this.#options.custody.ledger.differences;
    return [...known.values()].some(isStandingFork);
  }

  /** That was found. */
  logForked(fork: LogFork): void {
    if (this.isLogForked) return;
    this.#forks.push(fork);
    if (this.#reviewed) this.#apply();
  }

  /** The store said, signed, that it was restored: that explains it. */
  logRestored(): void {
    this.#forks.length = 0;
    this.#isLogRestored = !this.#reviewed;
    if (!this.#reviewed) return;
    const forked = this.#standing().filter(isStandingFork);
    for (const each of forked) this.#over(each);
    this.#show();
    if (forked.length > 0) this.#options.levels.put('level');
  }

  /** Takes over what earlier runs found, looks for lost recordings, and for a person's word, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => (this.#stopping = true), { once: true });
    await this.#takeOver().catch((error: unknown) => this.#failed(error));
    this.#apply();
    await this.#lookForLost(signal).catch((error: unknown) => this.#failed(error));
    while (!signal.aborted) {
      await this.#foundAgain().catch((error: unknown) => this.#failed(error));
      await this.#acknowledged().catch((error: unknown) => this.#failed(error));
      await this.#options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #differenceOf({ segment, sequence, sha256 }: CustodyHead): Promise<DifferenceKind | undefined> {
    const { custody } = this.#options;
    const known = custody.segments().find((each) => each.segment === segment);
    if (known === undefined) return custody.ledger.dropped.has(segment) ? undefined : 'older-image';
    const ours = sequence > known.lastSequence ? undefined : await custody.entrySha256(segment, sequence);
    if (ours === undefined) return 'cut-tail';
    return ours === sha256 ? undefined : 'rewritten';
  }

  /** What earlier runs found and what is still so. */
  async #takeOver(): Promise<void> {
    for (const [key, found] of this.#options.custody.ledger.differences) this.#found.set(key, { ...found });
    this.#reviewed = true;
    await this.#endOver(this.#standing());
    if (this.#isLogRestored) this.logRestored();
    this.#show();
  }

  async #isOver(
    { difference, subject, sequence, sha256 }: Difference,
    aside: ReadonlySet<string>,
  ): Promise<boolean> {
    const { spool, custody } = this.#options;
    if (difference === 'store-lost' || difference === 'log-forked') return false;
    if (difference === 'spool-lost')
      return spool.stateOf(subject as RecordingId) !== undefined || aside.has(subject);
    const known = custody.segments().find((each) => each.segment === subject);
    return known !== undefined && (await custody.entrySha256(known.segment, sequence ?? 0)) === sha256;
  }

  /** What the disk withheld at the start, and shows since, or lies in the quarantine since. Errors: the system's. */
  async #foundAgain(): Promise<void> {
    const lost = this.#standing().filter(({ difference }) => difference === 'spool-lost');
    if (lost.length > 0 && (await this.#endOver(lost))) this.#show();
  }

  /** Whether any was over. Errors: the system's. */
  async #endOver(standing: readonly Difference[]): Promise<boolean> {
    const { aside } = this.#options.leavings;
    const before = this.#found.size;
    for (const found of standing) if (await this.#isOver(found, aside)) this.#over(found);
    return this.#found.size < before;
  }

  /** What the store said since the last time. */
  #apply(): void {
    for (const [subject, found] of this.#said) {
      if (found !== undefined) continue;
      for (const known of this.#standing())
        if (known.subject === subject && known.sequence !== null) this.#over(known);
    }
    this.#enterSaid();
    this.#show();
  }

  #enterSaid(): void {
    for (const found of this.#said.values()) if (found !== undefined) this.#enter(found);
    this.#said.clear();
    for (const subject of this.#storeLost)
      this.#enter({ difference: 'store-lost', subject, sequence: null, sha256: null });
    this.#storeLost.clear();
    for (const { vault, notes } of this.#forks.splice(0)) this.#enterFork(vault, notes);
  }

  #enterFork(subject: SessionId, notes: LogFork['notes']): void {
    const sha256 = sha256Hex(encodeUtf8(notes[1] ?? ''));
    this.#enter({ difference: 'log-forked', subject, sequence: null, sha256 });
    for (const checkpoint of notes)
      if (checkpoint !== null) this.#append({ event: 'store-log', facts: { checkpoint } });
  }

  /** Once, when all was told. Looked at twice: what leaves at this moment is entered a little later. */
  async #lookForLost(signal: AbortSignal): Promise<void> {
    const { custody, clock, log, leavings } = this.#options;
    if (
      signal.aborted ||
      !custody.isWhole ||
      (this.#lost().length === 0 && (await leavings.find()).length === 0)
    )
      return;
    await clock.sleep(SETTLE_MS, signal);
    await this.#enterLeavings();
    const lost = this.#lost();
    if (lost.length > 0) log.error('recordings are missing in the spool', { recordings: lost.length });
    for (const [at, subject] of lost.slice(0, NAMED_MAX).entries()) {
      this.#enter({ difference: 'spool-lost', subject, sequence: null, sha256: null });
      if (at % CUSTODY_GROUP_ENTRIES === 0) await custody.checkpoint();
    }
    this.#show();
  }

  /** Errors: the system's; "custody.write-failed": what was appended stays. */
  async #enterLeavings(): Promise<void> {
    const { leavings, custody, log } = this.#options;
    const owed = await leavings.find();
    if (owed.length === 0) return;
    log.warn('pending log entries written for items that left the spool', { entries: owed.length });
    for (const [at, event] of owed.entries()) {
      if (leavings.hasLeft(event)) continue; // entered since it was looked at
      this.#append(event);
      if (at % CUSTODY_GROUP_ENTRIES === 0) await custody.checkpoint();
    }
    await custody.checkpoint();
  }

  #lost(): string[] {
    const { custody, spool } = this.#options;
    const lost: string[] = [];
    for (const [item, bits] of custody.ledger.items)
      if ((bits & (ITEM.spooled | ITEM.onceReceipted | ITEM.left)) === ITEM.spooled)
        if (spool.stateOf(item) === undefined) lost.push(item);
    return lost;
  }

  /** Enters a difference that is new. */
  #enter(difference: Difference): void {
    const key = keyOf(difference);
    const known = this.#found.get(key);
    const isAnother = difference.difference === 'log-forked' && known?.acknowledged === true;
    if ((known !== undefined && !isAnother) || isFull(this.#found, difference)) return;
    this.#found.set(key, { ...difference, acknowledged: false });
    this.#append({ event: 'difference-found', facts: { ...difference } });
    const what = MEANING[difference.difference];
    const { log } = this.#options;
    if (difference.difference === 'store-lost')
      log.error('restored store may lack a recording', { ...difference, what, remedy: STORE_LOST_REMEDY });
    else if (difference.difference === 'log-forked')
      log.error('log of the store forked', { ...difference, what, remedy: FORKED_REMEDY });
    else log.error('station differs from its last run', { ...difference, what, remedy: REMEDY });
  }

  /** The same entry is known again, or the same recording is there. */
  #over({ difference, subject, sequence, sha256 }: Difference): void {
    this.#found.delete(keyOf({ difference, subject }));
    this.#append({ event: 'difference-gone', facts: { difference, subject, sequence, sha256 } });
  }

  async #acknowledged(): Promise<void> {
    const { files, acknowledgementFile, custody, log } = this.#options;
    try {
      const word = await readAcknowledgement(files, acknowledgementFile);
      if (word === undefined) return;
      const standing = this.#standing();
      if (standing.length > 0) {
        const facts = { differences: standing.length, reason: word.reason };
        custody.append({ event: 'difference-acknowledged', facts });
        await custody.checkpoint();
        log.warn('differences acknowledged', facts);
      }
      for (const found of standing) this.#found.set(keyOf(found), { ...found, acknowledged: true });
      this.#show();
      if (standing.some(isStandingFork)) this.#options.levels.put('level');
    } catch (error) {
      if (!(error instanceof DockError) || error.code === 'custody.write-failed') throw error;
      log.warn('invalid acknowledgement file removed', { error });
    }
    await removeAcknowledgement(files, acknowledgementFile);
  }

  #standing(): Difference[] {
    return [...this.#found.values()].filter(({ acknowledged }) => !acknowledged);
  }

  #show(): void {
    const { conditions } = this.#options;
    const standing = this.#standing();
    const store = standing.filter(({ sequence }) => sequence !== null);
    const newest = store.at(-1);
    if (newest === undefined) conditions.clear('custody.store-differs', null);
    else {
      const { difference, subject, sequence } = newest;
      const facts = { difference, segment: subject, sequence, differences: store.length };
      conditions.raise('custody.store-differs', null, facts);
    }
    const forked = standing.find(isStandingFork);
    if (forked === undefined) conditions.clear(FORKED, null);
    else conditions.raise(FORKED, null, { vault: forked.subject, sha256: forked.sha256 });
    for (const [kind, code] of LOST_CODES) {
      const lost = standing.filter(({ difference }) => difference === kind);
      const [first] = lost;
      if (first === undefined) conditions.clear(code, null);
      else conditions.raise(code, null, { recordings: lost.length, first: first.subject });
    }
  }

  #append(event: Parameters<CustodyLog['append']>[0]): void {
    try {
      this.#options.custody.append(event);
    } catch (error) {
      this.#options.log.error('custody log entry rejected', { ...event.facts, error });
    }
  }

  #failed(error: unknown): void {
    const reason = describeError(error);
    if (this.#stopping || reason === this.#toldFailure) return;
    this.#toldFailure = reason; // every 30 s the same
    this.#options.log.warn('differences not checked', { reason });
  }
}
