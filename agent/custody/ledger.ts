// The ledger: what the custody log says of the state of this station, folded entry by entry (SPEC 4.3.9). Pure: no disk, no clock.
//
// Invariants:
// 1. The same entries in the same order give the same ledger: a start from the whole log, a start from a snapshot and what
//    follows it, or the running station after each durable group.
// 2. The ledger claims nothing about folders. Settlement compares the two.
// 3. It grows with what is in the spool and with cameras, not with the age of the log.
import type { CustodyEntry, CustodyEventName } from '../../protocol/custody/custody-entry.ts';
import {
  carriedFactsSchema,
  DIFFERENCES,
  storeLogSchema,
  type CarriedFacts,
} from '../../protocol/custody/carried.ts';
import {
  isBayId,
  isCameraId,
  isDockingId,
  isRecordingId,
  isSegmentId,
  isSessionId,
  type BayId,
  type CameraId,
  type DockingId,
  type RecordingId,
  type SegmentId,
} from '../../protocol/format/ids.ts';
import { signatureKeyId } from '../../protocol/documents/minisign.ts';

/** One of DIFFERENCES. */
export type DifferenceKind = (typeof DIFFERENCES)[number];

/** One difference, as its entry in the log names it (SPEC 4.3.8). */
export interface Difference {
  readonly difference: DifferenceKind;
  /** A segment; for `spool-lost` and `store-lost` a recording; for `log-forked` the vault. */
  readonly subject: string;
  /** The entry that the store holds; null for these three. */
  readonly sequence: number | null;
  /** Of that entry; for `log-forked` of the note that does not fit. */
  readonly sha256: string | null;
}

/** What the log says of a recording, or of a document without payload: bits. An entry that is undone has no bit any more. */
export const ITEM = {
  spooled: 1,
  recorded: 2,
  /** The receipt that was entered last counts. */
  receipted: 4,
  /** There was a receipt, whatever became of it. */
  onceReceipted: 8,
  /** It was set aside, or reclaimed without a receipt that was entered. */
  left: 16,
} as const;

/** What became durable last of a camera: what its next document names. */
export interface ChainEnd {
  /** A recording, or a part of a docking record. */
  readonly recording: RecordingId;
  /** Of the signed document. */
  readonly sha256: string;
  /** The key that signed it, in 16 hex digits; null where no checkpoint tells yet. */
  readonly keyId: string | null;
  /** Of a docking record. */
  readonly docking: DockingId | null;
}

/** A docking that has begun, and whose record is not entered in all its parts. */
export interface OpenDocking {
  readonly camera: CameraId;
  /** Where its `docked` entry is. */
  readonly segment: SegmentId;
  readonly sequence: number;
  readonly at: string;
}

/** An entry and the segment that it is in. */
export interface FoldedEntry extends Pick<CustodyEntry, 'sequence' | 'at' | 'event' | 'facts'> {
  readonly segment: SegmentId;
}

/** As many recordings as a spool may hold. */
const ITEMS_MAX = 1_000_000;
/** Far more than a station ever has. */
export const DIFFERENCES_MAX = 2000;
/** Dockings that never got a record; of more the oldest are forgotten. */
const DOCKINGS_MAX = 1024;
/** Dockings that have a record, the newest ones: whether one has is asked as long as its journal is there. */
const RECORDED_MAX = 1000;
/** Recordings that were pulled in open dockings and never became durable. */
const PULLED_MAX = 100_000;
const CAMERAS_MAX = 100_000;
/** Receivers of a store, and what they were before it was restored. */
const LOGS_MAX = 64;

/** One log's state. Whoever reads it changes nothing in it. */
export class Ledger {
  /** Of all that is not gone by an entry: bits of ITEM. */
  readonly items = new Map<RecordingId, number>();
  readonly manifests = new Map<CameraId, ChainEnd>();
  readonly records = new Map<CameraId, ChainEnd>();
  readonly dockings = new Map<DockingId, OpenDocking>();
  /** Dockings of which a part of the record is entered, the newest last. */
  readonly recorded = new Set<DockingId>();
  /** In which docking a recording was pulled that is not entered as spooled. */
  readonly pulled = new Map<RecordingId, DockingId>();
  /** By `keyOf`; `acknowledged` where a person has looked at them since. */
  readonly differences = new Map<string, Difference & { readonly acknowledged: boolean }>();
  /** Segments that were dropped here: the store may still name them. */
  readonly dropped = new Set<SegmentId>();
  /** Cameras that a person took out of use, and that were not docked since. */
  readonly retired = new Set<CameraId>();
  /** Bays that an entry names. */
  readonly bays = new Set<BayId>();
  /** The newest checkpoint of each store's log, as a note, by its origin; what was entered last comes last. */
  readonly logs = new Map<string, string>();
  /** The key of the newest checkpoint. */
  keyId: string | null = null;
  /** The same of the segment that was opened last: one key signs all of a segment. */
  #openKeyId: string | null = null;
  #isStoreRestored = false;

