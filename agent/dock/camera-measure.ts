// What is read of a camera before it is listed, and set once everything is here: its clock and its condition, for capture times, the
// custody log and the docking record. A camera that does not tell is pulled like any other.
import type { CameraCondition, CameraSession } from '../../drivers/driver.ts';
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';
import type { DockError } from '../../protocol/format/errors.ts';
import type { DockingId } from '../../protocol/format/ids.ts';
import { instantText } from '../../protocol/format/instants.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { Custody } from '../custody/custody-log.ts';
import type { FileClock } from '../inventory/looks.ts';
import type { DockingMeasured } from '../records/ended-docking.ts';
import type { ClockLeft, ClockReading, ClockSet } from '../seal/capture-time.ts';
import { answerOrNull, readCameraClock, setCameraClock } from './camera-clock.ts';

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
