// Keeps the stations' custody logs (SPEC 6.9): checks each batch against the chain, appends durably, answers with the signed head.
// A fork or a break is reported and kept aside; the log goes on from what holds.
//
// Invariants:
// 1. An answer names only what is durable.
// 2. One batch of a station is worked on at a time, and few wait.
// 3. What brings no progress is not answered: the station asks again with growing pauses, so nonsense never spins. Of a station that sends much
//    that does not follow, or asks and asks, nothing is looked at for a second: each costs a line in the log, and a journal that gets too many drops others.
// 4. The log of one station takes no room from others: its segments and its days have a bound, and what it takes is counted.
import { CHAIN_START, type ChainState, type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { firstEntry } from '../../../protocol/custody/segment-file.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import type { ReceiverId, SegmentId, StationId } from '../../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Broker, Clock, Conditions, Files, Log } from '../../../protocol/format/ports.ts';
import { type Pause, pauseWhatever } from '../../../protocol/format/slowly.ts';
import type { CustodyBody } from '../../../protocol/transfer/messages.ts';
import type { Revocations, RevokedUse } from '../keys/revocations.ts';
import {
  CUSTODY_GROWTH,
  CUSTODY_QUESTIONS,
  CUSTODY_SEGMENT_BYTES_MAX,
  CUSTODY_SEGMENTS_OPEN_MAX,
  CUSTODY_WAITING_BYTES_MAX,
  CUSTODY_WAITING_MAX,
  REFUSALS,
} from '../limits.ts';
import type { VaultWords } from '../reconcile/vault-words.ts';
import { Allowance } from '../transfer/refusals.ts';
import type { Sending } from '../transfer/sending.ts';
import type { Space } from '../transfer/space.ts';
import type { FilesVault } from '../vault/vault-files.ts';
import { type BatchOutcome, type CustodyProblem, followBatch } from './custody-batch.ts';
import { CustodyFile, segmentPath } from './custody-file.ts';
import { judgeOpening, readNewest, writeNewest } from './custody-forks.ts';

const DOES_NOT_HOLD = 'custody segment that does not hold';

export interface CustodyKeepOptions {
  readonly files: Files;
  readonly syncs: FolderSyncs;
  readonly receiver: ReceiverId;
  readonly stations: ReadonlyMap<StationId, readonly PublicKey[]>;
  readonly revocations: Pick<Revocations, 'of'>;
  readonly revokedUse: Pick<RevokedUse, 'saw'>;
  readonly vault: Pick<FilesVault, 'custodyFolder' | 'note' | 'setAsidePath'>;
  /** What a station must hear before an answer. */
  readonly words: Pick<VaultWords, 'beforeAnswer'>;
  readonly sending: Pick<Sending, 'custody'>;
  readonly space: Pick<Space, 'added'>;
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** A message of a station about its log; an empty payload asks what is held. */
interface Incoming {
  readonly segment: SegmentId;
  readonly from: number;
  readonly payload: Uint8Array;
  /** To be repeated in the answer. */
  readonly nonce: string | undefined;
}

/** What is known of one station's log. */
interface StationLog {
  readonly open: Map<SegmentId, CustodyFile>;
  newest: SegmentId | undefined;
  waiting: number;
  last: Promise<void>;
  /** Digest of the last payload that was kept aside: the same one again is not kept again. */
  aside: string | undefined;
}

/** The keeper of all stations' logs. */
export class CustodyKeeper {
  readonly #options: CustodyKeepOptions;
  readonly #logs = new Map<StationId, StationLog>();
  readonly #pause: Pause;
  readonly #odd: Allowance;
  readonly #questions: Allowance;
  readonly #growth: Allowance;
  #waitingBytes = 0;

  constructor(options: CustodyKeepOptions) {
    this.#options = options;
    this.#pause = pauseWhatever(options.clock);
    this.#odd = new Allowance(options.clock, REFUSALS);
    this.#questions = new Allowance(options.clock, CUSTODY_QUESTIONS);
    this.#growth = new Allowance(options.clock, CUSTODY_GROWTH);
  }