  /** What entries change; all other events are passed over without being parsed. */
  readonly #takers: Partial<Record<CustodyEventName, (entry: FoldedEntry) => void>> = {
    'segment-opened': () => (this.#openKeyId = null),
    checkpoint: ({ facts }) => this.#signed(signatureKeyId(String(facts['signature']))),
    docked: (entry) => this.#docked(entry),
    'camera-refused': ({ facts }) => this.#bay(facts['bay']),
    'camera-retired': ({ facts }) => this.#retired(cameraIn(facts)),
    pulled: ({ facts }) => this.#pulled(facts),
    spooled: ({ facts }) => this.#spooled(facts),
    'docking-recorded': ({ facts }) => this.#recorded(facts),
    'document-recorded': ({ facts }) => this.#set(facts['record'], ITEM.recorded),
    receipted: ({ facts }) => this.#set(facts['recording'], ITEM.receipted | ITEM.onceReceipted),
    'asked-again': ({ facts }) => this.#unreceipted(facts['recording'] as RecordingId), // by 0.1.0
    'store-restored': () => this.#storeRestored(),
    'store-log': ({ facts }) => this.noteLog(facts['checkpoint']),
    quarantined: ({ facts }) => this.#leaves(facts['name'], true),
    'spool-reclaimed': ({ facts }) => this.#leaves(facts['recording'], false),
    'spool-documents-dropped': ({ facts }) => this.items.delete(facts['recording'] as RecordingId),
    'segment-dropped': ({ facts }) => this.#dropped(facts['segment']),
    'difference-found': ({ facts }) => this.#difference(facts, true),
    'difference-gone': ({ facts }) => this.#difference(facts, false),
    'difference-acknowledged': () => this.#acknowledged(),
    carried: (entry) => this.#carried(entry),
  };

  /** An entry that was taken since the snapshot says that the store was restored. */
  get isStoreRestored(): boolean {
    return this.#isStoreRestored;
  }

  /** From a snapshot, which was taken behind a checkpoint. */
  resume(keyId: string | null): void {
    this.keyId = keyId;
    this.#openKeyId = keyId;
  }

  /** Whether an entry of that event changes anything. */
  wants(event: string): boolean {
    return Object.hasOwn(this.#takers, event) && (event !== 'checkpoint' || this.#openKeyId === null);
  }

  /** The next entry of the log. */
  take(entry: FoldedEntry): void {
    this.#takers[entry.event]?.(entry);
  }

  /** Something tells that the docking has a record, and be it a damaged line. */
  noteRecorded(docking: DockingId): void {
    this.recorded.add(docking);
    for (const oldest of this.recorded) {
      if (this.recorded.size <= RECORDED_MAX) break;
      this.recorded.delete(oldest);
    }
  }

  noteLog(checkpoint: unknown): void {
    const origin = logOriginOf({ checkpoint });
    if (origin === undefined) return;
    this.logs.delete(origin);
    this.logs.set(origin, String(checkpoint));
    for (const oldest of this.logs.keys()) {
      if (this.logs.size <= LOGS_MAX) break;
      this.logs.delete(oldest);
    }
  }

  /** All ids that anything is known of, and origins of logs. */
  names(): Set<string> {
    const { items, manifests, records, dockings, differences, logs } = this;
    const subjects = [...differences.values()].map(({ subject }) => subject);
    const keyed = [items, manifests, records, dockings, logs].flatMap((each): string[] => [...each.keys()]);
    return new Set([...keyed, ...this.recorded, ...subjects, ...this.dropped, ...this.retired, ...this.bays]);
  }

  bits(item: RecordingId): number {
    return this.items.get(item) ?? 0;
  }

  #signed(keyId: string | undefined): void {
    if (keyId === undefined || this.#openKeyId !== null) return;
    this.keyId = keyId;
    this.#openKeyId = keyId;
    for (const ends of [this.manifests, this.records])
      for (const [camera, end] of ends) if (end.keyId === null) ends.set(camera, { ...end, keyId });
  }

  #docked({ facts, segment, sequence, at }: FoldedEntry): void {
    const { docking, camera } = facts;
    this.#bay(facts['bay']);
    if (typeof camera !== 'string' || !isCameraId(camera)) return;
    this.retired.delete(camera);
    if (typeof docking !== 'string' || !isDockingId(docking)) return;
    this.#opened(docking, { camera, segment, sequence, at });
  }

