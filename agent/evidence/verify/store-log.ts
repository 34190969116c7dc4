// What the store's own log says (SPEC 4.3.7), kept while its segments are read. Memory: one small object for each thing that the store
// deleted, ordered, disclosed or let go.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { droppedDocuments, type DroppedDocuments } from '../../../protocol/custody/custody-facts.ts';
import { ROLES, type Role } from '../../../protocol/documents/order.ts';
import type { NamedHead } from './custody-links.ts';
import { PackedMap, type Shape } from './packed-map.ts';
import { inForceFrom, POLICY_HOLD_DAYS_MAX, termsOf } from '../../../protocol/documents/policy.ts';
import {
  type CountedDays,
  countedDays,
  type DaysFrom,
  inForceAt,
  inForceBetween,
  NO_POLICY,
  type SignedUnder,
  type TermsFrom,
} from '../../../protocol/documents/retention.ts';
import type { FoundPolicy } from './policy-check.ts';
import { ReceiverTimes } from './receiver-times.ts';

/** Signatures of one order that are kept: two, and some more of a log that was tampered with. */
const SIGNATURES_MAX = 8;
const END_OF_TIME = '9999';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A word from outside may be so long before what was deleted by its time, and so long after (SPEC 10.5.9). */
const WORD_BEFORE_MS = 25 * HOUR_MS;
const WORD_AFTER_MS = HOUR_MS;

/** What it says of one recording that was deleted or warned of. */
export interface LoggedDeletion {
  /** Digests of the deletion records that it names. */
  readonly records: Set<string>;
  deleted: boolean;
  /** Earliest warning, whichever receiver gave it, by the times of the log. */
  warnedAt: string | undefined;
  /** When a record was named first, and when its deletion was over, by the times of the logs of those receivers; by the record's digest. */
  readonly times: Map<
    string,
    {
      readonly begunAt: string;
      readonly overAt: string | undefined;
      readonly receivers: ReadonlySet<string>;
    }
  >;
}

/** What it says of one signature of an order, or of one that it calls another than before. */
export interface LoggedSignature {
  readonly role: Role;
  /** When it was taken up, by the receiver that did so first, by the times of its log. */
  readonly at: string;
  readonly recording: string;
  readonly verb: string;
  readonly sha256: string;
  /** Hex id of the key that signed; empty in logs of 0.1.0. */
  readonly keyId: string;
  /** By a store of 0.1.0, which let old orders go. */
  readonly isEarlier: boolean;
}

/** An order, as its signatures were taken up. */
export interface LoggedOrder {
  /** That of the first signature. */
  readonly recording: string;
  readonly signatures: LoggedSignature[];
  /** When the hold was called lapsed. */
  lapsedAt: string | undefined;
}

/** Something that was shown to somebody. */
export interface LoggedDisclosure {
  readonly station: string;
  readonly recording: string;
  readonly command: string;
  readonly reason: string;
  readonly askedAt: string;
}

/** Documents that the store says it dropped, as it said so first. */
export interface LoggedDrop extends DroppedDocuments {
  /** In whose log. */
  readonly receiver: string;
  /** By the entry itself, and by the times of the log (SPEC 10.3.20). */
  readonly at: string;
  readonly time: string;
  /** By a store of 0.1.0, which kept no deletion record of what it dropped. */
  readonly isEarlier: boolean;
}

/** A segment of a station's log that the store says it dropped. */
export interface DroppedSegment {
  readonly segment: string;
  readonly receiver: string;
  readonly at: string;
  readonly time: string;
  /** As the how manieth of that log. */
  readonly order: number;
}

/** What entries say of the revocation of one key. Shape: the earliest `compromised_since` of them, and the earliest time by the log. */
export interface LoggedRevocation {
  readonly reasons: ReadonlySet<string>;
  readonly since: string | undefined;
  readonly time: string;
}

