// The orders of a place, by the recordings that they concern: an order about a recording counts for its sidecars too, and one about a sidecar
// for its recording; a hold also holds what replaces its recording (SPEC 4.8). Pure.
import {
  hasBothRoles,
  longestHold,
  type Hold,
  type SignedOrder,
} from '../../../protocol/documents/order-standing.ts';
import type { Role } from '../../../protocol/documents/order.ts';
import type { FoundOrder } from './order-check.ts';
import { orderLogRemarks } from './order-log.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { RecordingFacts } from './recording-facts.ts';
import { finding, type Remark } from './remark.ts';
import type { LoggedOrder, StoreLog } from './store-log.ts';

/** All orders of a place. */
export class OrderBook {
  readonly orders: readonly FoundOrder[];
  readonly #facts: PlaceFacts;
  readonly #log: StoreLog;
  readonly #byRecording = new Map<string, FoundOrder[]>();
  readonly #bySha256 = new Map<string, FoundOrder>();

  /** `log` says when each signature was taken up; it may be empty. */
  constructor(orders: readonly FoundOrder[], facts: PlaceFacts, log: StoreLog) {
    this.orders = orders;
    this.#facts = facts;
    this.#log = log;
    const kin = new Kin(facts);
    for (const found of orders) {
      this.#bySha256.set(found.sha256, found);
      for (const name of kin.of(found.order.recording))
        this.#byRecording.set(name, [...(this.#byRecording.get(name) ?? []), found]);
    }
  }

