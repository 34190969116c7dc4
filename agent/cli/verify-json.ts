// What `bodydock verify --json` says of one folder. Bounded: what is left off is counted.
import { keyIdHex } from '../../protocol/documents/minisign.ts';
import { meaningOf, type Remark, remedyOf } from '../evidence/verify/remark.ts';
import type { CheckedDocking } from '../evidence/verify/docking-check.ts';
import type { CheckedRecording } from '../evidence/verify/recording-check.ts';
import type { NamedKey } from '../evidence/verify/trusted-keys.ts';
import type { VerifiedFolder, VerifyReport } from '../evidence/verify/verify-place.ts';

const RECORDINGS_MAX = 100_000;
const DOCKINGS_MAX = 100_000;
/** Of findings, and of notes: each recording that was dropped is a note, and there may be more of these every year. */
const REMARKS_MAX = 10_000;

/** Collects what is reported of one folder. */
export class VerifyJson implements VerifyReport {
  readonly #recordings: unknown[] = [];
  readonly #dockings: unknown[] = [];
  readonly #remarks: unknown[] = [];
  readonly #kept = { finding: 0, note: 0 };
  #recordingsLeftOff = 0;
  #dockingsLeftOff = 0;
  #remarksLeftOff = 0;

  recording(checked: CheckedRecording): void {
    if (this.#recordings.length < RECORDINGS_MAX) this.#recordings.push(recordingDocument(checked));
    else this.#recordingsLeftOff++;
    for (const remark of checked.remarks) this.remark(remark);
  }

  docking(checked: CheckedDocking): void {
    if (this.#dockings.length < DOCKINGS_MAX) this.#dockings.push(dockingDocument(checked));
    else this.#dockingsLeftOff++;
    for (const remark of checked.remarks) this.remark(remark);
  }

  remark(remark: Remark): void {
    if (this.#kept[remark.kind] >= REMARKS_MAX) this.#remarksLeftOff++;
    else {
      this.#kept[remark.kind]++;
      this.#remarks.push(remarkDocument(remark));
    }
  }

  /** The document of a folder that was verified. */
  document({ place, keys, totals }: VerifiedFolder): unknown {
    return {
      folder: place.path,
      kind: place.kind,
      good: totals.findings === 0 && totals.not_judged === 0,
      keys: {
        folder: keys.folder,
        station: keys.station.map(keyDocument),
        store: keys.store.map(keyDocument),
        officer: keys.officer.map(keyDocument),
        supervisor: keys.supervisor.map(keyDocument),
        evaluator: keys.evaluator.map(keyDocument),
      },
      totals,
      remarks: this.#remarks,
      remarks_left_off: this.#remarksLeftOff,
      recordings: this.#recordings,
      recordings_left_off: this.#recordingsLeftOff,
      dockings: this.#dockings,
      dockings_left_off: this.#dockingsLeftOff,
    };
  }
}

function recordingDocument({
  where,
  name,
  manifest,
  receipt,
  deletion,
  opened,
  remarks,
}: CheckedRecording): unknown {
  return {
    where,
    recording: manifest?.recording ?? name,
    station: manifest?.station ?? null,
    camera: manifest?.camera.id ?? null,
    rejected: manifest?.rejected?.reason ?? null,
    original_sha256: manifest?.original.sha256 ?? null,
    original_size_bytes: manifest?.original.size_bytes ?? null,
    receipted: receipt !== undefined,
    deleted_at: deletion?.deleted_at ?? null,
    opened,
    good: remarks.every(({ kind }) => kind === 'note'),
  };
}

function dockingDocument({ where, name, record, receipt, remarks }: CheckedDocking): unknown {
  return {
    where,
    record: record?.record ?? name,
    docking: record?.docking ?? null,
    part: record?.part ?? null,
    parts: record?.parts ?? null,
    station: record?.station ?? null,
    camera: record?.camera.id ?? null,
    docked_at: record?.docked_at ?? null,
    ended_at: record?.ended_at ?? null,
    ended: record?.ended ?? null,
    entries: record === undefined ? null : (record.inventory?.entries ?? null),
    later: record?.later ?? null,
    receipted: receipt !== undefined,
    good: remarks.every(({ kind }) => kind === 'note'),
  };
}

function keyDocument({ file, key }: NamedKey): unknown {
  return { file, key_id: keyIdHex(key.keyId) };
}

/** A remark as it stands in JSON documents. */
export function remarkDocument({ kind, code, where, message, facts }: Remark): unknown {
  return {
    kind,
    code,
    where,
    message,
    meaning: meaningOf(code, 'en'),
    remedy: remedyOf({ kind, code }, 'en') ?? null,
    facts,
  };
}