/** Receipts that it says were given for a recording or docking record. */
export interface LoggedReceipts {
  readonly kind: string;
  readonly station: string;
  /** Digests of receipts, the first one first: one, or more of one that was given again. */
  readonly receipts: readonly string[];
  /** When it was entered first, by the entry, and by the times of the log. */
  readonly at: string;
  readonly time: string;
  /** Digest of the policy that the document names, by the first entry. */
  readonly policySha256: string | undefined;
}

const RECEIPTS_SHAPE: Shape<LoggedReceipts> = {
  kind: 'word',
  station: 'word',
  receipts: 'digests',
  at: 'time',
  time: 'time',
  policySha256: 'word',
};

/** The newest entry of a segment of a station's log that the vault held. */
export interface LoggedHead extends NamedHead {
  readonly station: string;
  /** In whose log, and by its entry when (RFC 3339). */
  readonly receiver: string;
  readonly at: string;
  /** When each receiver named that segment first, by the times of its log (SPEC 10.3.20). */
  readonly since: ReadonlyMap<string, string>;
}

/** A statement that the store was restored, as an entry names it. */
export interface LoggedRestored {
  readonly name: string;
  readonly receiver: string;
  readonly sha256: string;
  readonly completeUntil: string;
}

/** A policy that became the one in force. */
export interface LoggedPolicy {
  readonly receiver: string;
  /** By the times of the log. */
  readonly time: string;
  readonly number: number;
  readonly sha256: string;
}

/** A policy that a log put in force, as far as it can be judged. */
interface JudgedTerms extends TermsFrom {
  readonly number: number;
  /** No key of a role is given. */
  readonly isOpen: boolean;
  /** Its document is not in this kit. */
  readonly isAbsent: boolean;
}

interface JudgedDays extends CountedDays {
  /** By a policy that is not judged. */
  readonly isOpen: boolean;
  /** A policy that decides is not in this kit: nothing is said. */
  readonly isAbsent: boolean;
  /** Those that this log or a policy says, 0 where neither does. */
  readonly saidDays: number;
}

/** What counts where no policy was in force. */
const NO_TERMS = { ...NO_POLICY, isOpen: false, isAbsent: false };

/** Evaluations of a recording by one key, as it was entered: one, or more where somebody tampered. */
export interface LoggedEvaluation {
  readonly station: string;
  readonly recording: string;
  readonly keyId: string;
  readonly digests: Set<string>;
}

/** How `evaluations` names those of a recording by one key. */
export function storedEvaluation(of: Pick<LoggedEvaluation, 'station' | 'recording' | 'keyId'>): string {
  return `${of.station} ${of.recording} ${of.keyId}`;
}

/** How `restored` names the statement of a receiver. */
export function storedRestored(receiver: string, sha256: string): string {
  return `${receiver} ${sha256}`;
}

/** The account of all store logs of a place. */
export class StoreLog {
  /** Folders that were read. */
  readonly places: string[] = [];
  /** Hex ids of the keys whose checkpoints hold in the log of a receiver that was read; none where nothing in it is signed. */
  readonly signedBy = new Map<string, ReadonlySet<string>>();
  readonly deletions = new Map<string, LoggedDeletion>();
  readonly orders = new Map<string, LoggedOrder>();
  readonly disclosures: LoggedDisclosure[] = [];
  /** By `storedEvaluation`. */
  readonly evaluations = new Map<string, LoggedEvaluation>();
  /** By `storedRestored`. */
  readonly restored = new Map<string, LoggedRestored>();
  /** Times of the oldest entries of receivers whose older segments were dropped or taken away: these logs say nothing of what was before. */
  readonly beginsAt = new Map<string, string>();
  /** Documents that it let go, by id, and the digests of their manifests and docking records. */
  readonly dropped = new Set<string>();
  /** Recordings of which a store of 0.1.0 dropped the documents. */
  readonly droppedEarlier = new Set<string>();
  readonly droppedDigests = new Set<string>();
  /** All that it dropped, by what was dropped; and segments of logs in the order in which they went. */
  readonly drops = new Map<string, LoggedDrop>();
  readonly droppedSegments: DroppedSegment[] = [];
  /** Segments of the stores' own logs: those that are here, and those that these follow. */
  readonly ownSegments: { readonly segment: string; readonly receiver: string }[] = [];
  /** The same of those of a vault, by `<station> <recording>`. */
  readonly droppedDocuments = new Set<string>();
  /** Revocations, by `<station> <key id>`. */
  readonly revoked = new Map<string, LoggedRevocation>();
  /** By station and id, with a space between. */
  readonly receipts = new PackedMap(RECEIPTS_SHAPE);
  /** By station and segment, with a space between. */
  readonly heads = new Map<string, LoggedHead>();
  /** When the tree of a receiver begins, and its newest entry (RFC 3339). */
  readonly treeTimes = new Map<
    string,
    { readonly begins: string; ends: string; readonly isLater: boolean }
  >();
  readonly policies: LoggedPolicy[] = [];
  /** Words from outside, by the receiver and the hour that they say: there is one an hour, and a look at 27 of them does. */
  readonly #words = new Map<string, { readonly saidMs: number; readonly time: string }[]>();
  readonly #policiesHere: ReadonlyMap<string, FoundPolicy>;
  readonly #isKit: boolean;

