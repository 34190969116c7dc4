// The record of a docking that a cut ended, put together from its journal, the custody log and the spool. Whatever of these is damaged or
// missing, the rest still tells.
import {
  isBayId,
  isCameraId,
  isDockingId,
  type DockingId,
  type StationId,
} from '../../protocol/format/ids.ts';
import type { Spool } from '../spool/spool.ts';
import { CutOffEntries } from './cut-off-entries.ts';
import { visitDocking, type ToldEntry, type ToldSource } from '../custody/told-entries.ts';
import { UNMEASURED, type DockingInventory, type EndedDocking } from './ended-docking.ts';
import type { JournalOpening } from './journal-files.ts';
import type { OpenDocking } from './journal-recovery.ts';

export interface CutOffDeps {
  readonly station: StationId;
  readonly custody: ToldSource;
  readonly spool: Pick<Spool, 'stateOf' | 'ofDocking'>;
}

/** What is to be done with a docking that has no end: it is recorded; its record is there already; or nobody knows whose it was. */
export type CutOff =
  | {
      readonly kind: 'ended';
      readonly ended: EndedDocking;
      /** What the journal holds and the log does not, though it knows of the docking: the cut came between the two. */
      readonly unlogged: DockingInventory | undefined;
    }
  | { readonly kind: 'recorded' }
  | { readonly kind: 'unknown' };

/** Errors: the system's where the log cannot be read. */
export async function endCutOff(deps: CutOffDeps, open: OpenDocking): Promise<CutOff> {
  if (deps.custody.ledger.recorded.has(open.docking)) return { kind: 'recorded' };
  const entries = new CutOffEntries(open.inventory?.rows ?? []);
  await visitDocking(deps.custody, open.docking, (entry) => entries.take(entry));
  const opening = open.opening ?? openingFrom(entries.docked, deps.station, open.docking);
  if (opening === undefined) return { kind: 'unknown' };
  const told = entries.finish({
    has: (recording) => deps.spool.stateOf(recording) !== undefined,
    ofDocking: await deps.spool.ofDocking(open.docking),
  });
  const { camera_clock: clock } = opening;
  const isUnlogged = entries.docked !== undefined && !entries.isListed;
  return {
    kind: 'ended',
    unlogged: isUnlogged ? open.inventory?.inventory : undefined,
    ended: {
      ...opening,
      camera_clock: clock && { ...clock, set: clock.set ?? entries.clockSet },
      ended: 'cut-off',
      ended_at: null,
      inventory: open.inventory?.inventory ?? null,
      later: entries.later,
      entries: told,
    },
  };
}

/** Where the journal's opening is gone, the log still says when it began, in which bay and of which camera. */
function openingFrom(
  entry: ToldEntry | undefined,
  station: StationId,
  docking: DockingId,
): JournalOpening | undefined {
  const bay = entry?.facts['bay'];
  const camera = entry?.facts['camera'];
  const stay = String(entry?.facts['stay'] ?? docking);
  if (entry === undefined || typeof bay !== 'string' || typeof camera !== 'string') return undefined;
  if (!isBayId(bay) || !isCameraId(camera) || !isDockingId(stay)) return undefined;
  return {
    ...UNMEASURED,
    docking,
    station,
    bay,
    camera: { id: camera, vendor: null, model: null, serial: null, firmware: null },
    docked_at: entry.at,
    stay,
    stay_docked_at: stay === docking ? entry.at : null,
    plug: null,
    clock_synchronised: null,
  };
}
