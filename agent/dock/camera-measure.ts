// What is read of a camera before it is listed, and set once everything is here: its clock and its condition, for capture times, the
// custody log and the docking record. A camera that does not tell is pulled like any other.
import type { CameraCondition, CameraSession, CameraTime } from '../../drivers/driver.ts';
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { DockingId } from '../../protocol/format/ids.ts';
import { instantText, isInstantMs } from '../../protocol/format/instants.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { withEither } from '../../protocol/format/with-either.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { FileClock } from '../inventory/looks.ts';
import type { DockingMeasured } from '../records/ended-docking.ts';
import type { ClockLeft, ClockReading, ClockSet } from '../seal/capture-time.ts';

export interface CameraMeasureDeps {
  readonly docking: DockingId;
  readonly session: CameraSession;
  readonly clock: Clock;
  readonly clockSynchronised: () => boolean | null;
  /** The instant as the station's local time taken as UTC, both in ms since 1970. */
  readonly localMs: (utcMs: number) => number;
  /** Station's wall time minus its monotonic time when the agent began, ms: a file that was written before a step forward is no older for it. */
  readonly startAheadMs: number;
  readonly custody: Custody;
  readonly log: Log;
}

/** Clock and condition of one camera in one docking. */
export class CameraMeasure {
  readonly #deps: CameraMeasureDeps;
  #reading: ClockReading | null = null;
  /** Undefined before anybody tried. */
  #set: ClockSet | undefined;
  #condition: CameraCondition | null = null;
  /** Station's wall time minus its monotonic time when the camera's clock was read, ms. */
  #wallAheadMs = 0;
  #wasSet = false;
  /** What the station knew of its own clock when it last decided whether to set the camera's. */
  #decidedWith: boolean | null | undefined;

  constructor(deps: CameraMeasureDeps) {
    this.#deps = deps;
  }

  /** The camera's clock before it was set. */
  get reading(): ClockReading | null {
    return this.#reading;
  }

  /** What came of setting it; undefined before. While it is being set, nobody knows. */
  get clockSet(): ClockSet | undefined {
    return this.#set;
  }

  /**
   * The clock by which the camera's files get their times, as it shows now: the camera's as it was read, the station's where they lie in a
   * folder of this machine, as if nobody had set it forward; of all the one that shows less. Undefined where there is none, or once the camera's was set.
   */
  fileClock(): FileClock | undefined {
    const { session, clock } = this.#deps;
    const unsteppedMs = clock.monotonicMs() + this.#deps.startAheadMs;
    const stationMs = session.hasStationTimes === true ? Math.min(clock.wallMs(), unsteppedMs) : Infinity;
    const known = this.#wasSet ? null : this.#reading;
    const cameraMs = known === null ? Infinity : clock.monotonicMs() + this.#wallAheadMs + known.offsetMs;
    const nowMs = Math.min(stationMs, cameraMs);
    if (nowMs === Infinity) return undefined;
    const { uncertaintyMs = 0, zoneMinutes = null } = known ?? {};
    return { nowMs, uncertaintyMs, zoneMinutes, isSure: true };
  }

  /** What the record says. */
  get document(): DockingMeasured {
    return {
      camera_clock: this.#reading && clockDocument(this.#reading, this.#set?.left ?? null),
      condition: this.#condition && conditionDocument(this.#condition),
    };
  }

  /** Reads both. What fails is null and logged. Errors: "driver.detached"; the signal's reason. */
  async read(signal: AbortSignal): Promise<void> {
    const { session, clock } = this.#deps;
    const failed = (what: string) => (error: DockError) => this.#failed(what, error);
    this.#reading = await readCameraClock(session, clock, signal, failed('clock'));
    this.#wallAheadMs = clock.wallMs() - clock.monotonicMs();
    this.#enter('camera-clock', this.#reading);
    const ask = (ending: AbortSignal): Promise<CameraCondition | null> => session.condition(ending);
    this.#condition = await answerOrNull("the camera's condition", clock, signal, ask, failed('condition'));
  }