  readonly #announced = new Map<string, DaysFrom[]>();
  /** Who announced last. */
  #announcer = { receiver: '', time: '' };
  /** The latest time that each log has shown so far, by its receiver. */
  readonly #times = new Map<string, string>();
  /** Which of them ran when. */
  readonly receivers = new ReceiverTimes();

  /** `policiesHere`: those of the place, by digest. */
  constructor(policiesHere: ReadonlyMap<string, FoundPolicy> = new Map(), isKit = false) {
    this.#policiesHere = policiesHere;
    this.#isKit = isKit;
  }

  /** The days that counted at a receiver for what came at that time (RFC 3339). */
  daysAt(receiver: string, at: string, under?: SignedUnder): JudgedDays {
    const policies = this.#inForce();
    const announced = this.#announced.get(receiver) ?? [];
    const { policySha256, signedAt } = under ?? {};
    const own = policySha256 === undefined ? undefined : this.#policiesHere.get(policySha256);
    const named = own === undefined || own.counts === false ? undefined : termsOf(own.policy);
    const since = policySha256 === undefined ? signedAt : undefined;
    const counting = inForceBetween(policies, since, at);
    const said = [inForceAt(announced, at), ...counting, named].map((each) => each?.days ?? 0);
    const isNamedAbsent = this.#isKit && policySha256 !== undefined && own === undefined;
    return {
      ...countedDays({ announced, policies }, at, { named, since }),
      isOpen: counting.some((each) => each?.isOpen === true),
      isAbsent: isNamedAbsent || counting.some((each) => each?.isAbsent === true),
      saidDays: Math.max(...said),
    };
  }

  /** After how many days holds by one role lapse of which the first was ordered at that time (RFC 3339): surely, and at the latest. */
  holdDaysAt(orderedAt: string): { readonly fewest: number; readonly most: number } {
    const { holdDays, isOpen, isAbsent } = inForceAt(this.#inForce(), orderedAt) ?? NO_TERMS;
    if (isAbsent) return { fewest: 0, most: POLICY_HOLD_DAYS_MAX };
    const all = isOpen ? [holdDays, NO_POLICY.holdDays] : [holdDays];
    return { fewest: Math.min(...all), most: Math.max(...all) };
  }

  /** By their numbers. Without those that do not count; in a kit with those that are not in it. */
  #inForce(): JudgedTerms[] {
    const judged = this.policies.flatMap(({ time, number, sha256 }) => {
      const here = this.#policiesHere.get(sha256);
      if (here === undefined)
        return this.#isKit ? [{ ...NO_TERMS, time, number, sha256, isAbsent: true }] : [];
      if (here.counts === false) return [];
      const terms = { ...termsOf(here.policy), isOpen: here.counts === undefined, isAbsent: false };
      return [{ ...terms, time: inForceFrom(here.policy, time), number: here.policy.number, sha256 }];
    });
    return judged.sort((a, b) => a.number - b.number);
  }