  /** A message below `up/custody`. Never throws; what comes on top of the bound is dropped. */
  take(
    station: StationId,
    segment: SegmentId,
    { from, nonce }: { readonly from: number; readonly nonce?: string },
    payload: Uint8Array,
  ): void {
    if (!this.#options.stations.has(station) || this.#odd.left(station) < 1) return;
    const log = this.#logOf(station);
    if (log.waiting >= CUSTODY_WAITING_MAX || payload.length > CUSTODY_BATCH_BYTES_MAX) return;
    if (this.#waitingBytes + payload.length > CUSTODY_WAITING_BYTES_MAX) return;
    if (payload.length === 0 && !this.#questions.spend(station)) return;
    log.waiting++;
    this.#waitingBytes += payload.length;
    const incoming = { segment, from, nonce, payload: new Uint8Array(payload) };
    this.#inOrder(log, () => this.#work(station, log, incoming))
      .catch((error: unknown) => this.#failed(station, segment, error))
      .finally(() => {
        log.waiting--;
        this.#waitingBytes -= payload.length;
      });
  }

  /** The newest entry that the vault holds durably at this moment; null where it holds none, or none that can be read. */
  async head(station: StationId): Promise<CustodyHead | null> {
    const log = this.#logOf(station);
    try {
      return await this.#inOrder(log, () => this.#head(station, log));
    } catch (error) {
      this.#failed(station, log.newest, error);
      return null;
    }
  }

  /** Says the head of the segment that was begun last, or that none is held, unasked. Never rejects. */
  async greet(station: StationId): Promise<void> {
    const log = this.#logOf(station);
    try {
      await this.#inOrder(log, async () => {
        const folder = await this.#options.vault.custodyFolder(station);
        await this.#options.words.beforeAnswer(station, true);
        if (!(await this.#answerNewest(station, log, folder))) await this.#answer(station, null, CHAIN_START);
      });
    } catch (error) {
      this.#failed(station, log.newest, error);
    }
  }

  /** Resolves when what was taken is done. */
  async stop(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.last));
  }

  #logOf(station: StationId): StationLog {
    let log = this.#logs.get(station);
    if (log === undefined) {
      log = {
        open: new Map(),
        newest: undefined,
        waiting: 0,
        last: Promise.resolve(),
        aside: undefined,
      };
      this.#logs.set(station, log);
    }
    return log;
  }

  #inOrder<T>(log: StationLog, run: () => Promise<T>): Promise<T> {
    const result = log.last.then(run);
    log.last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #work(station: StationId, log: StationLog, incoming: Incoming): Promise<void> {
    const folder = await this.#options.vault.custodyFolder(station);
    const file = await this.#file(station, log, folder, incoming.segment);
    await this.#options.words.beforeAnswer(station, incoming.payload.length === 0);
    if (incoming.payload.length === 0 && file.head.sequence === 0)
      await this.#answerNewest(station, log, folder);
    if (incoming.payload.length > 0 && !(await this.#append(station, log, { folder, file, incoming })))
      return;
    await this.#answer(station, incoming.segment, file.head, incoming.nonce);
  }

  /**
   * Where nothing is held of the segment that was asked about, the head of the one that was begun last is told first: a station that was put
   * back to an earlier state does not know that one, and would never ask about it.
   */
  async #answerNewest(station: StationId, log: StationLog, folder: string): Promise<boolean> {
    const newest = await this.#newest(log, folder);
    if (newest === undefined) return false;
    await this.#answer(station, newest, (await this.#file(station, log, folder, newest)).head);
    return true;
  }

  /** False where the batch brought nothing: a problem, or entries that no checkpoint covers. */
  async #append(
    station: StationId,
    log: StationLog,
    { folder, file, incoming }: { folder: string; file: CustodyFile; incoming: Incoming },
  ): Promise<boolean> {
    const { segment } = incoming;
    const keys = this.#options.stations.get(station) ?? [];
    const revoked = await this.#options.revocations.of(station);
    const outcome = await followBatch(file, { station, keys, revoked, ...incoming }, this.#pause);
    if (outcome.bytes.length > 0 && !this.#mayGrow(station, file, incoming.segment, outcome.bytes.length))
      return false;
    const opened =
      outcome.bytes.length === 0
        ? undefined
        : (outcome.opened ?? (await this.#unhinted(log, folder, segment)));
    const isNewest = opened !== undefined && (await this.#opening(station, log, folder, opened));
    if (outcome.bytes.length > 0) {
      await this.#keep(log, { folder, file, incoming }, outcome);
      this.#grew(station, outcome.bytes.length);
    }
    if (isNewest) {
      await writeNewest({ ...this.#options, folder }, segment); // its lines are durable: a receipt may name it
      log.newest = segment;
    }
    if (outcome.problem !== undefined) await this.#report(station, log, incoming, outcome.problem);
    return outcome.bytes.length > 0 || (outcome.problem === undefined && !outcome.isUncovered);
  }

  /** False where a segment, or the log of one station in a day, gets too long (SPEC 6.9.16): it is not answered, and the station says so. */
  #mayGrow(station: StationId, file: CustodyFile, segment: SegmentId, bytes: number): boolean {
    const { conditions } = this.#options;
    const isLong = file.sizeBytes + bytes > CUSTODY_SEGMENT_BYTES_MAX;
    if (isLong || this.#growth.left(station) < bytes) {
      const reason = isLong
        ? `a segment of more than ${CUSTODY_SEGMENT_BYTES_MAX} bytes`
        : `more than ${CUSTODY_GROWTH.atOnce} bytes a day`;
      if (isLong) this.#odd.spend(station);
      conditions.raise('custody.too-much', station, { segment, reason });
      return false;
    }
    return true;
  }

  /** Counted once it is kept: what the disk does not take comes again. */
  #grew(station: StationId, bytes: number): void {
    const { conditions, space } = this.#options;
    space.added(station, bytes);
    this.#growth.spend(station, bytes);
    if (this.#growth.left(station) > CUSTODY_GROWTH.atOnce / 2) conditions.clear('custody.too-much', station);
    conditions.clear('custody.write-failed', station);
  }

  /** One whose beginning turns out damaged where it must be written anew is set aside, and comes again from its first entry. */
  async #keep(
    log: StationLog,
    { folder, file, incoming }: { folder: string; file: CustodyFile; incoming: Incoming },
    outcome: BatchOutcome,
  ): Promise<void> {
    try {
      await file.append(outcome.bytes, outcome);
    } catch (error) {
      if (isDockError(error, 'custody.damaged')) {
        log.open.delete(incoming.segment);
        await this.#options.vault.setAsidePath(segmentPath(folder, incoming.segment), DOES_NOT_HOLD);
      }
      throw error;
    }
  }

  async #file(station: StationId, log: StationLog, folder: string, segment: SegmentId): Promise<CustodyFile> {
    const known = log.open.get(segment);
    if (known !== undefined) return known;
    const file = await this.#openFile(station, folder, segment);
    if (file.tornBytes > 0)
      this.#options.log.warn('end of a custody segment ignored', {
        segment,
        torn_bytes: file.tornBytes,
      });
    // The station may have dropped what stood there long ago.
    if (file.leftOut !== undefined)
      await this.#options.vault.note({
        station,
        isSigned: true,
        facts: { reason: 'custody-end-left-out', station, segment, sequence: file.head.sequence },
        bytes: file.leftOut,
      });
    const oldest = log.open.size >= CUSTODY_SEGMENTS_OPEN_MAX ? log.open.keys().next().value : undefined;
    if (oldest !== undefined) log.open.delete(oldest);
    log.open.set(segment, file);
    return file;
  }

