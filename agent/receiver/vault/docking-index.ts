// The port to what a vault knows of the chains of docking records (SPEC 4.6): which records it holds, and which ones are named as a
// predecessor and are not there. A cache: `rebuild` makes it anew from the records themselves.
import type { CameraId, StationId } from '../../../protocol/format/ids.ts';

/** A docking record that others name and that the vault does not hold. */
export interface MissingDocking {
  readonly camera: CameraId;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
}

/** Errors of all: the system's. Receivers on one vault share it. */
export interface DockingIndex {
  holds(station: StationId, sha256: string): Promise<boolean>;
  addHeld(station: StationId, sha256: string): Promise<void>;
  /** Durable when it resolves. */
  addMissing(station: StationId, missing: MissingDocking): Promise<void>;
  removeMissing(station: StationId, missing: MissingDocking): Promise<void>;
  /** A bounded number of them; `more` where there are others. */
  missing(station: StationId): Promise<{ readonly found: readonly MissingDocking[]; readonly more: boolean }>;
  /** Marks every record of a station that the vault holds: reads each of them once, one at a time. Errors: the signal's reason too. */
  rebuild(station: StationId, signal: AbortSignal): Promise<void>;
}
