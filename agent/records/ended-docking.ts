// One docking as its record tells it (SPEC 4.6), before it is cut into parts: in the words of the document, so that nothing is said twice.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { DockingEntry, NewDockingRecord } from '../../protocol/documents/docking-record.ts';
import type { DockingId } from '../../protocol/format/ids.ts';

/** What is known as soon as a camera has said who it is. */
export type DockingOpening = Readonly<
  Pick<NewDockingRecord, 'docking' | 'station' | 'bay' | 'camera' | 'docked_at' | 'clock_synchronised'> &
    DockingStay
>;

/** The stay that a docking belongs to. */
export type DockingStay = Readonly<Pick<NewDockingRecord, 'stay' | 'stay_docked_at' | 'plug'>>;

/** What was read of the camera before it was listed. */
export type DockingMeasured = Readonly<Pick<NewDockingRecord, 'camera_clock' | 'condition'>>;

/** The first listing. */
export type DockingInventory = Readonly<NonNullable<NewDockingRecord['inventory']>>;

/** A line of the first listing. */
export type InventoryRow = Pick<DockingEntry, 'path_sha256' | 'size_bytes' | 'modified_at'>;

/** Entries of a docking that is over; an array is one. */
export interface EndedEntries {
  readonly length: number;
  slice(from: number, to: number): DockingEntry[];
}

/** A docking that is over. */
export interface EndedDocking extends DockingOpening, DockingMeasured {
  readonly ended: NewDockingRecord['ended'];
  readonly ended_at: string | null;
  readonly inventory: DockingInventory | null;
  /** Entries that only later listings showed, those that a record has no room for among them. */
  readonly later: number;
  /** First those of the first listing in its order, then the later ones. */
  readonly entries: EndedEntries;
}

/** Nothing was read of the camera. */
export const UNMEASURED: DockingMeasured = { camera_clock: null, condition: null };

/** What the log says of a listing. */
export function inventoryEvent(
  docking: DockingId,
  { entries, bytes, sha256 }: Pick<DockingInventory, 'entries' | 'bytes' | 'sha256'>,
): CustodyEvent {
  return { event: 'inventory', facts: { docking, entries, bytes, sha256 } };
}

/** What the log says of its end. */
export function undockedEvent({ bay, docking }: Pick<DockingOpening, 'bay' | 'docking'>): CustodyEvent {
  return { event: 'undocked', facts: { bay, docking } };
}
