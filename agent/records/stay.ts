// Which stay a docking belongs to (SPEC 4.6): the camera's last docking says so. Pure.
import type { BayId, CameraId } from '../../protocol/format/ids.ts';
import type { DockingOpening, DockingStay } from './ended-docking.ts';

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
