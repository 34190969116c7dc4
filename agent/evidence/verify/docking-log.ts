// Compares what a custody log says of dockings with their records (SPEC 4.3, 4.6). Pure.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import {
  type DockingRecord,
  type NewDockingRecord,
  stayOf,
} from '../../../protocol/documents/docking-record.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { DOCKING } from '../../../protocol/format/file-names.ts';
import type { CheckedDocking } from './docking-check.ts';
import type { DockingGroup, ProvenPart } from './docking-groups.ts';
import { type HeldDocument, LogAccount } from './log-account.ts';
import { cameraText, chainName } from './order-check.ts';
import type { Extent } from './place.ts';
import { receiptHead, type StationHead } from './receipt-check.ts';
import { below, finding, note, type Remark } from './remark.ts';

/** A record is made as soon as its docking is over; where the log goes on for longer than this without one, it was not made. */
const RECORDED_WITHIN_MS = 3_600_000;
/** The first start after a cut makes the record; a second one finds it made. */
const STARTS_MAX = 1;
/** Dockings that are named in one finding. */
const NAMED_MAX = 3;

/** Everything in which a log and the dockings of its station do not agree; of a kit only what it has records of. */
export function dockingLogRemarks(
  log: StationLog,
  groups: readonly DockingGroup[],
  extent: Extent = 'vault',
): Remark[] {
  const open: string[] = [];
  const remarks: Remark[] = [];
  for (const group of groups) {
    const logged = log.dockings.of(group.docking);
    if (logged !== undefined) remarks.push(...differing(group, logged));
  }
  if (extent === 'kit') return remarks; // its log tells of other dockings, too
  for (const logged of log.dockings.all()) {
    if (logged.begun === undefined || isRecorded(logged)) continue;
    if (log.hasRefusedEnd && logged.keyChanged) remarks.push(refusedRecord(log, logged));
    else if (isOverdue(logged, log.dockings.lastAt)) remarks.push(notRecorded(log, logged));
    else open.push(logged.docking);
  }
  return [...remarks, ...openRemark(log, open), ...neverDocked(log)];
}

/** A misspelled id ends the use of no camera, and the one that was meant leaves days open. */
function neverDocked({ where, retired, dockings, fromTheStart }: StationLog): Remark[] {
  if (!fromTheStart || retired.size === 0) return [];
  const docked = new Set([...dockings.all()].map(({ camera }) => camera));
  const strange = [...retired].filter((camera) => !docked.has(camera));
  return strange.map((camera) => {
    const message = `camera ${camera} was taken out of use, and the log names no docking of it`;
    return note('custody.retired-unknown', where, message, { camera });
  });
}

/** The log names every part of the docking's record. */
export function isRecorded({ records }: LoggedDocking): boolean {
  const [first] = records.values();
  return first !== undefined && records.size >= first.parts;
}

/** The log goes on so far after the docking's end that its record would stand there. */
function isOverdue({ overtaken, startsSince, endedAt }: LoggedDocking, lastAt = ''): boolean {
  if (overtaken || startsSince > STARTS_MAX) return true;
  return endedAt !== undefined && Date.parse(lastAt) - Date.parse(endedAt) > RECORDED_WITHIN_MS;
}

function notRecorded(
  { where }: StationLog,
  { docking, bay, camera, endedAt, records }: LoggedDocking,
): Remark {
  const parts = records.size === 0 ? 'no record' : `only ${records.size} parts of a record`;
  const message = `docking ${docking} of camera ${camera ?? 'unknown'} in bay ${bay ?? 'unknown'} ended at ${endedAt ?? 'an unknown time'}, and the log names ${parts} of it`;
  return finding('docking.not-recorded', where, message, { docking });
}

function refusedRecord({ where }: StationLog, { docking, camera }: LoggedDocking): Remark {
  const message = `docking ${docking} of camera ${camera ?? 'unknown'} has no record here: it was not over when the log begins to be refused`;
  return note('docking.record-refused', where, message, { docking });
}

