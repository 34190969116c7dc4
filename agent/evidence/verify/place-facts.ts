// What is kept of each document until all were read: ids and digests for chains, sidecars, dockings and the comparison with custody logs.
// Pure; no document is held. Words that many documents share are held once.
import type { ChainLink } from './chain-check.ts';
import type { CheckedDocking } from './docking-check.ts';
import { dockingFacts, type DockingFacts } from './docking-log.ts';
import type { HeldDocument, HeldDocuments } from './log-account.ts';
import { type ProvenManifest, RECORDING_SHAPE, recordingFacts } from './order-check.ts';
import { PackedMap } from './packed-map.ts';
import { type CheckedStaff, staffFacts, type StaffFacts } from './staff-check.ts';
import type { ReceiptHead, StationHead } from './receipt-check.ts';
import type { CheckedRecording, Joined } from './recording-check.ts';

/** A receipt's head with the station in whose log it must be, and when the receipt was given. */
export interface GivenHead extends ReceiptHead {
  readonly station: string;
  readonly receivedAt: string;
}

/** A document that may have a receipt. */
type Receiptable = HeldDocument & {
  readonly receivedAt: string | undefined;
  readonly head: StationHead | undefined;
};

/** Documents by id. An id is that of one folder (SPEC 1.1.3): where two stations have it, what is said of the one is not compared with the other. */
class HeldById<Facts extends HeldDocument> {
  readonly #first: Map<string, Facts> | PackedMap<Facts>;
  /** Of further stations, where an id is there again. */
  readonly #others = new Map<string, readonly Facts[]>();

  constructor(first: Map<string, Facts> | PackedMap<Facts> = new Map<string, Facts>()) {
    this.#first = first;
  }