  /** A segment that is damaged beyond its end is set aside; the station sends it again. */
  async #openFile(station: StationId, folder: string, segment: SegmentId): Promise<CustodyFile> {
    const { files, syncs, vault, stations } = this.#options;
    const use = { station, keys: stations.get(station) ?? [] };
    try {
      return await CustodyFile.open(files, syncs, folder, segment, use);
    } catch (error) {
      const isOdd = ['EISDIR', 'ELOOP'].includes(systemCode(error) ?? '');
      if (!isOdd && !isDockError(error, 'custody.damaged')) throw error;
      const reason = isOdd ? 'not a file' : DOES_NOT_HOLD;
      await vault.setAsidePath(segmentPath(folder, segment), reason);
      return CustodyFile.open(files, syncs, folder, segment, use);
    }
  }

  /** A new segment is compared with what is known; a fork is a statement, not a stop. False where another segment follows it. */
  async #opening(
    station: StationId,
    log: StationLog,
    folder: string,
    opened: CustodyEntry,
  ): Promise<boolean> {
    const newest = await this.#newest(log, folder);
    const { fork, isNewest } = await judgeOpening({ ...this.#options, folder }, newest, opened);
    if (fork === undefined) return isNewest;
    const facts = {
      segment: String(opened.facts['segment']),
      other_segment: fork.other,
      detail: fork.detail,
    };
    this.#options.log.error('custody log forked: station restored from an earlier image, or copied', {
      station,
      ...facts,
    });
    this.#options.conditions.raise('custody.fork', station, facts);
    return isNewest;
  }

  /** Entry 1 of a segment behind the one that the hint names: a cut or a failure came between its first lines and its hint. */
  async #unhinted(log: StationLog, folder: string, segment: SegmentId): Promise<CustodyEntry | undefined> {
    const newest = await this.#newest(log, folder);
    if (newest === segment) return undefined;
    const first = await firstEntry(this.#options.files, segmentPath(folder, segment));
    return newest === undefined || first?.facts['last_segment'] === newest ? first : undefined;
  }

  /** The segment that was begun last, as far as this folder tells. */
  async #newest(log: StationLog, folder: string): Promise<SegmentId | undefined> {
    return (log.newest ??= await readNewest(this.#options.files, folder));
  }

  async #report(
    station: StationId,
    log: StationLog,
    incoming: Incoming,
    problem: CustodyProblem,
  ): Promise<void> {
    this.#odd.spend(station);
    const { segment } = incoming;
    const facts = { segment, sequence: problem.sequence, detail: problem.detail };
    if (problem.kind === 'revoked') this.#options.revokedUse.saw(station, facts);
    else if (problem.kind === 'fork') this.#options.conditions.raise('custody.fork', station, facts);
    else this.#options.conditions.raise('custody.broken', station, facts);
    const digest = sha256Hex(incoming.payload);
    if (log.aside === digest) return;
    log.aside = digest;
    this.#options.log.error('custody batch out of sequence', { station, kind: problem.kind, ...facts });
    await this.#options.vault.note({
      station,
      isSigned: problem.kind === 'revoked',
      facts: { reason: `custody-${problem.kind}`, station, ...facts },
      bytes: incoming.payload,
    });
  }

  async #answer(
    station: StationId,
    segment: SegmentId | null,
    head: ChainState,
    nonce?: string,
  ): Promise<void> {
    const held = head.sequence > CHAIN_START.sequence;
    const body: CustodyBody = {
      message: 'custody',
      station,
      recording: null,
      receiver: this.#options.receiver,
      segment,
      sequence: held ? head.sequence : null,
      sha256: held ? head.sha256 : null,
      ...(nonce !== undefined && { nonce }),
    };
    await this.#options.sending
      .custody(station, body)
      .catch((error: unknown) => this.#options.log.debug('custody head not sent', { station, error }));
  }

  async #head(station: StationId, log: StationLog): Promise<CustodyHead | null> {
    const folder = await this.#options.vault.custodyFolder(station);
    const segment = await this.#newest(log, folder);
    if (segment === undefined) return null;
    const { sequence, sha256 } = (await this.#file(station, log, folder, segment)).head;
    return sequence === 0 ? null : { segment, sequence, sha256 };
  }

  /** The disk did not take it: no answer, so the station sends it again later. */
  #failed(station: StationId, segment: SegmentId | undefined, error: unknown): void {
    this.#options.log.error('custody log not stored', { station, segment, error });
    this.#options.conditions.raise('custody.write-failed', station);
  }
}

// Says to each station, at each connect and unasked, how far the vault holds its log (SPEC 6.10): a station whose own connection did not
// break would not notice that the store was put back.

interface CustodyGreetingOptions {
  readonly stations: ReadonlyMap<StationId, unknown>;
  readonly broker: Pick<Broker, 'onState' | 'connected'>;
  readonly custody: Pick<CustodyKeeper, 'greet'>;
}

/** Of one receiver. */
export class CustodyGreeting {
  readonly #options: CustodyGreetingOptions;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: CustodyGreetingOptions) {
    this.#options = options;
  }

  /** Begins with the next connect. */
  start(): void {
    this.#options.broker.onState((connected) => {
      if (!connected || this.#stopped) return;
      this.#running = this.#running.then(() => this.#greetAll());
    });
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #greetAll(): Promise<void> {
    const { stations, broker, custody } = this.#options;
    for (const station of stations.keys()) {
      if (this.#stopped || !broker.connected) return;
      await custody.greet(station);
    }
  }
}