  #opened(docking: DockingId, open: OpenDocking): void {
    this.dockings.set(docking, open);
    for (const oldest of this.dockings.keys()) {
      if (this.dockings.size <= DOCKINGS_MAX) break;
      this.#closed(oldest);
    }
  }

  #bay(bay: unknown): void {
    if (typeof bay === 'string' && isBayId(bay)) add(this.bays, bay, CAMERAS_MAX);
  }

  #pulled({ recording, docking }: CustodyEntry['facts']): void {
    if (typeof recording !== 'string' || !isRecordingId(recording)) return;
    if (typeof docking !== 'string' || !isDockingId(docking) || !this.dockings.has(docking)) return;
    if (this.pulled.size < PULLED_MAX) this.pulled.set(recording, docking);
  }

  /** An entry that settlement made says itself of which camera it is, and which key signed the document. */
  #spooled(facts: CustodyEntry['facts']): void {
    const { recording, manifest_sha256: sha256 } = facts;
    if (typeof recording !== 'string' || !isRecordingId(recording)) return;
    const docking = this.pulled.get(recording);
    const isKnown = (this.bits(recording) & ITEM.spooled) !== 0;
    this.#set(recording, ITEM.spooled);
    const camera =
      cameraIn(facts) ?? (isSettled(facts) ? undefined : docking && this.dockings.get(docking)?.camera);
    this.#passed(recording, camera);
    if (isKnown || camera === undefined || typeof sha256 !== 'string') return;
    this.#ends(this.manifests, camera, { recording, sha256, keyId: this.#keyOf(facts), docking: null });
  }

  /** What was pulled of a camera before this one, and is entered late, is not the end of its chain any more. */
  #passed(recording: RecordingId, camera: CameraId | undefined): void {
    if (this.pulled.has(recording))
      for (const [earlier, docking] of this.pulled) {
        if (earlier === recording) break;
        if (this.dockings.get(docking)?.camera === camera) this.pulled.delete(earlier);
      }
    this.pulled.delete(recording);
  }

  #recorded(facts: CustodyEntry['facts']): void {
    const { docking, record, sha256 } = facts;
    if (typeof record !== 'string' || !isRecordingId(record)) return;
    const isKnown = (this.bits(record) & ITEM.recorded) !== 0;
    this.#set(record, ITEM.recorded);
    if (typeof docking !== 'string' || !isDockingId(docking)) return;
    const camera = cameraIn(facts) ?? (isSettled(facts) ? undefined : this.dockings.get(docking)?.camera);
    if (!isKnown && camera !== undefined && typeof sha256 === 'string')
      this.#ends(this.records, camera, { recording: record, sha256, keyId: this.#keyOf(facts), docking });
    this.noteRecorded(docking);
    if (facts['part'] === facts['parts']) this.#closed(docking);
  }

  #closed(docking: DockingId): void {
    this.dockings.delete(docking);
    for (const [recording, of] of this.pulled) if (of === docking) this.pulled.delete(recording);
  }

  #keyOf({ key_id: keyId }: CustodyEntry['facts']): string | null {
    return typeof keyId === 'string' ? keyId : this.#openKeyId;
  }

  #ends(ends: Map<CameraId, ChainEnd>, camera: CameraId, end: ChainEnd): void {
    if (ends.has(camera) || ends.size < CAMERAS_MAX) ends.set(camera, end);
  }

  /** No receipt of before counts any more. */
  #storeRestored(): void {
    this.#isStoreRestored = true;
    for (const item of this.items.keys()) this.#unreceipted(item);
  }

  #unreceipted(item: RecordingId): void {
    const bits = this.items.get(item);
    if (bits !== undefined) this.items.set(item, bits & ~ITEM.receipted);
  }

  /** What had a receipt that is entered and was reclaimed needs no entry any more. */
  #leaves(item: unknown, isAside: boolean): void {
    const bits = this.items.get(item as RecordingId);
    if (bits === undefined) return;
    if (!isAside && (bits & ITEM.onceReceipted) !== 0) this.items.delete(item as RecordingId);
    else this.items.set(item as RecordingId, bits | ITEM.left);
  }

  /** What a segment said that is about to go: exactly this, in place of what is known. The newest one of its kind comes last, as in any fold. */
  #carried(entry: FoldedEntry): void {
    const { data: facts } = carriedFactsSchema.safeParse(entry.facts);
    switch (facts?.what) {
      case undefined:
        break;
      case 'item':
        if (this.items.has(facts.recording) || this.items.size < ITEMS_MAX)
          this.items.set(facts.recording, bitsOf(facts));
        break;
      case 'manifest':
      case 'record': {
        const { camera, recording, sha256, key_id: keyId, docking } = facts;
        this.#ends(facts.what === 'manifest' ? this.manifests : this.records, camera, {
          recording,
          sha256,
          keyId,
          docking,
        });
        if (facts.what === 'manifest') this.#forgetPulled((of) => of.camera === camera);
        break;
      }
      case 'docking': {
        const { docking, camera } = facts;
        this.#forgetPulled((_, of) => of === docking);
        this.dockings.delete(docking);
        this.#opened(docking, { camera, segment: entry.segment, sequence: entry.sequence, at: entry.at });
        break;
      }
      case 'recorded':
        this.recorded.delete(facts.docking);
        this.noteRecorded(facts.docking);
        break;
      case 'difference': {
        const { what: _, ...found } = facts;
        if (this.differences.has(keyOf(found)) || !isFull(this.differences, found))
          this.differences.set(keyOf(found), found);
        break;
      }
      case 'dropped':
        this.dropped.add(facts.segment);
        break;
      case 'retired':
        this.#retired(facts.camera);
        break;
      case 'bay':
        this.#bay(facts.bay);
        break;
      case 'store-log':
        this.noteLog(facts.checkpoint);
    }
  }

  #forgetPulled(isOf: (open: OpenDocking, docking: DockingId) => boolean): void {
    for (const [recording, docking] of this.pulled) {
      const open = this.dockings.get(docking);
      if (open !== undefined && isOf(open, docking)) this.pulled.delete(recording);
    }
  }

  #set(item: unknown, bits: number): void {
    if (typeof item !== 'string' || !isRecordingId(item)) return;
    const known = this.items.get(item);
    if (known === undefined && this.items.size >= ITEMS_MAX) return;
    this.items.set(item, (known ?? 0) | bits);
  }

  #dropped(segment: unknown): void {
    if (typeof segment === 'string' && isSegmentId(segment)) this.dropped.add(segment);
  }

  #retired(camera: CameraId | undefined): void {
    if (camera !== undefined) add(this.retired, camera, CAMERAS_MAX);
  }

  #acknowledged(): void {
    for (const [key, found] of this.differences) this.differences.set(key, { ...found, acknowledged: true });
  }

  #difference(facts: CustodyEntry['facts'], isFound: boolean): void {
    const found = parseDifference(facts);
    if (found === undefined) return;
    if (!isFound) this.differences.delete(keyOf(found));
    else if (!isFull(this.differences, found))
      this.differences.set(keyOf(found), { ...found, acknowledged: false });
  }
}