  /** After how many days the receiver that announced its retention last deletes what came then (RFC 3339; SPEC 10.1.3). */
  dueDays(receivedAt: string, under: SignedUnder): number {
    const { receiver } = this.#announcer;
    return Math.max(...[receivedAt, END_OF_TIME].map((at) => this.daysAt(receiver, at, under).days));
  }

  /** Whether somebody outside said the time at which a receiver deleted something (RFC 3339), as its log knew by that time of it. */
  heardOutside(receiver: string, deletedAt: string, by: string): boolean {
    const deletedMs = Date.parse(deletedAt);
    const [firstMs, lastMs] = [deletedMs - WORD_BEFORE_MS, deletedMs + WORD_AFTER_MS];
    for (let hour = Math.floor(firstMs / HOUR_MS); hour <= lastMs / HOUR_MS; hour++)
      for (const { saidMs, time } of this.#words.get(`${receiver} ${hour}`) ?? [])
        if (saidMs >= firstMs && saidMs <= lastMs && time <= by) return true;
    return false;
  }

  /** When a document was entered, where that is long after the time of its receipt (RFC 3339; SPEC 10.3.40). */
  misdatedAt(station: string, name: string, receivedAt: string): string | undefined {
    const { time } = this.receipts.get(`${station} ${name}`) ?? {};
    if (time === undefined || Date.parse(time) <= Date.parse(receivedAt) + DAY_MS) return undefined;
    const isEarlier = [...this.treeTimes.values()].some(
      ({ begins, isLater }) => isLater && receivedAt < begins,
    );
    return isEarlier ? undefined : time;
  }

  /** Whether something in the log of that receiver is signed. */
  hasLogOf(receiver: string): boolean {
    return (this.signedBy.get(receiver)?.size ?? 0) > 0;
  }

  /** Whether the log of that receiver, or without one each log that is here, goes back to that time (RFC 3339). One that is not here does not. */
  reachesBackTo(at: string, receiver?: string): boolean {
    if (receiver !== undefined && !this.hasLogOf(receiver)) return false;
    const begins = receiver === undefined ? [...this.beginsAt.values()] : [this.beginsAt.get(receiver) ?? at];
    return begins.every((begin) => begin <= at);
  }

  /** The time of the next entry of a receiver's log (SPEC 10.3.20): for one that is not taken as well. */
  timeOf(receiver: string, at: string): string {
    const before = this.#times.get(receiver) ?? at;
    const time = before > at ? before : at;
    this.#times.set(receiver, time);
    return time;
  }

  /** Takes the next entry of a receiver's log. What has not the facts that it should have says nothing. */
  take(receiver: string, { event, facts, at }: CustodyEntry): void {
    const isOld = this.#times.has(receiver);
    const time = this.timeOf(receiver, at);
    const text = (name: string): string => {
      const value = facts[name];
      return typeof value === 'string' ? value : '';
    };
    const recording = text('recording');
    this.receivers.store(receiver, event, time);
    const tree = this.treeTimes.get(receiver);
    if (tree !== undefined) tree.ends = time;
    if (event === 'segment-opened' && tree === undefined && text('log_origin') !== '')
      this.treeTimes.set(receiver, { begins: time, ends: time, isLater: isOld });
    else if (event === 'receipt') this.#receipt(text, at, time);
    else if (event === 'outside-time') this.#word(receiver, Date.parse(text('said_at')), time);
    else if (event === 'head') this.#head(text, facts['sequence'], { receiver, at, time });
    else if (event === 'expiry-warned') this.#warned(recording, time);
    else if (event === 'deleting' || event === 'deleted')
      this.#deleted(recording, text('deletion_sha256'), event === 'deleted', { receiver, time });
    else if (event === 'documents-dropped') this.#dropped(facts, { receiver, at, time });
    else if (event === 'segment-dropped') {
      const order = this.droppedSegments.length;
      this.droppedSegments.push({ segment: text('segment'), receiver, at, time, order });
    } else if (event === 'retention') this.#announce(receiver, facts, time);
    else if (event === 'policy' && typeof facts['number'] === 'number')
      this.policies.push({ receiver, time, number: facts['number'], sha256: text('policy_sha256') });
    else if (event === 'order') this.#order(text, time, this.#isEarlier(receiver));
    else if (event === 'hold-lapsed') this.#lapsed(this.#orderOf(text('order'), recording), time);
    else if (event === 'evaluation') this.#evaluated(text);
    else if (event === 'disclosed') this.disclosures.push(disclosureOf(text));
    else if (event === 'key-revoked') this.#revoked(text, time);
    else if (event === 'restored') {
      const sha256 = text('restored_sha256');
      const name = storedRestored(receiver, sha256);
      this.restored.set(name, { name, receiver, sha256, completeUntil: text('complete_until') });
    }
  }

  /** Documents that are not missing; a station says so of those that the store holds, and its own spool does not any more. */
  letGo({ recording, manifest_sha256: sha256 }: CustodyEntry['facts']): void {
    if (typeof recording === 'string') this.dropped.add(recording);
    if (typeof sha256 === 'string') this.droppedDigests.add(sha256);
  }

  #receipt(text: (name: string) => string, at: string, time: string): void {
    const [station, recording, receipt] = [text('station'), text('recording'), text('receipt_sha256')];
    const name = `${station} ${recording}`;
    const known = this.receipts.get(name);
    // Each receiver has its own log, and they are read one after the other.
    if (known === undefined || time < known.time) {
      const receipts = [...new Set([receipt, ...(known?.receipts ?? [])])].slice(0, SIGNATURES_MAX);
      const policySha256 = text('policy_sha256') || undefined;
      this.receipts.set(name, { kind: text('kind'), station, receipts, at, time, policySha256 });
    } else if (!known.receipts.includes(receipt) && known.receipts.length < SIGNATURES_MAX)
      this.receipts.change(name, { receipts: [...known.receipts, receipt] });
  }

