// A station is a witness of its store's log (SPEC 6.12): it knows the newest checkpoint of each log, believes no receipt that is not in it, and
// notices a log that is shorter than it was or another one.
//
// Invariants:
// 1. A checkpoint counts once a pinned key of the store signed it for the log of a listed receiver, and it extends the one that the station has.
// 2. What was seen goes into the custody log (`store-log`) before what it proves, once a minute at most; a start continues from there.
// 3. Only what a key of the store signed makes a fork: two roots of one size, or an answer to a question of now. What a broker can alter, or hand
//    out again, makes another question.
// 4. One question at a time, one a second at most; without an answer with growing pauses, with one each hour.
import { type CustodyEntry, parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { verifyMessage } from '../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { encodeUtf8, equalBytes, sha256Hex } from '../../protocol/format/bytes.ts';
import { describeError, DockError, isDockError } from '../../protocol/format/errors.ts';
import { isSessionId, type ReceiverId, type SessionId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Log, Random } from '../../protocol/format/ports.ts';
import {
  type LogBody,
  type LogSize,
  messageBytes,
  parseDown,
  parseSignedBody,
  type ReceiptMessage,
} from '../../protocol/transfer/messages.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import {
  type Checkpoint,
  formatCheckpoint,
  logOrigin,
  parseCheckpoint,
  parseProof,
  verifyCheckpoint,
  verifyProof,
} from '../../protocol/transparency/checkpoint.ts';
import { isConsistent } from '../../protocol/transparency/merkle.ts';
import { parseNote } from '../../protocol/transparency/signed-note.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { Differences } from '../custody/differences.ts';
import type { Ledger } from '../custody/ledger.ts';
import type { TrustedStore } from './push-verify.ts';
import { countingVault, type StoreStanding } from './store-rollback.ts';

/** No proof, or one that does not hold. */
export const NOT_IN_LOG = 'receipt.not-in-log';
/** It may hold: the station has another checkpoint than the proof was made for, and asks. */
const UNPROVEN = 'receipt.log-unproven';
/** The log is not the one that it was. */
export const LOG_FORKED = 'store.log-forked';

const NOTE_LENGTH_MAX = 4096;
const NONCE_BYTES = 8;
/** Checkpoints before the newest one that are remembered by their roots: as many as receipts may be on their way. */
const EARLIER_MAX = 64;
/** A receiver answers one question a second of a station. */
const ASK_MS_MIN = 1100;
/** First pause after a question that is not answered; doubling up to HOUR_MS. */
const ASK_AGAIN_MS = 10_000;
const HOUR_MS = 3_600_000;
/** `store-log` is entered so often at most. */
const ENTER_MS = 60_000;
/** So many answers over so long name fewer leaves before the log counts as shorter. */
const FEWER_ANSWERS = 3;
const FEWER_MS = 2000;

/** One checkpoint that verified, with its note. */
interface Noted extends Checkpoint {
  readonly note: string;
}

/** What was seen of one log. */
interface SeenLog {
  newest: Noted;
  /** Roots by sizes, of this and of checkpoints that it extends, the newest last. */
  readonly earlier: Map<number, Uint8Array>;
  /** Leaves of what is entered, and when it was. */
  enteredSize: number;
  enteredAtMs: number;
}

/** A question that waits for its answer: about that checkpoint, or about a log that is not known yet. */
interface Question {
  readonly nonce: string;
  readonly about: Noted | undefined;
}

export interface LogWitnessOptions {
  /** As the custody log said at the start. */
  readonly ledger: Pick<Ledger, 'logs'>;
  readonly store: TrustedStore;
  readonly standing: Pick<StoreStanding, 'vault' | 'state' | 'isForked'>;
  readonly differences: Pick<Differences, 'logForked'>;
  readonly custody: Pick<Custody, 'append'>;
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topics: Pick<StationTopics, 'log'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The witness of one station. */
export class LogWitness {
  readonly #options: LogWitnessOptions;
  readonly #keys: readonly Uint8Array[];
  /** By origin; what was seen last comes last. */
  readonly #seen = new Map<string, SeenLog>();
  #question: Question | undefined;
  #round: (string | undefined)[] = [];
  #fewer: { readonly sinceMs: number; readonly answers: number } | undefined;
  #pauseMs = ASK_AGAIN_MS;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: LogWitnessOptions) {
    this.#options = options;
    this.#keys = options.store.storeKeys.map(({ key }) => key);
    for (const [origin, note] of options.ledger.logs) this.#takeOver(origin, note);
  }