/** What the ledger knows by these names, as facts that say it again. A name is an id, of whatever kind. */
export function* carriedFacts(ledger: Ledger, names: Iterable<string>): Generator<CarriedFacts> {
  for (const name of names) {
    const bits = ledger.items.get(name as RecordingId);
    if (bits !== undefined) yield { what: 'item', recording: name as RecordingId, ...saidBy(bits) };
    for (const what of ['manifest', 'record'] as const) {
      const end = ledger[`${what}s`].get(name as CameraId);
      if (end === undefined || end.keyId === null) continue; // the checkpoint that says its key is still to come
      const { recording, sha256, keyId, docking } = end;
      yield { what, camera: name as CameraId, recording, sha256, key_id: keyId, docking };
    }
    const open = ledger.dockings.get(name as DockingId);
    if (open !== undefined) yield { what: 'docking', docking: name as DockingId, camera: open.camera };
    if (ledger.recorded.has(name as DockingId)) yield { what: 'recorded', docking: name as DockingId };
    for (const difference of DIFFERENCES) {
      const found = ledger.differences.get(keyOf({ difference, subject: name }));
      if (found !== undefined) yield { what: 'difference', ...found, subject: name as RecordingId };
    }
    if (ledger.dropped.has(name as SegmentId)) yield { what: 'dropped', segment: name as SegmentId };
    if (ledger.retired.has(name as CameraId)) yield { what: 'retired', camera: name as CameraId };
    if (ledger.bays.has(name as BayId)) yield { what: 'bay', bay: name as BayId };
    const checkpoint = ledger.logs.get(name);
    if (checkpoint !== undefined) yield { what: 'store-log', checkpoint };
  }
}