  /**
   * Sets the clock where SPEC 9.2 says so. The caller's word is that every entry is durable. Decided once, and again when the station
   * learns something of its own clock. Errors: "driver.detached"; the signal's reason.
   */
  async setClock(signal: AbortSignal): Promise<void> {
    const { session, clock, clockSynchronised } = this.#deps;
    const known = clockSynchronised();
    const before = this.#set;
    if (this.#reading === null || (before?.left ?? null) !== null || this.#decidedWith === known) return;
    this.#decidedWith = known;
    this.#wasSet ||= known === true;
    this.#set = { fromMs: before?.fromMs ?? clock.wallMs(), left: null };
    const set = await setCameraClock(session, this.#reading, this.#deps, signal);
    this.#set = { fromMs: before?.fromMs ?? set.fromMs, left: set.left };
    this.#enter('camera-clock-set', set.left);
  }

  #failed(what: string, error: DockError): void {
    const { log, docking } = this.#deps;
    log.warn('camera identity not readable', { docking, what, error });
  }

  #enter(event: 'camera-clock' | 'camera-clock-set', measured: ClockReading | ClockLeft | null): void {
    if (measured === null) return;
    const { docking, custody } = this.#deps;
    const facts = { docking, offset_ms: measured.offsetMs, uncertainty_ms: measured.uncertaintyMs };
    custody.append({ event, facts });
  }
}

function clockDocument(reading: ClockReading, left: ClockLeft | null): DockingRecord['camera_clock'] {
  return {
    read_at: instantText(reading.readAtMs),
    claimed_at: instantText(reading.claimedAtMs),
    offset_ms: reading.offsetMs,
    uncertainty_ms: reading.uncertaintyMs,
    zone_minutes: reading.zoneMinutes,
    set: left && {
      at: instantText(left.atMs),
      offset_ms: left.offsetMs,
      uncertainty_ms: left.uncertaintyMs,
    },
  };
}

/** Numbers come from an untrusted device: what a record cannot hold was not told. */
function conditionDocument(told: CameraCondition): DockingRecord['condition'] {
  const percent = within(told.batteryPercent, 0);
  return {
    battery_percent: percent !== null && percent > 100 ? null : percent,
    battery_mv: within(told.batteryMv),
    battery_cycles: within(told.batteryCycles),
    charging: told.charging,
    temperature_c: within(told.temperatureC),
    storage_total_bytes: within(told.storageTotalBytes, 0),
    storage_free_bytes: within(told.storageFreeBytes, 0),
    power_ons: within(told.powerOns),
  };
}

function within(value: number | null, least = Number.MIN_SAFE_INTEGER): number | null {
  return value !== null && Number.isSafeInteger(value) && value >= least ? value : null;
}

// Reads a camera's clock between two readings of the station's, and sets it (SPEC 9.1 and 9.2). When it may be set is the caller's
// rule: never before every entry of the docking is durable in the spool.
//
// Nobody waits for the camera's next tick, which would tighten the reading to its round trip: it takes up to a second of polling in
// every docking, while the times of its files are no finer than that, and what is computed from them counts in days.

/** What is asked, for messages. */
const CLOCK = "the camera's clock";
/** What wall and monotonic clock may differ by over one reading: truncation to 1 ms, and a process that had to wait between the two. */
const STEP_MS_MIN = 50;
/** A reading over which the two clocks parted says nothing; the next one does, as the step is behind it. */
const READINGS_MAX = 3;
/** A camera that is off by less is left as it is. */
const OFFSET_MS_MIN = 1000;
const RESOLUTION_MS_MAX = 86_400_000;
const ZONE_MINUTES_MAX = 1440;

interface SetClockDeps {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs' | 'after'>;
  /** Whether the station's own clock is synchronised; null where it cannot tell. */
  readonly clockSynchronised: () => boolean | null;
  /** The instant as the station's local time taken as UTC, both in ms since 1970. */
  readonly localMs: (utcMs: number) => number;
}

/**
 * Reads the camera's clock. Null where the camera does not tell a time, fails to in time, or tells nonsense, and where the station's
 * own clock was stepped in each of three readings. `onFailed` hears where the camera failed to answer.
 * Errors: "driver.detached"; the signal's reason.
 */
