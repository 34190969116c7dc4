// For the vault builder: what is known of one docking while it lasts, and the docking record (SPEC 4.6) that it leaves behind.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import {
  inventoryLine,
  type DockingEntry,
  type DockingRecord,
} from '../../protocol/documents/docking-record.ts';
import {
  makeDockingId,
  type BayId,
  type CameraId,
  type DockingId,
  type RecordingId,
  type StationId,
} from '../../protocol/format/ids.ts';
import { DOCKING_ENTRIES_PER_PART } from '../../protocol/format/limits.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import type { Random } from '../../protocol/format/ports.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { pathDigestOf } from './vault-builder-recordings.ts';

/** How a camera is docked; all has a default. */
export interface DockingWish {
  readonly camera?: string;
  /** Default: `bay-N` for a camera `cam-N`. */
  readonly bay?: string;
  readonly identity?: Partial<Omit<DockingRecord['camera'], 'id'>>;
  /** Enters `camera-clock`, and `camera-clock-set` where `set` says so. */
  readonly clock?: NonNullable<DockingRecord['camera_clock']>;
  readonly condition?: NonNullable<DockingRecord['condition']>;
  readonly clockSynchronised?: boolean | null;
  /** It goes on with the stay of the camera's last docking. */
  readonly continues?: boolean;
  /** 1: log and record are those of 0.1.0, which knew of no stays. */
  readonly version?: 1;
}

/** The stay of a docking that the builder made. */
export interface BuiltStay {
  readonly stay: DockingId;
  readonly dockedAt: string;
}

/** How a docking ends; all has a default. */
export interface UndockingWish {
  readonly ended?: DockingRecord['ended'];
  /** Whether the first listing was without problems. */
  readonly complete?: boolean;
  /** False: no listing could be taken at all. */
  readonly listed?: boolean;
  /** At most 256; fewer make several parts of a few entries. */
  readonly entriesPerPart?: number;
  /** False: the station makes no record of it. */
  readonly recorded?: boolean;
  /** False: the record is made and did not reach the vault. */
  readonly sent?: boolean;
  /** False: the store gives no receipt for it. */
  readonly receipted?: boolean;
  /** Changes each part before it is signed. */
  readonly change?: (record: DockingRecord) => DockingRecord;
}

/** Something on the camera that was not sealed in this docking. */
export interface OtherEntry {
  readonly fate: Exclude<DockingEntry['fate'], 'stored'>;
  readonly path?: string;
  readonly sizeBytes?: number;
  readonly modifiedAt?: string | null;
  readonly later?: boolean;
  /** Of a `matched` one. */
  readonly recording?: RecordingId;
  readonly erased?: boolean | null;
  /** Of a `waiting` one; default `not-reached`. */
  readonly reason?: string;
}

/** One part of a docking record that was written. */
export interface BuiltDockingPart {
  readonly record: DockingRecord;
  readonly bytes: Uint8Array;
  /** Its folder in the vault; not there where it was not sent. */
  readonly folder: string;
  receipt: Receipt | undefined;
}

/** A docking that is over. */
export interface BuiltDocking {
  readonly docking: DockingId;
  readonly camera: CameraId;
  readonly stay: BuiltStay;
  /** Empty where no record was made. */
  readonly parts: readonly BuiltDockingPart[];
}

/** A docking that goes on. */
export class OpenDocking {
  readonly docking: DockingId;
  readonly camera: CameraId;
  readonly bay: BayId;
  readonly dockedAt: string;
  readonly entries: DockingEntry[] = [];
  readonly wish: DockingWish;
  readonly stay: BuiltStay;
  /** When the first listing was taken. */
  takenAt: string | null = null;
  /** Entries that a written `inventory` has named. */
  listed = 0;
  first: { readonly entries: number; readonly bytes: number; readonly sha256: string } | null = null;

  constructor(
    random: Random,
    at: {
      readonly camera: CameraId;
      readonly bay: BayId;
      readonly dockedAt: string;
      readonly wish: DockingWish;
      /** Of the camera's last docking. */
      readonly last?: BuiltStay | undefined;
    },
  ) {
    this.docking = makeDockingId(random);
    this.camera = at.camera;
    this.bay = at.bay;
    this.dockedAt = at.dockedAt;
    this.wish = at.wish;
    const own = { stay: this.docking, dockedAt: at.dockedAt };
    this.stay = (at.wish.continues === true ? at.last : undefined) ?? own;
  }

  get identity(): DockingRecord['camera'] {
    const { identity } = this.wish;
    const serial = `serial of ${this.camera}`;
    return { id: this.camera, vendor: null, model: 'BC-2', serial, firmware: null, ...identity };
  }

  /** What the log says of its beginning. */
  get docked(): CustodyEvent['facts'] {
    const { bay, camera, docking, stay, wish } = this;
    return { bay, camera, docking, ...(wish.version === 1 ? {} : { stay: stay.stay }) };
  }