function openRemark({ where }: StationLog, open: readonly string[]): Remark[] {
  if (open.length === 0) return [];
  const some = open.slice(0, NAMED_MAX).join(', ') + (open.length > NAMED_MAX ? ', ...' : '');
  return [note('docking.open', where, `${open.length} dockings go on: ${some}`, { dockings: open.length })];
}

function differing({ first, docking }: DockingGroup, logged: LoggedDocking): Remark[] {
  const { bay, cameraId, stay, inventory, ended } = first.proven;
  const { inventory: listed } = logged;
  // After a cut the record says only what could still be proven.
  const compared = listed !== undefined && !(inventory === null && ended === 'cut-off');
  const fields: readonly (readonly [string, string | number | null | undefined, string | number | null])[] = [
    ['bay', logged.bay, bay],
    ['camera', logged.camera, cameraId],
    ['stay', logged.stay, stay],
    ['inventory.entries', compared ? listed.entries : undefined, inventory?.entries ?? null],
    ['inventory.bytes', compared ? listed.bytes : undefined, inventory?.bytes ?? null],
    ['inventory.sha256', compared ? listed.sha256 : undefined, inventory?.sha256 ?? null],
    [
      'inventory',
      listed === undefined && logged.begun !== undefined ? 'none' : undefined,
      inventory && 'one',
    ],
  ];
  return fields
    .filter(([field, expected, found]) => expected !== undefined && !agrees(field, expected, found))
    .map(([field, expected, found]) => {
      const message = `docking record: docking ${docking}: ${field}: the custody log says ${expected}, the record ${found}`;
      return finding('docking.log-differs', below(first.where, DOCKING), message, { field, docking });
    });
}

function agrees(
  field: string,
  expected: string | number | null | undefined,
  found: string | number | null,
): boolean {
  return field === 'inventory' ? found === null : expected === found;
}

// What the custody log says of each docking, kept while its segments are read in their order. Memory: one small object per docking.

/** What the log says of one docking. */
export interface LoggedDocking {
  readonly docking: string;
  /** Undefined where the log here begins after its `docked`. */
  bay: string | undefined;
  camera: string | undefined;
  /** The stay that it belongs to: itself in logs of 0.1.0. */
  stay: string | undefined;
  /** As the how manieth docking it began; undefined where the log here does not hold its beginning. */
  begun: number | undefined;
  /** When it began, as `docked` says (RFC 3339). */
  begunAt: string | undefined;
  /** When it was over, as far as the log tells: at `undocked`, or at the next start of the agent. Undefined while it goes on. */
  endedAt: string | undefined;
  /** Starts of the agent since it was over. */
  startsSince: number;
  /** First listing. */
  inventory: { readonly entries: number; readonly bytes: number; readonly sha256: string } | undefined;
  /** Record of each part, by its number. */
  readonly records: Map<number, { readonly record: string; readonly sha256: string; readonly parts: number }>;
  /** The station's key was changed while it had no record. */
  keyChanged: boolean;
  /** A later docking in the same bay has its record. */
  overtaken: boolean;
}

/** The account of one log. */
class DockingAccount {
  readonly #dockings = new Map<string, LoggedDocking>();
  /** Dockings that are not recorded yet, in the order in which they began. */
  readonly #unrecorded = new Set<LoggedDocking>();
  #lastAt: string | undefined;
  #begun = 0;

