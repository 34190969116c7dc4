// Finds in the custody log which recording of a camera was spooled last.
import { bufferOf } from '../../protocol/bytes.ts';
import { isRecordingId, type CameraId, type RecordingId } from '../../protocol/ids.ts';
import { entryIn, linesNaming, SILENT_MAX, type ToldSource } from '../custody/told-entries.ts';

/** A recording as the log names it. */
export interface LoggedManifest {
  readonly recording: RecordingId;
  readonly sha256: string;
  /** The station has had another key since. */
  readonly isOfEarlierKey: boolean;
}

const EVENT = '"event":"';
/** A recording is spooled; it was pulled in a docking, which was one of a camera. */
const TELLING = ['docked', 'pulled', 'spooled', 'key-changed'].map((event) => `${EVENT}${event}"`);

/**
 * The last recording of that camera that was spooled: what its next manifest names. Undefined where none of the newest SILENT_MAX segments tells
 * of one. Errors: the system's.
 */
export async function lastSpooled(source: ToldSource, camera: CameraId): Promise<LoggedManifest | undefined> {
  const cameras = new Map<unknown, unknown>();
  const dockings = new Map<unknown, unknown>();
  const isKnown = ({ recording }: LoggedManifest): boolean => cameras.has(dockings.get(recording));
  const isOfCamera = ({ recording }: LoggedManifest): boolean =>
    cameras.get(dockings.get(recording)) === camera;
  let newestFirst: LoggedManifest[] = [];
  let isOfEarlierKey = false;
  for (const { segment } of source.segments().toReversed().slice(0, SILENT_MAX)) {
    const spooled: LoggedManifest[] = [];
    let changed = false; // a segment is of one key, which is told at its beginning
    for await (const line of linesNaming(source, segment, EVENT)) {
      if (!TELLING.some((event) => bufferOf(line).includes(event))) continue;
      const { event, facts = {} } = entryIn(line) ?? {};
      const { recording, manifest_sha256: sha256 } = facts;
      if (event === 'docked') cameras.set(facts['docking'], facts['camera']);
      else if (event === 'pulled') dockings.set(recording, facts['docking']);
      else if (event === 'key-changed') changed = true;
      else if (typeof recording === 'string' && isRecordingId(recording) && typeof sha256 === 'string')
        spooled.push({ recording, sha256, isOfEarlierKey });
    }
    newestFirst.push(...spooled.toReversed());
    // One whose docking began in an older segment may be of this camera: those behind it are not the last ones yet.
    const unknown = newestFirst.findIndex((each) => !isKnown(each));
    const known = unknown < 0 ? newestFirst : newestFirst.slice(0, unknown);
    const found = known.find(isOfCamera);
    if (found !== undefined) return found;
    newestFirst = newestFirst.slice(known.length);
    isOfEarlierKey ||= changed;
  }
  return newestFirst.find(isOfCamera);
}