export async function readCameraClock(
  session: Pick<CameraSession, 'readClock'>,
  clock: Pick<Clock, 'wallMs' | 'monotonicMs' | 'after'>,
  signal: AbortSignal,
  onFailed?: (error: DockError) => void,
): Promise<ClockReading | null> {
  for (let readings = 0; readings < READINGS_MAX; readings += 1) {
    const before = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
    const told = await answerOrNull(CLOCK, clock, signal, (ending) => session.readClock(ending), onFailed);
    const roundMs = clock.monotonicMs() - before.monotonicMs;
    const wallRoundMs = clock.wallMs() - before.wallMs;
    if (told === null || !isSane(told)) return null;
    if (Math.abs(wallRoundMs - roundMs) > STEP_MS_MIN) continue;
    const readAtMs = Math.round(before.wallMs + wallRoundMs / 2);
    const claimedAtMs = Math.round(told.claimedMs);
    return {
      readAtMs,
      claimedAtMs,
      offsetMs: claimedAtMs - readAtMs,
      uncertaintyMs: Math.ceil(Math.max(roundMs, wallRoundMs) / 2 + told.resolutionMs),
      zoneMinutes: told.zoneMinutes,
    };
  }
  return null;
}

/**
 * Sets the camera's clock where that is called for, and reads it again. Nothing is left where it was right enough, where the station's own clock
 * is not known to be, where the camera did not take it, and where the reading afterwards failed.
 * Errors: "driver.detached"; the signal's reason.
 */
export async function setCameraClock(
  session: Pick<CameraSession, 'readClock' | 'setClock'>,
  reading: ClockReading,
  deps: SetClockDeps,
  signal: AbortSignal,
): Promise<ClockSet> {
  if (deps.clockSynchronised() !== true || !isOff(reading, deps)) return UNTOUCHED;
  const fromMs = deps.clock.wallMs();
  const setting = await answerOrNull(CLOCK, deps.clock, signal, (ending) => {
    const utcMs = deps.clock.wallMs();
    return session.setClock({ utcMs, localMs: deps.localMs(utcMs) }, ending);
  });
  if (setting === 'refused' || setting === 'not-supported') return UNTOUCHED;
  const read = setting === 'set' ? await readCameraClock(session, deps.clock, signal) : null;
  const left = read && { atMs: read.readAtMs, offsetMs: read.offsetMs, uncertaintyMs: read.uncertaintyMs };
  return { fromMs, left };
}

const UNTOUCHED: ClockSet = { fromMs: null, left: null };

/**
 * Whether the clock shows something else than it would be set to: a camera without a zone is right where it shows local time. One that
 * cuts what it is given, and again what it shows, is up to two steps behind as soon as it is set: less is no reason to set it anew.
 */
function isOff(
  { readAtMs, offsetMs, uncertaintyMs, zoneMinutes }: ClockReading,
  deps: SetClockDeps,
): boolean {
  const meantMs = zoneMinutes === null ? deps.localMs(readAtMs) - readAtMs : 0;
  return Math.abs(offsetMs - meantMs) > Math.max(2 * uncertaintyMs, OFFSET_MS_MIN);
}

/** A time that a document can write, a zone of this planet, a step of at most a day. */
function isSane({ claimedMs, zoneMinutes, resolutionMs }: CameraTime): boolean {
  if (!isInstantMs(claimedMs) || !(resolutionMs >= 0 && resolutionMs <= RESOLUTION_MS_MAX)) return false;
  return zoneMinutes === null || (Number.isInteger(zoneMinutes) && Math.abs(zoneMinutes) <= ZONE_MINUTES_MAX);
}

// A question that a camera need not answer: in time, or it counts as not told.

/** A camera that has not answered by then is left alone. */
const CALL_MS_MAX = 10_000;

/**
 * What the call gives; null where the camera fails at it. A camera that does not tell is pulled like any other.
 * Shape: `what` names the thing for messages; `onFailed` hears of the failure.
 * Errors: "driver.detached"; the signal's reason; what is no DockError.
 */
async function answerOrNull<T>(
  what: string,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  call: (ending: AbortSignal) => Promise<T>,
  onFailed: (error: DockError) => void = () => undefined,
): Promise<T | null> {
  const late = new AbortController();
  const timedOut = new DockError('driver.timeout', `${what} took longer than ${CALL_MS_MAX} ms`, {
    retry: 'later',
    facts: { timeout_ms: CALL_MS_MAX },
  });
  const cancel = clock.after(CALL_MS_MAX, () => late.abort(timedOut));
  try {
    return await withEither(signal, late.signal, call);
  } catch (error) {
    if (signal.aborted || !isDockError(error) || error.code === 'driver.detached') throw error;
    onFailed(error);
    return null;
  } finally {
    cancel();
  }
}
