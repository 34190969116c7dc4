// What the camera's previous docking at this station says about the next one: its capture times (SPEC 9.3 and 9.4), and its stay.
import type { BayId, CameraId } from '../../protocol/format/ids.ts';
import { instantMs } from '../../protocol/format/instants.ts';
import { DOCKING_ENTRIES_PER_PART } from '../../protocol/format/limits.ts';
import type { Log } from '../../protocol/format/ports.ts';
import type { DockingRecords } from './docking-records.ts';
import type { DockingOpening, DockingStay, EndedDocking } from './ended-docking.ts';
import type { NewestDocking } from './record-chain.ts';

/** Camera time minus station time, ms. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/** What is known of the camera's previous docking at this station. */
export interface PreviousDocking {
  /** Station's wall time, ms since 1970; null where nobody saw the end. */
  readonly endedAtMs: number | null;
  /** As its record says; null where the station could not tell. */
  readonly clockSynchronised: boolean | null;
  /** The offset left at its end: after setting, else as read, also where a setting was not confirmed: it may have stayed. Null where it was not read. */
  readonly offset: ClockOffset | null;
  /**
   * True for a path digest that may have stayed on the camera: listed there and not erased. True for every one where that docking
   * had no complete listing. What stayed was made before that docking, so nothing of it bounds or measures.
   */
  readonly mayHaveStayed: (pathSha256: string) => boolean;
}

/** There was one, and nothing sure is known of it. */
export const NOTHING_SURE: PreviousDocking = {
  endedAtMs: null,
  clockSynchronised: null,
  offset: null,
  mayHaveStayed: () => true,
};

/** From the record of the newest docking; null where the camera has none. Reads its entries. Never rejects. */
export async function previousFromRecord(
  records: DockingRecords,
  camera: CameraId,
  log: Log,
): Promise<PreviousDocking | null> {
  const newest = records.newest(camera);
  const [facts] = newest?.parts ?? [];
  if (newest === undefined) return null;
  if (facts === undefined) return NOTHING_SURE;
  const stayed = await stayedIn(records, newest).catch((error: unknown) => {
    log.warn('previous docking record not readable', { camera, error });
    return undefined;
  });
  return {
    endedAtMs: facts.endedAt === null ? null : instantMs(facts.endedAt),
    clockSynchronised: facts.clockSynchronised,
    offset: facts.clockLeft,
    mayHaveStayed: (path) => stayed === undefined || stayed.has(path),
  };
}

/** The same from a docking whose record is not durable yet. */
export function previousFromEnded(ended: EndedDocking): PreviousDocking {
  const left = ended.camera_clock?.set ?? ended.camera_clock;
  const listed = ended.inventory?.complete === true;
  const stayed = new Set<string>();
  for (let from = 0; from < ended.entries.length; from += DOCKING_ENTRIES_PER_PART)
    for (const entry of ended.entries.slice(from, from + DOCKING_ENTRIES_PER_PART))
      if (!entry.erased) stayed.add(entry.path_sha256);
  return {
    endedAtMs: ended.ended_at === null ? null : instantMs(ended.ended_at),
    clockSynchronised: ended.clock_synchronised,
    offset: left && { offsetMs: left.offset_ms, uncertaintyMs: left.uncertainty_ms },
    mayHaveStayed: (path) => !listed || stayed.has(path),
  };
}

/** Digests of the paths that were listed and not erased; undefined where that is not wholly known. */
async function stayedIn(
  records: DockingRecords,
  { parts }: NewestDocking,
): Promise<ReadonlySet<string> | undefined> {
  if (parts.some((part) => !part.isListed || part.parts !== parts.length)) return undefined;
  const stayed = new Set<string>();
  for (const { recording } of parts)
    for (const entry of await records.entriesOf(recording)) if (!entry.erased) stayed.add(entry.path_sha256);
  return stayed;
}

// Which stay a docking belongs to (SPEC 4.6): the camera's last docking says so. Pure.

/** Behind a docking that ended so the camera may still be in its bay. */
const GOES_ON: ReadonlySet<string> = new Set(['continued', 'stopped', 'cut-off']);

/** What is known of a docking that begins. */
export interface BeginningDocking extends Pick<DockingOpening, 'docking' | 'docked_at' | 'bay'> {
  readonly camera: CameraId;
  readonly plug: DockingStay['plug'];
  /** The camera was there when the station began to look: nobody saw it come. */
  readonly wasThere: boolean;
}

/** The camera's last docking, by this station key. */
export interface LastDocking {
  readonly bay: BayId;
  readonly ended: string;
  readonly stay: DockingStay;
}

/** The stay of the camera's last docking where it goes on, else a new one. */
export function stayOfBeginning(
  { docking, docked_at, bay, plug, wasThere }: BeginningDocking,
  last: LastDocking | undefined,
): DockingStay {
  const goesOn =
    wasThere && last?.bay === bay && GOES_ON.has(last.ended) && !isOtherPlug(last.stay.plug, plug);
  return { ...(goesOn ? last.stay : { stay: docking, stay_docked_at: docked_at }), plug };
}

function isOtherPlug(last: DockingStay['plug'], now: DockingStay['plug']): boolean {
  return last !== null && last.boot === now?.boot && last.device !== now.device;
}