  take(facts: Facts): void {
    const { name, station } = facts;
    const first = this.#first.get(name);
    if (first === undefined || first.station === station) this.#first.set(name, facts);
    else
      this.#others.set(name, [
        ...this.all(name)
          .slice(1)
          .filter((each) => each.station !== station),
        facts,
      ]);
  }

  /** That of the station; else the first one. */
  get(name: string, station?: string): Facts | undefined {
    return this.#others.get(name)?.find((each) => each.station === station) ?? this.#first.get(name);
  }

  has(name: string): boolean {
    return this.#first.has(name);
  }

  all(name: string): readonly Facts[] {
    const first = this.#first.get(name);
    return first === undefined ? [] : [first, ...(this.#others.get(name) ?? [])];
  }

  keys(): Iterable<string> {
    return this.#first.keys();
  }

  *values(): Generator<Facts> {
    yield* this.#first.values();
    for (const others of this.#others.values()) yield* others;
  }
}

/** The facts of one place. Only documents whose signatures hold count as facts. */
export class PlaceFacts {
  /** By the recording's folder. */
  readonly recordings = new HeldById(new PackedMap(RECORDING_SHAPE));
  /** By the record's folder. */
  readonly dockings = new HeldById<DockingFacts>();
  /** Reports and texts of the staff, by their folders. */
  readonly staff = new HeldById<StaffFacts>();
  /** Recordings that others name as replaced. */
  readonly superseded = new Set<string>();
  /** Receivers that receipts and deletion records here name, with the hex ids of the keys that signed them. */
  readonly receivers = new Map<string, Set<string>>();
  /** Those that receipts here name. */
  readonly receipting = new Set<string>();
  /** Of which documents are here. */
  readonly stations = new Set<string>();
  /** A station that signed a recording or docking record here. */
  station: string | undefined;
  /** Of documents in whose place another one of the same id and station was found. */
  readonly #earlierHeads: GivenHead[] = [];
  readonly #words = new Map<string, string>();

  /** Takes a recording that was found in the folder of that station, where known. */
  takeRecording(checked: CheckedRecording, station: string | undefined): void {
    const facts = recordingFacts(checked, station, (word) => this.#once(word));
    this.#displace(this.recordings.get(facts.name, facts.station), facts.station);
    this.recordings.take(facts);
    this.#takeDocument(checked, facts.station);
    this.takeReceiver(checked.deletion?.receiver, checked.deletionKeyId);
    if (facts.proven === undefined) return;
    this.station ??= facts.proven.station;
    for (const replaced of checked.manifest?.supersedes ?? []) this.superseded.add(replaced);
  }

  /** Takes one part of a docking record. */
  takeDocking(checked: CheckedDocking, station: string | undefined): void {
    const facts = dockingFacts(checked, station, (word) => this.#once(word));
    this.#displace(this.dockings.get(facts.name, facts.station), facts.station);
    this.dockings.take(facts);
    this.#takeDocument(checked, facts.station);
    this.station ??= facts.proven?.station;
  }

  /** Takes a report or a text of the staff. */
  takeStaff(checked: CheckedStaff, station: string | undefined): void {
    const facts = staffFacts(checked, station);
    this.#displace(this.staff.get(facts.name, facts.station), facts.station);
    this.staff.take(facts);
    this.#takeDocument(checked, facts.station);
    if (checked.keyId !== undefined) this.station ??= facts.station;
  }

  /** All that may have a receipt. */
  *documents(): Generator<Receiptable> {
    yield* this.recordings.values();
    yield* this.dockings.values();
    yield* this.staff.values();
  }

  /** A document by that receiver whose signature by that key holds. */
  takeReceiver(receiver: string | undefined, keyId: string | undefined): void {
    if (receiver === undefined || keyId === undefined) return;
    const known = this.receivers.get(receiver);
    if (known === undefined) this.receivers.set(this.#once(receiver), new Set([keyId]));
    else known.add(keyId);
  }

  /** Where a document lies that is here; of several with that id the one of the chain. */
  whereIs(name: string, chain?: string): string | undefined {
    const all = [...this.recordings.all(name), ...this.dockings.all(name)];
    return (all.find(({ proven }) => proven?.chain === chain) ?? all[0])?.where;
  }

  /** Documents of a station, or all where it is not known; of several with one id the last. */
  heldOf(station: string | undefined): HeldDocuments {
    const named = (name: string): HeldDocument[] =>
      [...this.recordings.all(name), ...this.dockings.all(name), ...this.staff.all(name)].filter(isOf);
    const isOf = (facts: HeldDocument): boolean => station === undefined || facts.station === station;
    const get = (name: string): HeldDocument | undefined => named(name).at(-1);
    const documents = (): Iterable<HeldDocument> => this.documents();
    return {
      get,
      has: (name) => get(name) !== undefined,
      *values() {
        for (const facts of documents()) {
          const last = isOf(facts) ? get(facts.name) : undefined;
          if (last?.kind === facts.kind && last.station === facts.station) yield facts;
        }
      },
    };
  }

  /** Heads that receipts of a station name, or all where it is not known. */
  *headsOf(station: string | undefined): Generator<GivenHead> {
    const isOf = (head: GivenHead): boolean => station === undefined || head.station === station;
    for (const head of this.#earlierHeads) if (isOf(head)) yield head;
    for (const document of this.documents()) {
      const head = givenHead(document);
      if (head !== undefined && isOf(head)) yield head;
    }
  }

  /** Manifests as links of their chains. */
  *links(): Generator<ChainLink> {
    for (const { name, sha256, proven } of this.recordings.values())
      if (proven !== undefined && sha256 !== undefined)
        yield { sha256, previous: proven.previous, chain: proven.chain, name };
  }

  /** Docking records as links of theirs. */
  *dockingLinks(): Generator<ChainLink> {
    for (const { name, sha256, proven } of this.dockings.values())
      if (proven !== undefined && sha256 !== undefined)
        yield { sha256, previous: proven.previous, chain: proven.chain, name };
  }

  /** What joins recordings and sidecars, of dockings that have any. */
  joined(): Joined[] {
    const dockings = new Set<string>();
    for (const { proven } of this.recordings.values())
      if (proven !== undefined && (proven.sidecars.length > 0 || proven.sidecarOf !== null))
        dockings.add(dockingOf(proven));
    const joined: Joined[] = [];
    if (dockings.size === 0) return joined;
    for (const { where, proven } of this.recordings.values()) {
      const docking = proven === undefined ? '' : dockingOf(proven);
      if (proven === undefined || !dockings.has(docking)) continue;
      const { pathSha256, sidecars, sidecarOf } = proven;
      joined.push({ where, docking, pathSha256, sidecars, sidecarOf });
    }
    return joined;
  }

  #takeDocument(
    { receipt, receiptKeyId }: CheckedRecording | CheckedDocking | CheckedStaff,
    station: string | undefined,
  ): void {
    if (station !== undefined) this.stations.add(station);
    this.takeReceiver(receipt?.receiver, receiptKeyId);
    if (receipt !== undefined && receiptKeyId !== undefined)
      this.receipting.add(this.#once(receipt.receiver));
  }

  /** What a recording or document that is taken next takes the place of. */
  #displace(before: Receiptable | undefined, station: string | undefined): void {
    const head = before && before.station === station ? givenHead(before) : undefined;
    if (head !== undefined) this.#earlierHeads.push(head);
  }

  #once(word: string): string {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    this.#words.set(word, word);
    return word;
  }
}

function givenHead({ head, where, receivedAt }: Receiptable): GivenHead | undefined {
  if (head === undefined || receivedAt === undefined) return undefined;
  const { segment, sequence, sha256, station } = head;
  return { head: { segment, sequence, sha256 }, where, station, receivedAt };
}

function dockingOf({ chain, docking }: Pick<ProvenManifest, 'chain' | 'docking'>): string {
  return `${chain} ${docking}`;
}