  /** What an offer says: the newest checkpoint; undefined where there is none. */
  get newest(): LogSize | undefined {
    const seen = [...this.#seen.values()].findLast(({ newest }) => this.#isExpected(newest.origin));
    return seen && { origin: seen.newest.origin, size: seen.newest.size };
  }

  /** The connection came or went. */
  connectionChanged(connected: boolean): void {
    this.#cancel();
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    this.#question = undefined;
    this.#pauseMs = ASK_AGAIN_MS;
    this.#round = [];
    if (connected) this.#due(0);
  }

  /** Nothing is asked any more; what was seen is entered. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    for (const seen of this.#seen.values()) this.#enter(seen, 0);
  }

  /**
   * The proof beside a receipt, in the order in which receipts come. Shape: why the receipt does not count, or undefined where it is in the log.
   * Codes: NOT_IN_LOG, UNPROVEN, LOG_FORKED. Never throws.
   */
  follow(message: ReceiptMessage): DockError | undefined {
    if (this.#options.standing.isForked) return forked();
    try {
      const seen = this.#proven(message);
      this.#enter(seen, ENTER_MS);
      return undefined;
    } catch (error) {
      const refused =
        isDockError(error, UNPROVEN) || isDockError(error, LOG_FORKED) ? error : notInLog(error);
      if (refused.code === UNPROVEN) this.#due(0);
      return refused;
    }
  }

  /** Whether a statement of the store names another root than was seen for a size of that log: then it is a fork (SPEC 6.10.3.9). */
  contradicts(checkpoint: Checkpoint): boolean {
    const seen = this.#seen.get(checkpoint.origin);
    const known = seen?.earlier.get(checkpoint.size);
    if (seen === undefined || known === undefined || equalBytes(known, checkpoint.root)) return false;
    const [, vault] = checkpoint.origin.split('/');
    const notes = [seen.newest.note, formatCheckpoint(checkpoint)] as const;
    this.#options.differences.logForked({ vault: vault as SessionId, notes });
    return true;
  }

  /** An answer below `down/log`. Never throws: what does not hold is logged and changes nothing. */
  take(payload: Uint8Array): void {
    try {
      const body = this.#verifyAnswer(payload);
      if (body === undefined) return;
      const { checkpoint: note } = body;
      const found = note === null ? undefined : this.#verifyNote(note, body.receiver);
      const about = this.#question?.about;
      if (this.#options.standing.isForked) return;
      if (about !== undefined && about.origin.split('/')[2] !== body.receiver) return;
      this.#question = undefined;
      this.#answered(about, found, body.consistency);
    } catch (error) {
      this.#options.log.warn('answer about the log of the store rejected', { error });
    }
  }

  /** It was verified before it was entered, by a key that may not be pinned any more. */
  #takeOver(origin: string, note: string): void {
    try {
      const newest = { ...parseCheckpoint(parseNote(note).text), note };
      this.#seen.set(origin, seenOf(newest, newest.size, this.#options.clock.monotonicMs()));
    } catch (error) {
      this.#options.log.warn('checkpoint in the custody log cannot be read', { origin, error });
    }
  }

  /** Errors: NOT_IN_LOG and those of the parsers; UNPROVEN; LOG_FORKED. */
  #proven(message: ReceiptMessage): SeenLog {
    const { log, receiver } = message;
    if (log === undefined) throw new DockError(NOT_IN_LOG, 'no proof came with it', { retry: 'later' });
    const entry = encodeUtf8(log.entry);
    if (!names(parseCustodyEntry(entry), messageBytes(message.receipt)))
      throw new DockError(NOT_IN_LOG, 'the entry is not about this receipt', { retry: 'later' });
    const { checkpoint: note } = parseProof(log.proof);
    const found = this.#verifyNote(note, receiver);
    verifyProof(log.proof, entry, found.origin, this.#keys);
    const seen = this.#seen.get(found.origin);
    if (seen === undefined) return this.#first(found);
    const known = seen.earlier.get(found.size);
    if (known !== undefined) {
      if (equalBytes(known, found.root)) return seen;
      this.#forked(seen, found);
      throw forked();
    }
    if (found.size < seen.newest.size || !follows(seen.newest, found, log.consistency))
      throw new DockError(UNPROVEN, `its proof was not made for leaf ${seen.newest.size} of the log`, {
        retry: 'later',
      });
    return this.#grow(seen, found);
  }

  /** A checkpoint of the log of that receiver, signed by the store. Errors: those of verifyCheckpoint; NOT_IN_LOG for another log. */
  #verifyNote(note: string, receiver: ReceiverId): Noted {
    const origin = note.slice(0, Math.max(0, note.indexOf('\n')));
    if (note.length > NOTE_LENGTH_MAX || origin.split('/')[2] !== receiver || !this.#isExpected(origin))
      throw new DockError(NOT_IN_LOG, `log ${origin.slice(0, 200)} is not that of receiver ${receiver}`, {
        retry: 'later',
      });
    return { ...verifyCheckpoint(note, origin, this.#keys), note };
  }

  /** Whether a log has the name of one of a listed receiver, as the pinned vault was restored last. */
  #isExpected(origin: string): boolean {
    const { store, standing } = this.#options;
    const [, named, receiver] = origin.split('/');
    const { restored } = standing.state;
    const vault = countingVault(standing, store.receivers) ?? named;
    if (vault === undefined || !isSessionId(vault)) return false;
    const listed = store.receivers.find((each) => each === receiver);
    const statement = restored?.vault === vault ? restored.sha256 : undefined;
    return listed !== undefined && origin === logOrigin(vault, listed, statement);
  }

  #first(found: Noted): SeenLog {
    const seen = seenOf(found, 0, Number.NEGATIVE_INFINITY);
    this.#seen.set(found.origin, seen);
    return seen;
  }

  /** It extends what was seen. */
  #grow(seen: SeenLog, found: Noted): SeenLog {
    seen.newest = found;
    seen.earlier.set(found.size, found.root);
    const [oldest] = seen.earlier.size > EARLIER_MAX ? seen.earlier.keys() : [];
    if (oldest !== undefined) seen.earlier.delete(oldest);
    this.#seen.delete(found.origin);
    this.#seen.set(found.origin, seen);
    return seen;
  }

  /** Errors: "message.refused", "signature.*". Undefined for one that is no answer to the last question. */
  #verifyAnswer(payload: Uint8Array): LogBody | undefined {
    const { store } = this.#options;
    const message = parseDown(payload);
    if (message.message !== 'log') return undefined;
    verifyMessage(message.body, message.signature, message.key_id, store.storeKeys);
    const body = parseSignedBody(message);
    if (body.message !== 'log' || body.station !== store.station) return undefined;
    const question = this.#question;
    const isAnswer =
      store.receivers.includes(body.receiver) &&
      body.nonce === question?.nonce &&
      body.origin === (question.about?.origin ?? '') &&
      body.size === (question.about?.size ?? 0);
    return isAnswer ? body : undefined;
  }

