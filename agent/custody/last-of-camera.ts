// Finds in the custody log what became durable last of a camera: the end of its chain of recordings, or of docking records.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bufferOf } from '../../protocol/format/bytes.ts';
import { isRecordingId, type CameraId, type RecordingId } from '../../protocol/format/ids.ts';
import { entryIn, linesNaming, type ToldEntry, type ToldSource } from './told-entries.ts';

/** So far back a search goes: some 128 MiB of log. Each segment counts as SEGMENT_ENTRIES at least, as it must be opened. */
const ENTRIES_MAX = 400_000;
const SEGMENT_ENTRIES = 100;
/** Entries parsed in one turn of the event loop: some 3 ms. */
const TURN_ENTRIES = 100;

/** A recording, or a part of a docking record, as the log names it. */
export interface LoggedEnd {
  readonly recording: RecordingId;
  /** Of its signed document. */
  readonly sha256: string;
  /** The station has had another key since. */
  readonly isOfEarlierKey: boolean;
}

/** What says that one is durable. A recording is of the docking in which it was pulled, and a docking of the camera that was docked. */
export type DurableEvent = 'spooled' | 'docking-recorded';

const TELLING: Readonly<Record<DurableEvent, readonly string[]>> = {
  spooled: marksOf('spooled', 'pulled', 'docked', 'key-changed'),
  'docking-recorded': marksOf('docking-recorded', 'docked', 'key-changed'),
};

/**
 * The last one of that camera: what its next document names. Undefined where none of the newest ENTRIES_MAX entries tells of one.
 * Errors: the system's.
 */
export async function lastOfCamera(
  source: ToldSource,
  camera: CameraId,
  event: DurableEvent,
): Promise<LoggedEnd | undefined> {
  const places = new Places();
  const newestFirst: LoggedEnd[] = [];
  let isOfEarlierKey = false;
  let looked = 0;
  let parsed = 0;
  for (const { segment, lastSequence } of source.segments().toReversed()) {
    if (looked >= ENTRIES_MAX) break;
    looked += Math.max(lastSequence, SEGMENT_ENTRIES);
    const durable: LoggedEnd[] = [];
    let changed = false; // a segment is signed by one key, and a change of it is told at its beginning
    for await (const line of linesNaming(source, segment, '"event":"')) {
      if (!TELLING[event].some((mark) => bufferOf(line).includes(mark))) continue;
      if (++parsed % TURN_ENTRIES === 0) await nextTurn();
      const told = entryIn(line);
      if (told === undefined) continue;
      changed ||= told.event === 'key-changed';
      places.take(told);
      if (told.event === event) durable.push(...endIn(told, isOfEarlierKey));
    }
    newestFirst.push(...durable.toReversed());
    // One whose docking began in an older segment may be of this camera: those behind it are not the last ones yet.
    const open = newestFirst.findIndex(({ recording }) => {
      const of = places.cameraOf(recording);
      return of === undefined || of === camera;
    });
    const next = newestFirst[open];
    if (next !== undefined && places.cameraOf(next.recording) === camera) return next;
    newestFirst.splice(0, open < 0 ? newestFirst.length : open);
    isOfEarlierKey ||= changed;
  }
  return newestFirst.find(({ recording }) => places.cameraOf(recording) === camera);
}

/** Of which camera what the log names is, as far as the entries that were taken tell. */
class Places {
  readonly #dockings = new Map<unknown, unknown>();
  readonly #cameras = new Map<unknown, unknown>();

  take({ event, facts }: ToldEntry): void {
    if (event === 'docked') this.#cameras.set(facts['docking'], facts['camera']);
    else if (event === 'pulled') this.#dockings.set(facts['recording'], facts['docking']);
    else if (event === 'docking-recorded') this.#dockings.set(facts['record'], facts['docking']);
  }

  cameraOf(recording: RecordingId): unknown {
    return this.#cameras.get(this.#dockings.get(recording));
  }
}

function endIn({ facts }: ToldEntry, isOfEarlierKey: boolean): LoggedEnd[] {
  const recording = facts['recording'] ?? facts['record'];
  const sha256 = facts['manifest_sha256'] ?? facts['sha256'];
  if (typeof recording !== 'string' || !isRecordingId(recording) || typeof sha256 !== 'string') return [];
  return [{ recording, sha256, isOfEarlierKey }];
}

function marksOf(...events: readonly string[]): string[] {
  return events.map((event) => `"event":"${event}"`);
}
