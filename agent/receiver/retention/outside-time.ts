// The time as somebody outside of this machine signed it (SPEC 10.5): a witness, a time-stamp authority, or a station of another machine.
import { join } from 'node:path';
import type { TimestampsConfig } from '../../../config/receiver-config.ts';
import { checkpointFault, verifyCheckpoint } from '../../../protocol/custody/custody-checkpoint.ts';
import type { CustodyEntry, CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { eventNeedle, segmentEntries } from '../../../protocol/custody/segment-file.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere } from '../../../protocol/format/durable.ts';
import { DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { COSIGNED, TIMESTAMPS } from '../../../protocol/format/file-names.ts';
import { isSegmentId, parseSegmentId, type SegmentId, type StationId } from '../../../protocol/format/ids.ts';
import { NOTE_BYTES_MAX, parseNote, verifyNote } from '../../../protocol/transparency/signed-note.ts';
import { stampsBy } from '../../platform/openssl.ts';
import { segmentPath } from '../custody/custody-file.ts';
import { readNewest } from '../custody/custody-forks.ts';
import { currentLogFolder } from '../custody/store-log.ts';
import type { RetentionDeps } from './deps.ts';

/** Segments of one station that are looked through for its `clock-state`: it says it at each start and at each change. */
const SEGMENTS_MAX = 16;
const NEEDLES = (['segment-opened', 'clock-state', 'checkpoint'] as const).map(eventNeedle);

export type TimeDeps = Pick<
  RetentionDeps,
  | 'files'
  | 'layout'
  | 'stations'
  | 'witnesses'
  | 'stamps'
  | 'signal'
  | 'vaultPath'
  | 'vault'
  | 'receiver'
  | 'log'
  | 'clock'
>;

/** What somebody outside said last. */
interface Said {
  readonly by: 'witness' | 'time-stamp' | 'station';
  readonly name: string;
  readonly ms: number;
  /** Of a station. */
  readonly boot: string | null;
}

/** Of the authority that the file names; null where it names none, or no certificate. */
export function stampsOf(timestamps: TimestampsConfig | null): TimeDeps['stamps'] {
  return timestamps === null || timestamps.caFile === null
    ? null
    : { host: new URL(timestamps.url).host, timeOf: stampsBy([timestamps.caFile]) };
}

/** What a segment says of its station's time. */
interface SegmentTimes {
  readonly last: CustodyEntry | undefined;
  readonly isSynchronised: boolean | undefined;
  readonly before: SegmentId | undefined;
}

/**
 * A word that agrees with the wall clock now, for the log; undefined where there is none. `ownBoots` are those of this machine.
 * Errors: those of a machine that is short of something; the signal's reason.
 */
export async function agreeingWord(
  deps: TimeDeps,
  ownBoots: ReadonlySet<string | null>,
): Promise<CustodyEvent | undefined> {
  const agrees = ({ ms }: Pick<Said, 'ms'>): boolean => Math.abs(deps.clock.wallMs() - ms) <= AGREES_MS;
  const words = [cosigned(deps), stamped(deps)].map((each) => each.catch(saysNothing));
  const said = (await Promise.all(words)).flat().find(agrees);
  if (said !== undefined) return eventOf(said);
  for (const [station, keys] of deps.stations) {
    const [word] = await wordOf(
      deps,
      station,
      keys,
      (last) => !ownBoots.has(last.boot) && agrees({ ms: Date.parse(last.at) }),
    ).catch(saysNothing);
    if (word !== undefined) return eventOf(word);
  }
  return undefined;
}

/** When a witness or a time-stamp authority said the time last, in ms since 1970; undefined where none did. Errors: as agreeingWord. */
export async function newestWordMs(deps: TimeDeps): Promise<number | undefined> {
  const words = [cosigned(deps), stamped(deps)].map((each) => each.catch(saysNothing));
  return (await Promise.all(words))
    .flat()
    .reduce<number | undefined>((newest, { ms }) => Math.max(newest ?? ms, ms), undefined);
}

function eventOf({ by, name, ms, boot }: Said): CustodyEvent {
  return { event: 'outside-time', facts: { by, name, said_at: new Date(ms).toISOString(), boot } };
}

/** What the disk does not show must not keep the others. */
function saysNothing(error: unknown): never[] {
  if (systemCode(error) === undefined || isMachineShort(error)) throw error;
  return [];
}

/** When witnesses cosigned last what is kept of them. */
async function cosigned(deps: TimeDeps): Promise<Said[]> {
  if (deps.witnesses.length === 0) return [];
  const path = join(await currentLogFolder(deps), COSIGNED);
  const bytes = await readIfThere(deps.files, path, NOTE_BYTES_MAX);
  if (bytes === undefined) return [];
  try {
    const signatures = verifyNote(parseNote(parseUtf8(bytes) ?? ''), deps.witnesses);
    return signatures.flatMap(({ key: { name }, time }) =>
      time === null ? [] : [{ by: 'witness', name, ms: time * 1000, boot: null }],
    );
  } catch (error) {
    if (error instanceof DockError) return [];
    throw error;
  }
}

/** The newest time stamp. */
async function stamped({ files, stamps, ...deps }: TimeDeps): Promise<Said[]> {
  if (stamps === null) return [];
  const folder = join(await currentLogFolder({ files, ...deps }), TIMESTAMPS);
  const sizes = (await listIfThere(files, folder)).map((name) =>
    Number(/^(\d{1,16})\.tsr$/.exec(name)?.[1] ?? -1),
  );
  const path = join(folder, String(Math.max(-1, ...sizes)));
  const note = await readIfThere(files, `${path}.checkpoint`, NOTE_BYTES_MAX);
  if (note === undefined) return [];
  const ms = await stamps.timeOf(sha256Hex(encodeUtf8(textOf(note))), `${path}.tsr`);
  return ms === undefined ? [] : [{ by: 'time-stamp', name: stamps.host, ms, boot: null }];
}

/** The text of a note without its signature lines; empty where it is none. */
function textOf(note: Uint8Array): string {
  try {
    return parseNote(parseUtf8(note) ?? '').text;
  } catch (error) {
    if (error instanceof DockError) return '';
    throw error;
  }
}

/** Of the newest checkpoint of its log, where the station knew the time then, and is another machine than this. */
async function wordOf(
  deps: TimeDeps,
  station: StationId,
  keys: readonly PublicKey[],
  counts: (checkpoint: CustodyEntry) => boolean,
): Promise<Said[]> {
  const folder = deps.layout.custody(station);
  let segment = await readNewest(deps.files, folder);
  let last: CustodyEntry | undefined;
  for (let read = 0; segment !== undefined && read < SEGMENTS_MAX; read++) {
    const times = await timesIn(deps, segmentPath(folder, segment));
    if (read === 0) {
      last = times.last;
      // Most stations are out at this: their earlier segments are not read.
      if (last === undefined || last.boot === null || !counts(last)) return [];
      if (!isSigned(last, { station, segment }, keys)) return [];
    }
    if (times.isSynchronised !== undefined)
      return times.isSynchronised && last !== undefined
        ? [{ by: 'station', name: station, ms: Date.parse(last.at), boot: last.boot }]
        : [];
    segment = times.before;
  }
  return [];
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

// Whether the store's wall clock may decide what goes: only where somebody outside of this machine agrees with it (SPEC 10.5). Pure.

const HOUR_MS = 3_600_000;
/** A word from outside counts so long, by the monotonic clock. */
export const WORD_MS = 24 * HOUR_MS;
/** The clock may be so far from what somebody outside said. */
export const AGREES_MS = 10 * 60_000;

/** What somebody outside said in this boot, in ms since 1970, and when, by the monotonic clock. */
export interface WordOutside {
  readonly saidMs: number;
  readonly monotonicMs: number;
}

/**
 * Why the wall clock may not decide. `alone`: nobody outside said the time, in this boot and within a day; `byMs` is 0. `apart`: it is so far from
 * what somebody outside said. `not-known`: no station knows this receiver yet.
 */
export interface ClockDoubt {
  readonly kind: 'alone' | 'apart' | 'not-known';
  readonly byMs: number;
}

/** Null where the clock may decide. */
export function doubtOf(
  word: WordOutside | undefined,
  wallMs: number,
  monotonicMs: number,
): ClockDoubt | null {
  const passedMs = monotonicMs - (word?.monotonicMs ?? 0);
  if (word === undefined || passedMs < 0 || passedMs > WORD_MS) return { kind: 'alone', byMs: 0 };
  const byMs = Math.abs(wallMs - word.saidMs - passedMs);
  return byMs > AGREES_MS ? { kind: 'apart', byMs } : null;
}
/** In words, for a person who has to look. */
export function describeDoubt({ kind, byMs }: ClockDoubt): string {
  if (kind === 'not-known') return 'this receiver has given no receipt yet, so no station knows it';
  if (kind === 'alone')
    return 'nobody outside of this machine has said the same time since it was started and within the last day';
  const hours = Math.round(byMs / HOUR_MS);
  const days = Math.round(hours / 24);
  const much =
    hours < 2 ? `${Math.round(byMs / 60_000)} minutes` : hours < 48 ? `${hours} hours` : `${days} days`;
  return `the store's clock is ${much} away from what was said outside of this machine`;
}
