// What is kept of one part of a docking record until all were read; its entries are read a second time. Pure.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import {
  stayOf,
  type DockingRecord,
  type NewDockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import type { HeldDocument } from './account-check.ts';
import type { CheckedDocking } from './docking-check.ts';
import { cameraText, chainName } from './recording-facts.ts';

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
  readonly clockSynchronised: boolean;
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
    made: record && keyId !== undefined ? { keyId: once(keyId), at: record.docked_at } : undefined,
    proven: provenDocking(checked, once),
    receivedAt: receipt?.received_at,
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
    clockSynchronised: record.clock_synchronised === true,
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
