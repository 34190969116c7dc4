// The newest time that somebody outside of this machine signed (SPEC 10.5.4): the true time has come at least so far, whatever the store's own
// clock, its time server or its keeper say.
import { join } from 'node:path';
import { checkpointFault, verifyCheckpoint } from '../../../protocol/custody/custody-checkpoint.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { eventNeedle, segmentEntries } from '../../../protocol/custody/segment-file.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import { readIfThere } from '../../../protocol/format/durable.ts';
import { DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { COSIGNED } from '../../../protocol/format/file-names.ts';
import { isSegmentId, parseSegmentId, type SegmentId, type StationId } from '../../../protocol/format/ids.ts';
import { NOTE_BYTES_MAX, parseNote, verifyNote } from '../../../protocol/transparency/signed-note.ts';
import { segmentPath } from '../custody/custody-file.ts';
import { readNewest } from '../custody/custody-forks.ts';
import { currentLogFolder } from '../custody/store-log.ts';
import type { RetentionDeps } from './deps.ts';

/** Segments of one station that are looked through for its `clock-state`: it says it at each start and at each change. */
const SEGMENTS_MAX = 16;
const NEEDLES = (['segment-opened', 'clock-state', 'checkpoint'] as const).map(eventNeedle);

type TimeDeps = Pick<
  RetentionDeps,
  'files' | 'layout' | 'stations' | 'witnesses' | 'signal' | 'vaultPath' | 'vault' | 'receiver' | 'log'
>;

/** What a segment says of its station's time. */
interface SegmentTimes {
  readonly last: CustodyEntry | undefined;
  readonly isSynchronised: boolean | undefined;
  readonly before: SegmentId | undefined;
}

/**
 * In ms since 1970; undefined where neither a station nor a witness says one. `ownBoots` are those of this machine, the present and earlier ones.
 * Errors: those of a machine that is short of something; the signal's reason.
 */
export async function outsideTime(
  deps: TimeDeps,
  ownBoots: ReadonlySet<string | null>,
): Promise<number | undefined> {
  const times = await cosignedTimes(deps);
  for (const [station, keys] of deps.stations) {
    const ms = await timeOf(deps, station, keys, ownBoots).catch(saysNothing);
    if (ms !== undefined) times.push(ms);
  }
  return times.length === 0 ? undefined : Math.max(...times);
}

/** A log that the disk does not show must not keep the others. */
function saysNothing(error: unknown): undefined {
  if (systemCode(error) === undefined || isMachineShort(error)) throw error;
  return undefined;
}

/** When witnesses cosigned last what is kept of them. */
async function cosignedTimes(deps: TimeDeps): Promise<number[]> {
  if (deps.witnesses.length === 0) return [];
  const path = join(await currentLogFolder(deps), COSIGNED);
  const bytes = await readIfThere(deps.files, path, NOTE_BYTES_MAX);
  if (bytes === undefined) return [];
  try {
    const signatures = verifyNote(parseNote(parseUtf8(bytes) ?? ''), deps.witnesses);
    return signatures.flatMap(({ time }) => (time === null ? [] : [time * 1000]));
  } catch (error) {
    if (error instanceof DockError) return [];
    throw error;
  }
}

/** Of the newest checkpoint of its log, where the station knew the time then, and is another machine than this. */
async function timeOf(
  deps: TimeDeps,
  station: StationId,
  keys: readonly PublicKey[],
  ownBoots: ReadonlySet<string | null>,
): Promise<number | undefined> {
  const folder = deps.layout.custody(station);
  let segment = await readNewest(deps.files, folder);
  let last: CustodyEntry | undefined;
  for (let read = 0; segment !== undefined && read < SEGMENTS_MAX; read++) {
    const times = await timesIn(deps, segmentPath(folder, segment));
    if (read === 0) {
      last = times.last;
      if (last === undefined || last.boot === null || ownBoots.has(last.boot)) return undefined;
      if (!isSigned(last, { station, segment }, keys)) return undefined;
    }
    if (times.isSynchronised !== undefined)
      return times.isSynchronised && last !== undefined ? Date.parse(last.at) : undefined;
    segment = times.before;
  }
  return undefined;
}

/** Nothing of a segment that is not there. */
async function timesIn({ files, signal }: TimeDeps, path: string): Promise<SegmentTimes> {
  let [last, isSynchronised, before]: [CustodyEntry?, boolean?, SegmentId?] = [];
  try {
    for await (const entry of segmentEntries({ files, signal }, path, NEEDLES)) {
      const { event, facts } = entry;
      const named = String(facts['last_segment']);
      if (event === 'segment-opened' && isSegmentId(named)) before = parseSegmentId(named);
      if (event === 'clock-state') isSynchronised = facts['synchronised'] === true;
      if (event === 'checkpoint') last = entry;
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return { last, isSynchronised, before };
}

function isSigned(
  entry: CustodyEntry,
  place: { readonly station: StationId; readonly segment: SegmentId },
  keys: readonly PublicKey[],
): boolean {
  try {
    verifyCheckpoint(entry, keys);
    return checkpointFault(entry, { ...place, sha256: entry.previous }) === undefined;
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}
