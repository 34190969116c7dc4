// Whose custody log lies in a spool. A spool goes on as the same station's only: what waits in it is sealed and named as that station's, and no
// store would take it under the topics of another one.
import { listIfThere } from '../../protocol/durable.ts';
import { DockError, isMachineShort } from '../../protocol/errors.ts';
import { isSegmentId, type StationId } from '../../protocol/ids.ts';
import type { Files } from '../../protocol/ports.ts';
import { lookPatiently } from '../look-patiently.ts';
import { readOpening } from './custody-ends.ts';
import { segmentOf } from './custody-segments.ts';

/** All segments are of one station: the first that can be read says which. */
const LOOKED_AT_MAX = 16;

/**
 * Changes nothing.
 * Errors: "spool.other-station"; the system's where the folder cannot be listed, or the machine is short of something.
 */
export async function refuseOtherStation(files: Files, folder: string, station: StationId): Promise<void> {
  const owner = await ownerOf(files, folder);
  if (owner === undefined || owner === station) return;
  const message = `${folder} is the custody log of station ${owner}, and the configuration says station ${station}: put "station: ${owner}" back, or name a spool of its own for ${station}`;
  throw new DockError('spool.other-station', message, { retry: 'person' });
}

/** Undefined where there is no log yet, or nothing of it can be read. */
async function ownerOf(files: Files, folder: string): Promise<string | undefined> {
  const ids = (await listIfThere(files, folder)).map(segmentOf).filter((id) => id !== undefined);
  for (const id of ids.filter(isSegmentId).slice(0, LOOKED_AT_MAX)) {
    try {
      const { facts } = await lookPatiently(() => readOpening(files, folder, id));
      if (typeof facts['station'] === 'string') return facts['station'];
    } catch (error) {
      if (isMachineShort(error)) throw error; // a damaged one is told of when the log is opened
    }
  }
  return undefined;
}
