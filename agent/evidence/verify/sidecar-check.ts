// Looks whether recordings and sidecars of a docking name each other (SPEC 4.1, `sidecars` and `sidecar_of`). Pure; only notes, because
// a sidecar may have come in another docking.
import { note, type Remark } from './remark.ts';

/** What joins the files of one docking. */
export interface Joined {
  readonly where: string;
  /** Station, camera and docking: paths mean something only within one. */
  readonly docking: string;
  readonly pathSha256: string;
  readonly sidecars: readonly string[];
  readonly sidecarOf: string | null;
}

/** Notes about files that name others which are not here, or do not name them back. */
export function checkSidecars(joined: readonly Joined[]): Remark[] {
  const byPlace = new Map(joined.map((one) => [placeOf(one.docking, one.pathSha256), one]));
  return joined.flatMap((one) => [...missingSidecars(one, byPlace), ...recordingOf(one, byPlace)]);
}

function placeOf(docking: string, pathSha256: string): string {
  return `${docking} ${pathSha256}`;
}

function missingSidecars(one: Joined, byPlace: ReadonlyMap<string, Joined>): Remark[] {
  const found = one.sidecars.map((sha256) => byPlace.get(placeOf(one.docking, sha256)));
  const missing = found.filter((sidecar) => sidecar === undefined).length;
  const other = found.filter(
    (sidecar) => sidecar !== undefined && sidecar.sidecarOf !== one.pathSha256,
  ).length;
  const remarks: Remark[] = [];
  if (missing > 0) {
    const message = `names ${one.sidecars.length} sidecars, ${missing} of them are not among the recordings of this docking here`;
    remarks.push(note('sidecar.missing', one.where, message, { sidecars: one.sidecars.length, missing }));
  }
  if (other > 0) {
    const message = `names ${one.sidecars.length} sidecars, ${other} of them do not name it as theirs`;
    remarks.push(note('sidecar.one-sided', one.where, message, { sidecars: one.sidecars.length, other }));
  }
  return remarks;
}

function recordingOf(one: Joined, byPlace: ReadonlyMap<string, Joined>): Remark[] {
  if (one.sidecarOf === null) return [];
  const recording = byPlace.get(placeOf(one.docking, one.sidecarOf));
  if (recording === undefined) {
    const message = 'is a sidecar, and its recording is not among those of this docking here';
    return [note('sidecar.missing', one.where, message)];
  }
  if (recording.sidecars.includes(one.pathSha256)) return [];
  return [note('sidecar.one-sided', one.where, 'names a recording that does not name it as a sidecar')];
}