  /** Takes the next entry; segments come in their order. */
  take({ event, facts, at }: CustodyEntry): void {
    this.#lastAt = at;
    if (event === 'agent-started') this.#started(at);
    if (event === 'key-changed') for (const logged of this.#unrecorded) logged.keyChanged = true;
    const { docking } = facts;
    if (typeof docking !== 'string') return;
    if (event === 'docked') this.#docked(docking, facts, at);
    else if (event === 'undocked') this.#of(docking).endedAt = at;
    else if (event === 'inventory') this.#listed(docking, facts);
    else if (event === 'docking-recorded') this.#recorded(docking, facts);
  }

  /** What the log says of a docking; undefined where it does not name it. */
  of(docking: string): LoggedDocking | undefined {
    return this.#dockings.get(docking);
  }

  /** All dockings that the log names. */
  all(): Iterable<LoggedDocking> {
    return this.#dockings.values();
  }

  /** Time of the newest entry; undefined for an empty log. */
  get lastAt(): string | undefined {
    return this.#lastAt;
  }

  #of(docking: string): LoggedDocking {
    const known = this.#dockings.get(docking);
    if (known !== undefined) return known;
    const fresh: LoggedDocking = {
      docking,
      bay: undefined,
      camera: undefined,
      stay: undefined,
      begun: undefined,
      begunAt: undefined,
      endedAt: undefined,
      startsSince: 0,
      inventory: undefined,
      records: new Map(),
      keyChanged: false,
      overtaken: false,
    };
    this.#dockings.set(docking, fresh);
    return fresh;
  }

  #docked(docking: string, { bay, camera, stay }: CustodyEntry['facts'], at: string): void {
    const logged = this.#of(docking);
    logged.begun = this.#begun++;
    logged.begunAt = at;
    if (typeof bay === 'string') logged.bay = bay;
    if (typeof camera === 'string') logged.camera = camera;
    logged.stay = typeof stay === 'string' ? stay : docking;
    if (logged.records.size === 0) this.#unrecorded.add(logged);
  }

  /** A start ends what was open before it: it was cut off. */
  #started(at: string): void {
    for (const logged of this.#unrecorded) {
      if (logged.endedAt === undefined) logged.endedAt = at;
      else logged.startsSince++;
    }
  }

  #listed(docking: string, { entries, bytes, sha256 }: CustodyEntry['facts']): void {
    if (typeof entries !== 'number' || typeof bytes !== 'number' || typeof sha256 !== 'string') return;
    this.#of(docking).inventory ??= { entries, bytes, sha256 };
  }

  #recorded(docking: string, { record, sha256, part, parts }: CustodyEntry['facts']): void {
    if (typeof record !== 'string' || typeof sha256 !== 'string') return;
    if (typeof part !== 'number' || typeof parts !== 'number') return;
    const logged = this.#of(docking);
    logged.records.set(part, { record, sha256, parts });
    if (logged.records.size < parts) return;
    this.#unrecorded.delete(logged);
    for (const other of this.#unrecorded)
      if (other.bay === logged.bay && (other.begun ?? 0) < (logged.begun ?? 0)) other.overtaken = true;
  }
}

// What is kept of one part of a docking record until all were read; its entries are read a second time. Pure.

/** What a part says, as far as other documents could contradict it. */
export interface ProvenDocking {
  readonly version: DockingRecord['version'];
  readonly station: string;
  /** Station key and camera: what makes a chain. */
  readonly chain: string;
  readonly docking: string;
  /** The stay that it belongs to, and when that began, where the record knows. */
  readonly stay: string;
  readonly stayDockedAt: string | null;
  readonly plug: NewDockingRecord['plug'];
  readonly bay: string;
  /** Camera with model and serial number, as manifests name it. */
  readonly camera: string;
  readonly cameraId: string;
  readonly part: number;
  readonly parts: number;
  /** Digest of all fields that are the same in every part. */
  readonly header: string;
  readonly dockedAt: string;
  readonly endedAt: string | null;
  readonly clockSynchronised: boolean | null;
  readonly ended: DockingRecord['ended'];
  readonly cameraClock: DockingRecord['camera_clock'];
  readonly inventory: DockingRecord['inventory'];
  readonly later: number;
  readonly entries: number;
  readonly previous: string | null;
}

/** One part of a docking record. */
export interface DockingFacts extends HeldDocument {
  readonly kind: 'docking';
  /** Undefined where the document or its signature does not hold. */
  readonly proven: ProvenDocking | undefined;
  readonly receivedAt: string | undefined;
  readonly head: StationHead | undefined;
}