  /** Takes a recording that was sealed; gives its entry's place. */
  stored(
    manifest: Manifest,
    {
      later = false,
      erased = false,
    }: { readonly later?: boolean | undefined; readonly erased?: boolean | null | undefined },
  ): void {
    this.entries.push({
      path_sha256: manifest.source.path_sha256,
      size_bytes: manifest.original.size_bytes,
      modified_at: manifest.original.modified_at,
      later: later || this.first !== null,
      fate: 'stored',
      recording: manifest.recording,
      reason: manifest.rejected?.reason ?? null,
      erased,
    });
  }

  /** Takes something else that lies on the camera. */
  other({
    fate,
    path,
    sizeBytes,
    modifiedAt,
    later = false,
    recording,
    erased = false,
    reason,
  }: OtherEntry): DockingEntry {
    const entry: DockingEntry = {
      path_sha256: pathDigestOf(path ?? `DCIM/OTHER_${this.entries.length}`),
      size_bytes: sizeBytes ?? (fate === 'not-a-file' ? 0 : 1000),
      modified_at: modifiedAt === undefined ? '2026-11-24T17:20:31.500Z' : modifiedAt,
      later: later || this.first !== null,
      fate,
      recording: fate === 'matched' ? (recording ?? null) : null,
      reason: fate === 'waiting' ? (reason ?? 'not-reached') : null,
      erased,
    };
    this.entries.push(entry);
    return entry;
  }

  /** What the log says of the first listing, once: each file, then the digest of the whole. */
  firstListing(): CustodyEvent[] {
    const listed = this.entries.filter(({ later }) => !later);
    this.first = inventoryOf(listed);
    return [
      ...listed.map((entry) => this.#seen(entry)),
      { event: 'inventory', facts: { docking: this.docking, ...this.first } },
    ];
  }

  /** What the log says of a later listing that showed this one as well. */
  laterListing(entry: DockingEntry): CustodyEvent[] {
    const shown = this.entries
      .slice(0, this.entries.indexOf(entry) + 1)
      .filter(({ erased }) => erased === false);
    return [
      this.#seen(entry),
      { event: 'inventory', facts: { docking: this.docking, ...inventoryOf(shown) } },
    ];
  }

  #seen({ path_sha256, size_bytes, fate }: DockingEntry): CustodyEvent {
    const { docking } = this;
    if (fate === 'not-a-file')
      return { event: 'not-taken', facts: { docking, path_sha256, reason: 'not-a-file' } };
    return { event: 'seen', facts: { docking, path_sha256, size_bytes } };
  }
}

/** Count, bytes and digest of a listing (SPEC 4.3). */
export function inventoryOf(entries: readonly DockingEntry[]): {
  entries: number;
  bytes: number;
  sha256: string;
} {
  const lines = entries.map((one) => inventoryLine(one.path_sha256, one.size_bytes, one.modified_at));
  const bytes = entries.reduce((sum, { size_bytes: size }) => sum + size, 0);
  return { entries: entries.length, bytes, sha256: sha256Hex(encodeUtf8(lines.join(''))) };
}

/** The parts of a docking's record; `previous` of all but the first is null until the one before is encoded. */
export function partsOf(
  open: OpenDocking,
  wish: UndockingWish,
  at: { readonly station: StationId; readonly endedAt: string | null; readonly random: Random },
): DockingRecord[] {
  const { entriesPerPart = DOCKING_ENTRIES_PER_PART, listed = true, complete = true } = wish;
  const first = open.entries.filter(({ later }) => !later);
  const later = open.entries.filter((entry) => entry.later);
  const all = [...first, ...later];
  const parts = Math.max(1, Math.ceil(all.length / entriesPerPart));
  const { stay, dockedAt: stay_docked_at } = open.stay;
  const { ended = 'unplugged' } = wish;
  return Array.from({ length: parts }, (_, index): DockingRecord => ({
    type: 'docking-record',
    ...(open.wish.version === 1 && ended !== 'continued'
      ? { version: 1, ended }
      : { version: 2, ended, stay, stay_docked_at, plug: null }),
    docking: open.docking,
    record: index === 0 ? open.docking : makeDockingId(at.random),
    station: at.station,
    bay: open.bay,
    part: index + 1,
    parts,
    camera: open.identity,
    docked_at: open.dockedAt,
    ended_at: at.endedAt,
    clock_synchronised: open.wish.clockSynchronised === undefined ? true : open.wish.clockSynchronised,
    camera_clock: open.wish.clock ?? null,
    condition: open.wish.condition ?? null,
    inventory:
      listed && open.takenAt !== null ? { taken_at: open.takenAt, ...inventoryOf(first), complete } : null,
    later: later.length,
    entries: all.slice(index * entriesPerPart, (index + 1) * entriesPerPart),
    previous_docking_sha256: null,
  }));
}