  #head(
    text: (name: string) => string,
    sequence: unknown,
    { receiver, at, time }: Pick<LoggedDrop, 'receiver' | 'at' | 'time'>,
  ): void {
    if (typeof sequence !== 'number') return;
    const [station, segment, sha256] = [text('station'), text('segment'), text('sha256')];
    const name = `${station} ${segment}`;
    const known = this.heads.get(name);
    // Each receiver has its own log, and they are read one after the other.
    const since = new Map([[receiver, time], ...(known?.since ?? [])]);
    if (known !== undefined && known.sequence >= sequence) this.heads.set(name, { ...known, since });
    else this.heads.set(name, { station, segment, sequence, sha256, receiver, at, since });
  }

  #word(receiver: string, saidMs: number, time: string): void {
    const hour = `${receiver} ${Math.floor(saidMs / HOUR_MS)}`;
    const words = this.#words.get(hour);
    if (words === undefined) this.#words.set(hour, [{ saidMs, time }]);
    else words.push({ saidMs, time });
  }

  #warned(recording: string, at: string): void {
    const logged = this.#deletion(recording);
    if (logged.warnedAt === undefined || at < logged.warnedAt) logged.warnedAt = at;
  }

  #deleted(
    recording: string,
    sha256: string,
    over: boolean,
    { receiver, time }: Pick<LoggedDrop, 'receiver' | 'time'>,
  ): void {
    const logged = this.#deletion(recording);
    logged.records.add(sha256);
    logged.deleted ||= over;
    const { begunAt = time, overAt, receivers = [] } = logged.times.get(sha256) ?? {};
    // Each receiver has its own log, and they are read one after the other.
    logged.times.set(sha256, {
      begunAt: begunAt < time ? begunAt : time,
      overAt: over && (overAt === undefined || time < overAt) ? time : overAt,
      receivers: new Set([...receivers, receiver]),
    });
  }

  #lapsed(logged: LoggedOrder, time: string): void {
    if (logged.lapsedAt === undefined || time < logged.lapsedAt) logged.lapsedAt = time;
  }

  #dropped(facts: CustodyEntry['facts'], said: Pick<LoggedDrop, 'receiver' | 'at' | 'time'>): void {
    this.letGo(facts);
    const named = droppedDocuments(facts);
    if (named === undefined) return;
    const name = `${named.station} ${named.recording}`;
    this.droppedDocuments.add(name);
    const key = `${name} ${named.receipt_sha256} ${named.deletion_sha256}`;
    const drop = { ...named, ...said, isEarlier: this.#isEarlier(said.receiver) };
    if (drop.isEarlier) this.droppedEarlier.add(named.recording);
    // A cut may have kept it from going: then it is said again.
    const known = this.drops.get(key);
    if (known === undefined || said.time < known.time) this.drops.set(key, drop);
  }

  /** Whether a store of 0.1.0 may have written the next entry: later ones announce their retention, and begin with a tree (SPEC 10.3.24). */
  #isEarlier(receiver: string): boolean {
    return !this.#announced.has(receiver) && !this.treeTimes.has(receiver);
  }

  #announce(
    receiver: string,
    { days, documents_days: documentsDays }: CustodyEntry['facts'],
    time: string,
  ): void {
    if (typeof days !== 'number' || typeof documentsDays !== 'number') return;
    const known = this.#announced.get(receiver) ?? [];
    this.#announced.set(receiver, known);
    known.push({ time, days, documentsDays });
    if (time >= this.#announcer.time) this.#announcer = { receiver, time };
  }

  #deletion(recording: string): LoggedDeletion {
    const known = this.deletions.get(recording);
    if (known !== undefined) return known;
    const fresh: LoggedDeletion = {
      records: new Set(),
      deleted: false,
      warnedAt: undefined,
      times: new Map(),
    };
    this.deletions.set(recording, fresh);
    return fresh;
  }

  #order(text: (name: string) => string, at: string, isEarlier: boolean): void {
    const recording = text('recording');
    const logged = this.#orderOf(text('order'), recording);
    const role = ROLES.find((each) => each === text('role'));
    if (role === undefined) return;
    const signature = {
      role,
      at,
      recording,
      verb: text('verb'),
      sha256: text('order_sha256'),
      keyId: text('key_id'),
      isEarlier,
    };
    const known = logged.signatures.findIndex(
      (each) => each.role === role && each.sha256 === signature.sha256,
    );
    if (known >= 0) {
      // Each receiver of a vault enters every signature into its own log.
      if (at < (logged.signatures[known]?.at ?? at)) logged.signatures[known] = signature;
    } else if (logged.signatures.length < SIGNATURES_MAX) logged.signatures.push(signature);
  }

  #orderOf(order: string, recording: string): LoggedOrder {
    const known = this.orders.get(order);
    if (known !== undefined) return known;
    const fresh: LoggedOrder = { recording, signatures: [], lapsedAt: undefined };
    this.orders.set(order, fresh);
    return fresh;
  }

  #evaluated(text: (name: string) => string): void {
    const of = { station: text('station'), recording: text('recording'), keyId: text('key_id') };
    const known = this.evaluations.get(storedEvaluation(of)) ?? { ...of, digests: new Set<string>() };
    if (known.digests.size < SIGNATURES_MAX) known.digests.add(text('evaluation_sha256'));
    this.evaluations.set(storedEvaluation(of), known);
  }

  #revoked(text: (name: string) => string, time: string): void {
    const key = `${text('station')} ${text('key_id')}`;
    const known = this.revoked.get(key);
    const sinces = [known?.since ?? '', text('compromised_since')].filter((since) => since !== '');
    this.revoked.set(key, {
      reasons: new Set([...(known?.reasons ?? []), text('reason')]),
      since: sinces.toSorted()[0],
      time: known !== undefined && known.time < time ? known.time : time,
    });
  }
}

function disclosureOf(text: (name: string) => string): LoggedDisclosure {
  return {
    station: text('station'),
    recording: text('recording'),
    command: text('command'),
    reason: text('reason'),
    askedAt: text('asked_at'),
  };
}