  /** Recordings that an order concerns, or that replace one. */
  get concerned(): ReadonlySet<string> {
    const heirs = [...this.#facts.recordings.keys()].filter((name) =>
      this.#replacedBy(name).some((replaced) => this.#byRecording.has(replaced)),
    );
    return new Set([...this.#byRecording.keys(), ...heirs]);
  }

  bySha256(sha256: string): FoundOrder | undefined {
    return this.#bySha256.get(sha256);
  }

  /** Orders about a recording or what belongs to it. */
  about(recording: string): readonly FoundOrder[] {
    return this.#byRecording.get(recording) ?? [];
  }

  /** Whether an order to delete is about it: as `about`, but not where its docking read two recordings at one place, and this is the other one. */
  reaches(found: FoundOrder, recording: string): boolean {
    return this.about(recording).includes(found) && this.#areOne(found.order.recording, recording);
  }

  /** Orders to hold a recording, what belongs to it, or what it replaces; whether they count or not. */
  holdsOf(recording: string): readonly FoundOrder[] {
    return [recording, ...this.#replacedBy(recording)]
      .flatMap((name) => this.about(name))
      .filter(({ order }) => order.verb === 'hold');
  }

  /** The hold that counted at an instant (RFC 3339), by the signatures that the store had taken up by then: its own, or of what it replaces. */
  holdAt(recording: string, at: string): Hold | undefined {
    const lifts = (unhold: SignedOrder, hold: SignedOrder): boolean =>
      this.#areOne(unhold.order.recording, hold.order.recording);
    for (const name of [recording, ...this.#replacedBy(recording)]) {
      const known = this.about(name).map((found) => this.#asOf(found, at));
      const hold = longestHold(known, Date.parse(at), lifts);
      if (hold !== undefined) return hold;
    }
    return undefined;
  }

  #replacedBy(recording: string): readonly string[] {
    return this.#facts.recordings.get(recording)?.proven?.supersedes ?? [];
  }

  /**
   * An old order goes with the documents of its recording, but a hold of both roles that no `unhold` of both lifted stays, and so does one about
   * a recording that a kept manifest replaces (SPEC 10.3). Which of an old `unhold` it was, documents that went do not tell any more.
   */
  #mayBeGone({ recording, signatures }: LoggedOrder): boolean {
    if (!this.#log.dropped.has(recording) || this.#facts.superseded.has(recording)) return false;
    if (!isOfBoth(signatures, 'hold')) return true;
    return [...this.#log.orders.values()].some((other) => isOfBoth(other.signatures, 'unhold'));
  }

  /** What the orders and the store's log say differently of each other. */
  remarks(facts: PlaceFacts): Remark[] {
    const here = new Set<string>(this.orders.map((found) => found.order.order));
    return [
      ...this.orders.flatMap((found) => this.#orderRemarks(found, facts)),
      ...[...this.#log.orders]
        .filter(([order, logged]) => !here.has(order) && !this.#mayBeGone(logged))
        .map(([order, { recording }]) => {
          const message = `order ${order} about recording ${recording} is not here`;
          return finding('order.missing', this.#log.places[0] ?? '.', message, { order, recording });
        }),
    ];
  }

  #orderRemarks({ order, sha256, where, signed }: FoundOrder, facts: PlaceFacts): Remark[] {
    const remarks: Remark[] = [];
    const held = facts.recordings.get(order.recording);
    if (held?.sha256 !== undefined && held.sha256 !== order.manifest_sha256) {
      const message = `order: manifest_sha256: expected ${held.sha256}, found ${order.manifest_sha256}`;
      remarks.push(finding('order.other-manifest', where, message, { recording: order.recording }));
    }
    return [...remarks, ...orderLogRemarks({ order, sha256, where, signed }, this.#log)];
  }

  /** Whether an order had the signatures of both roles at an instant (RFC 3339). */
  hadBothRoles(found: FoundOrder, at: string): boolean {
    return hasBothRoles(this.#asOf(found, at));
  }

  /** Of two at one place: one recording, or a recording and its sidecar. */
  #areOne(one: string, other: string): boolean {
    const isSidecar = (name: string): boolean =>
      typeof this.#facts.recordings.get(name)?.proven?.sidecarOf === 'string';
    return one === other || isSidecar(one) || isSidecar(other);
  }

  /** A signature that came later did not count yet. One that the log does not know counts from the order's own time. */
  #asOf({ order, sha256, officer, supervisor }: FoundOrder, at: string): SignedOrder {
    const logged = this.#log.orders.get(order.order);
    const counts = (role: Role): boolean => {
      const taken = logged?.signatures.find((each) => each.role === role && each.sha256 === sha256);
      return (taken?.at ?? order.ordered_at) <= at;
    };
    return {
      order,
      officer: counts('officer') ? officer : null,
      supervisor: counts('supervisor') ? supervisor : null,
    };
  }
}

/** Recordings and sidecars that belong together. */
class Kin {
  readonly #byPlace = new Map<string, RecordingFacts[]>();
  readonly #facts: PlaceFacts;

  constructor(facts: PlaceFacts) {
    this.#facts = facts;
  }

  /** The recording itself and all that belongs to it. */
  of(recording: string): string[] {
    const proven = this.#facts.recordings.get(recording)?.proven;
    if (proven === undefined) return [recording];
    const paths = new Set([proven.pathSha256, ...proven.sidecars]);
    if (proven.sidecarOf !== null) paths.add(proven.sidecarOf);
    const beside = this.#docking(`${proven.chain} ${proven.docking}`);
    const media = beside.find((one) => one.proven?.pathSha256 === proven.sidecarOf)?.proven;
    for (const sidecar of media?.sidecars ?? []) paths.add(sidecar);
    const own = beside.filter((one) => paths.has(one.proven?.pathSha256 ?? '')).map(({ name }) => name);
    return [...new Set([recording, ...own])];
  }

  #docking(name: string): readonly RecordingFacts[] {
    if (this.#byPlace.size === 0)
      for (const held of this.#facts.recordings.values()) {
        if (held.proven === undefined) continue;
        const key = `${held.proven.chain} ${held.proven.docking}`;
        const known = this.#byPlace.get(key);
        if (known === undefined) this.#byPlace.set(key, [held]);
        else known.push(held);
      }
    return this.#byPlace.get(name) ?? [];
  }
}

function isOfBoth(signatures: LoggedOrder['signatures'], verb: string): boolean {
  return new Set(signatures.filter((each) => each.verb === verb).map(({ role }) => role)).size === 2;
}