  #answered(about: Noted | undefined, found: Noted | undefined, consistency: readonly string[]): void {
    this.#pauseMs = ASK_AGAIN_MS;
    if (about === undefined) {
      const seen = found && (this.#seen.get(found.origin) ?? this.#first(found));
      if (seen !== undefined) this.#enter(seen, ENTER_MS);
      return this.#next();
    }
    const seen = this.#seen.get(about.origin);
    if (seen === undefined || (found !== undefined && found.origin !== about.origin)) return this.#next();
    if ((found?.size ?? 0) < about.size) return this.#isFewer(seen, found);
    this.#fewer = undefined;
    if (found === undefined) return this.#next();
    const known = seen.earlier.get(found.size);
    const isOther = known !== undefined && !equalBytes(known, found.root);
    if (isOther || !follows(about, found, consistency)) return this.#forked(seen, found);
    if (seen.newest === about) this.#grow(seen, found);
    this.#enter(seen, ENTER_MS);
    this.#next();
  }

  /** Fewer leaves than the station saw: asked again until that is sure. */
  #isFewer(seen: SeenLog, found: Noted | undefined): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { sinceMs, answers } = this.#fewer ?? { sinceMs: nowMs, answers: 0 };
    this.#fewer = { sinceMs, answers: answers + 1 };
    if (answers + 1 >= FEWER_ANSWERS && nowMs - sinceMs >= FEWER_MS) return this.#forked(seen, found);
    this.#round.unshift(seen.newest.origin);
    this.#due(0);
  }

  /** Both are kept; what the store says now is what it continues from, once that is over. */
  #forked(seen: SeenLog, found: Noted | undefined): void {
    const { differences, log } = this.#options;
    const { newest } = seen;
    const [, vault] = newest.origin.split('/');
    log.error('the log of the store is not the one that it was: no receipt counts, and nothing is erased', {
      origin: newest.origin,
      seen: newest.size,
      shown: found?.size ?? 0,
    });
    differences.logForked({ vault: vault as SessionId, notes: [newest.note, found?.note ?? null] });
    this.#fewer = undefined;
    const now = found ?? newest;
    this.#seen.set(now.origin, seenOf(now, now.size, this.#options.clock.monotonicMs()));
    this.#next();
  }

  /** Whether it is in the log or will be, before what is appended now. */
  #enter(seen: SeenLog, afterMs: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (seen.newest.size === seen.enteredSize || nowMs - seen.enteredAtMs < afterMs) return;
    try {
      this.#options.custody.append({ event: 'store-log', facts: { checkpoint: seen.newest.note } });
      [seen.enteredSize, seen.enteredAtMs] = [seen.newest.size, nowMs];
    } catch (error) {
      this.#options.log.warn('checkpoint of the store not entered', { error });
    }
  }

  /** The next log of this round, or the next round in an hour. */
  #next(): void {
    this.#cancel();
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    this.#due(this.#round.length > 0 ? 0 : HOUR_MS);
  }

  /** A question is due so long from now, or a second after the one before. */
  #due(afterMs: number): void {
    const { clock, broker } = this.#options;
    if (this.#stopped || !broker.connected) return;
    const nowMs = clock.monotonicMs();
    const atMs = Math.max(nowMs + afterMs, this.#askedAtMs + ASK_MS_MIN);
    if (atMs >= this.#dueAtMs) return;
    this.#dueAtMs = atMs;
    this.#cancel();
    this.#cancel = clock.after(Math.max(1, atMs - nowMs), () => this.#ask());
  }

  #ask(): void {
    const { broker, topics, clock, random, log } = this.#options;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    if (this.#stopped || !broker.connected) return;
    if (this.#round.length === 0) this.#round = this.#targets();
    const about = this.#seen.get(this.#round.shift() ?? '')?.newest;
    const nonce = Buffer.from(random.bytes(NONCE_BYTES)).toString('hex');
    this.#question = { nonce, about };
    this.#askedAtMs = clock.monotonicMs();
    const payload = encodeUtf8(about?.origin ?? '');
    broker
      .publish(topics.log(about?.size ?? 0, nonce), payload, { qos: 1 })
      .catch((error: unknown) => log.debug('question about the log of the store not sent', { error }));
    this.#due(this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, HOUR_MS);
  }

  /** Origins that are asked about; undefined where none is known. */
  #targets(): (string | undefined)[] {
    const known = [...this.#seen.keys()].filter((origin) => this.#isExpected(origin));
    return known.length > 0 ? known : [undefined];
  }
}

function seenOf(newest: Noted, enteredSize: number, enteredAtMs: number): SeenLog {
  return { newest, earlier: new Map([[newest.size, newest.root]]), enteredSize, enteredAtMs };
}

/** Whether the entry of the store's log names that receipt, and nothing else but a policy. Errors: those of parseReceipt. */
function names({ event, facts }: CustodyEntry, receiptBytes: Uint8Array): boolean {
  const { kind, station, recording } = parseReceipt(receiptBytes);
  const meant = { kind, station, recording, receipt_sha256: sha256Hex(receiptBytes) };
  return (
    event === 'receipt' &&
    Object.keys(facts).every((name) => name in meant || name === 'policy_sha256') &&
    Object.entries(meant).every(([name, value]) => facts[name] === value)
  );
}

/** Whether a checkpoint extends an earlier one by that proof. Errors: "message.refused" for a base64 in another spelling. */
function follows(earlier: Checkpoint, { size, root }: Checkpoint, consistency: readonly string[]): boolean {
  const proof = consistency.map(messageBytes);
  return isConsistent({ from: earlier.size, fromRoot: earlier.root, size, root, proof });
}

function forked(): DockError {
  return new DockError(LOG_FORKED, 'receipt refused: the log of the store is not the one that it was', {
    retry: 'person',
  });
}

function notInLog(cause: unknown): DockError {
  return new DockError(NOT_IN_LOG, `receipt refused: not in the log of the store: ${describeError(cause)}`, {
    cause,
    retry: 'later',
  });
}