function policyOf(record: CheckedDocking['record'], once: (word: string) => string): string | undefined {
  const sha256 = record?.version === 1 ? undefined : record?.policy_sha256;
  return sha256 && once(sha256);
}

/** The facts of a part that lies in the folder of that station, where known; `once` gives one copy of a word that comes often. */
export function dockingFacts(
  checked: CheckedDocking,
  station: string | undefined,
  once: (word: string) => string,
): DockingFacts {
  const { name, where, record, recordSha256, keyId, receiptSha256, receipt } = checked;
  const owner = station ?? record?.station;
  return {
    kind: 'docking',
    name,
    where,
    station: owner === undefined ? undefined : once(owner),
    sha256: recordSha256,
    receiptSha256,
    receiptVault: receipt && once(receipt.vault),
    made: record && keyId !== undefined ? { keyId: once(keyId), at: record.docked_at } : undefined,
    doneAt: record?.ended_at ?? record?.docked_at,
    policySha256: keyId === undefined ? undefined : policyOf(record, once),
    proven: provenDocking(checked, once),
    receivedAt: receipt?.received_at,
    head: receiptHead(receipt, owner),
  };
}

function provenDocking(
  { record, keyId }: CheckedDocking,
  once: (word: string) => string,
): ProvenDocking | undefined {
  if (record === undefined || keyId === undefined) return undefined;
  return {
    version: record.version,
    station: once(record.station),
    chain: once(chainName(record.camera.id, keyId)),
    docking: once(record.docking),
    stay: once(stayOf(record).stay),
    stayDockedAt: stayOf(record).dockedAt,
    plug: record.version === 1 ? null : record.plug,
    bay: once(record.bay),
    camera: once(cameraText(record.camera)),
    cameraId: once(record.camera.id),
    part: record.part,
    parts: record.parts,
    header: headerDigest(record),
    dockedAt: record.docked_at,
    endedAt: record.ended_at,
    clockSynchronised: record.clock_synchronised,
    ended: record.ended,
    cameraClock: record.camera_clock,
    inventory: record.inventory,
    later: record.later,
    entries: record.entries.length,
    previous: record.previous_docking_sha256,
  };
}

/** SPEC 4.6: every field but these is the same in all parts. */
function headerDigest(record: DockingRecord): string {
  const own = { record: null, part: null, previous_docking_sha256: null, entries: null };
  return sha256Hex(encodeCanonical({ ...record, ...own }));
}

// Whether the dockings of one stay are of one camera in one bay and follow each other in its chain (SPEC 4.6). Pure.

/** Behind these the camera may still have been in its bay. */
const GOES_ON: ReadonlySet<string> = new Set(['continued', 'stopped', 'cut-off']);
/** So many records of other bays may lie between two dockings of a stay before nothing is said of it any more. */
const BETWEEN_MAX = 1000;

/** A remark for each docking that names a stay which it cannot belong to. */
export function dockingStayRemarks(groups: readonly DockingGroup[]): Remark[] {
  const byDocking = new Map(groups.map((group) => [group.docking, group]));
  const byDigest = new Map(groups.flatMap(({ parts }) => parts.map((part) => [part.sha256, part] as const)));
  return groups.flatMap(({ first }) => {
    const { docking, stay } = first.proven;
    if (stay === docking || first.proven.part !== 1) return [];
    const why = notOfFirst(first, byDocking.get(stay)?.first) ?? notBehindStay(first, byDigest);
    if (why === undefined) return [];
    const message = `docking record: docking ${docking} names stay ${stay} and ${why}`;
    return [finding('docking.stay', below(first.where, DOCKING), message, { docking, stay })];
  });
}

