// A signed docking record of an empty day, or of one with entries.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  encodeDockingRecord,
  type DockingRecord,
  type NewDockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import {
  makeDockingId,
  parseBayId,
  parseCameraId,
  parseRecordingId,
  type DockingId,
} from '../../../protocol/format/ids.ts';
import type { SecretKey } from '../../../protocol/documents/minisign.ts';
import type { Random } from '../../../protocol/format/ports.ts';
import type { RecordingName, SignedDocument } from '../../../agent/receiver/vault/vault.ts';
import { signFast } from '../../fakes/signer-fast.ts';
import { STATION } from './sample.ts';

export interface DockingSample extends RecordingName {
  readonly record: DockingRecord;
  readonly sha256: string;
  readonly offer: SignedDocument;
}

/** A docking record; `change` alters its fields before it is signed. */
export function makeDockingSample(
  random: Random,
  key: SecretKey,
  change: Partial<NewDockingRecord> = {},
): DockingSample {
  const docking: DockingId = change.docking ?? makeDockingId(random);
  const record: NewDockingRecord = {
    type: 'docking-record',
    version: 2,
    docking,
    record: docking,
    station: STATION,
    bay: parseBayId('bay-1'),
    part: 1,
    parts: 1,
    camera: { id: parseCameraId('cam-1'), vendor: null, model: null, serial: null, firmware: null },
    docked_at: '2026-11-25T16:00:00.000Z',
    ended_at: '2026-11-25T16:05:00.000Z',
    ended: 'unplugged',
    clock_synchronised: true,
    camera_clock: null,
    condition: null,
    inventory: {
      taken_at: '2026-11-25T16:00:01.000Z',
      entries: 0,
      bytes: 0,
      sha256: sha256Hex(new Uint8Array(0)),
      complete: true,
    },
    later: 0,
    entries: [],
    stay: docking,
    stay_docked_at: change.docked_at ?? '2026-11-25T16:00:00.000Z',
    plug: null,
    previous_docking_sha256: null,
    ...change,
  };
  const bytes = encodeDockingRecord(record);
  return {
    station: record.station,
    recording: parseRecordingId(record.record),
    record,
    sha256: sha256Hex(bytes),
    offer: { bytes, signature: signFast(key, bytes, DOCKING_RECORD_TRUSTED_COMMENT) },
  };
}