/** Whether a recording of a camera that those names name is on its way, and what it is the end of not known yet, in another docking that began since then. */
export function isPulling(ledger: Ledger, names: ReadonlySet<string>, sinceMs: number): boolean {
  return [...ledger.pulled.values()].some((docking) => {
    const open = ledger.dockings.get(docking);
    if (open === undefined || Date.parse(open.at) < sinceMs) return false;
    return !names.has(docking) && names.has(open.camera);
  });
}

/** What a `carried` entry says of an item, and the bits for it. */
const SAID = {
  spooled: ITEM.spooled,
  recorded: ITEM.recorded,
  receipted: ITEM.receipted,
  once_receipted: ITEM.onceReceipted,
  left: ITEM.left,
} as const;
type Said = Readonly<Record<keyof typeof SAID, boolean>>;

function saidBy(bits: number): Said {
  return Object.fromEntries(Object.entries(SAID).map(([name, bit]) => [name, (bits & bit) !== 0])) as Said;
}

function bitsOf(said: Said): number {
  return Object.entries(SAID).reduce((bits, [name, bit]) => bits | (said[name as keyof Said] ? bit : 0), 0);
}

/** What makes a difference one: the same segment may be ahead by ever more entries. */
export function keyOf({ difference, subject }: Pick<Difference, 'difference' | 'subject'>): string {
  return `${difference} ${subject}`;
}

/** Of many recordings that are lost not all are named; that the store's log forked always is, once for its vault. */
export function isFull(known: ReadonlyMap<string, Difference>, { difference }: Difference): boolean {
  return known.size >= DIFFERENCES_MAX && difference !== 'log-forked';
}

/** The difference that an entry names; undefined where it names none that is known here. */
export function parseDifference(facts: CustodyEntry['facts']): Difference | undefined {
  const difference = DIFFERENCES.find((each) => each === facts['difference']);
  const { subject, sequence, sha256 } = facts;
  if (difference === undefined || typeof subject !== 'string') return undefined;
  if (difference === 'spool-lost' || difference === 'store-lost')
    return isRecordingId(subject) ? { difference, subject, sequence: null, sha256: null } : undefined;
  if (difference === 'log-forked')
    return isSessionId(subject) && typeof sha256 === 'string'
      ? { difference, subject, sequence: null, sha256 }
      : undefined;
  if (!isSegmentId(subject) || typeof sequence !== 'number' || typeof sha256 !== 'string') return undefined;
  return { difference, subject, sequence, sha256 };
}

/** The origin of the log whose checkpoint facts name; undefined where they name none. */
export function logOriginOf(
  facts: CustodyEntry['facts'] | { readonly checkpoint: unknown },
): string | undefined {
  const { data } = storeLogSchema.safeParse(facts);
  return data?.checkpoint.split('\n', 1)[0];
}

/** Only the one that is the end of its chain names its camera then. */
function isSettled(facts: CustodyEntry['facts']): boolean {
  return facts['settled'] === true;
}

function cameraIn({ camera }: CustodyEntry['facts']): CameraId | undefined {
  return typeof camera === 'string' && isCameraId(camera) ? camera : undefined;
}

function add<Name extends string>(names: Set<Name>, name: Name, max: number): void {
  if (names.size < max) names.add(name);
}