/** Against the docking that the stay is named by, where its record is here. */
function notOfFirst({ proven }: ProvenPart, first: ProvenPart | undefined): string | undefined {
  if (first === undefined) return undefined;
  const { docking, stay, dockedAt } = first.proven;
  if (stay !== docking) return `that docking is of stay ${stay}`;
  if (proven.stayDockedAt !== null && proven.stayDockedAt !== dockedAt)
    return `says that it began at ${proven.stayDockedAt}, and it began at ${dockedAt}`;
  return notSamePlace(proven, first);
}

function notSamePlace(
  { bay, cameraId, station }: ProvenPart['proven'],
  { proven: before }: ProvenPart,
): string | undefined {
  if (cameraId !== before.cameraId) return `that is of camera ${before.cameraId}`;
  if (bay !== before.bay || station !== before.station)
    return `that is in bay ${before.bay} of ${before.station}`;
  return undefined;
}

/** Against the chain, as far as it is here. A record that was made late follows others than its docking did. */
function notBehindStay(first: ProvenPart, byDigest: ReadonlyMap<string, ProvenPart>): string | undefined {
  const { proven } = first;
  if (proven.ended === 'cut-off') return undefined;
  let previous = proven.previous;
  for (let between = 0; between < BETWEEN_MAX; between++) {
    if (previous === null) return 'no docking of it comes before';
    const before = byDigest.get(previous);
    if (before === undefined || before.proven.chain !== proven.chain) return undefined;
    if (before.proven.stay === proven.stay) return notGoingOn(proven, before);
    if (before.proven.bay === proven.bay) return `follows docking ${before.proven.docking} of another stay`;
    previous = before.proven.previous;
  }
  return undefined;
}

function notGoingOn(proven: ProvenPart['proven'], before: ProvenPart): string | undefined {
  const { docking, ended, plug } = before.proven;
  if (plug?.boot === proven.plug?.boot && plug?.device !== proven.plug?.device)
    return `is of another plug than docking ${docking}`;
  if (!GOES_ON.has(ended)) return `follows docking ${docking}, which ended as ${ended}`;
  return notSamePlace(proven, before);
}

// The account of one station's custody log: what it says of documents, and of dockings.

/** One log, read to its end. */
export class StationLog {
  /** Its folder in remarks. */
  readonly where: string;
  /** The station in whose folder it lies, where known. */
  readonly station: string | undefined;
  readonly documents = new LogAccount();
  readonly dockings = new DockingAccount();
  /** When it tells a change away from which key (hex id), RFC 3339. */
  readonly putAside = new Map<string, string>();
  /** Hex ids of the keys that it tells a change to. */
  readonly newKeys = new Set<string>();
  /** Cameras that it takes out of use (SPEC 4.13.7), each once. */
  readonly retired = new Set<string>();
  /** Its segments that are here, with the time of the first entry of each (RFC 3339); known once it was read. */
  segments: ReadonlyMap<string, string | undefined> = new Map();
  /** Segments that these follow, here or not. */
  follows: ReadonlySet<string> = new Set();
  /** Whether the log is here from its first entry on; known once it was read. */
  fromTheStart = false;
  /** Whether the store refused an end of it, by a key that was revoked: what it does not name may have stood there. */
  hasRefusedEnd = false;

  constructor(where: string, station: string | undefined) {
    this.where = where;
    this.station = station;
  }

  /** Takes the next entry, and the hex id of the key that vouches for it; segments come in their order. */
  take(entry: CustodyEntry, keyId?: string): void {
    this.documents.take(entry, keyId);
    this.dockings.take(entry);
    const old = entry.event === 'key-changed' ? entry.facts['old_key_id'] : undefined;
    if (typeof old === 'string') this.putAside.set(old, entry.at);
    const fresh = entry.event === 'key-changed' ? entry.facts['new_key_id'] : undefined;
    if (typeof fresh === 'string') this.newKeys.add(fresh);
    const { camera } = entry.facts;
    if (entry.event === 'camera-retired' && typeof camera === 'string') this.retired.add(camera);
  }
}
