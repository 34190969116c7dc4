// Whether the dockings of one stay are of one camera in one bay and follow each other in its chain (SPEC 4.6). Pure.
import { DOCKING } from '../../../protocol/format/file-names.ts';
import type { DockingGroup, ProvenPart } from './docking-groups.ts';
import { below, finding, type Remark } from './remark.ts';

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
