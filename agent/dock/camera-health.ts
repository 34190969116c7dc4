// What is known of cameras beyond one docking: clocks that are wrong, batteries that get weak, cameras that stay away, and files that
// vanished. Conditions have the camera's alias as their subject and outlive the docking.
import type { CustodyEvent, CustodyEventName } from '../../protocol/custody/custody-entry.ts';
import { type CameraId, isCameraId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions } from '../../protocol/format/ports.ts';
import type { Vanished } from '../inventory/looks.ts';
import type { DockingMeasured } from '../records/ended-docking.ts';
import type { VanishedMemory } from './vanished-memory.ts';

/** A camera that is off by more was set wrong or lost its time; a quartz loses that much in half a year. */
const CLOCK_OFF_MS = 300_000;
const DAY_MS = 86_400_000;
/** More cameras than any station may know (config/station-schema.ts) and some unregistered ones. */
const CAMERAS_MAX = 1024;

/** Entries of the custody log that say whether a camera is in use (SPEC 4.13.7). */
const USE_EVENTS: readonly CustodyEventName[] = ['camera-retired', 'docked'];

export interface CameraHealthDeps {
  /** Days after which a camera that was not docked here is looked for; 0: never. */
  readonly missingDays: number;
  readonly conditions: Conditions;
  /** What people call it; never a serial number. */
  readonly alias: (camera: CameraId) => string;
  /** The instant as the station's local time taken as UTC, both in ms since 1970. */
  readonly localMs: (utcMs: number) => number;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Whether the station's own clock is synchronised; null where it cannot tell. */
  readonly clockSynchronised: () => boolean | null;
}

interface Known {
  readonly battery: BatteryTrend;
  isDocked: boolean;
}

/** All cameras of one station. */
export class CameraHealth {
  readonly #deps: CameraHealthDeps;
  readonly #known = new Map<CameraId, Known>();
  /** Cameras that a person took out of use, and that were not docked again. */
  readonly #retired = new Set<string>();
  /** When each camera was last docked, in ms since 1970: kept, since to ask the records is to look at all of them. */
  readonly #lastSeen = new Map<CameraId, number>();
  #memory: Pick<VanishedMemory, 'keep'> | undefined;

  constructor(deps: CameraHealthDeps) {
    this.#deps = deps;
  }

  /** What earlier runs of the agent left; what changes from now on is kept there. */
  remember(memory: Pick<VanishedMemory, 'all' | 'keep'>): void {
    this.#memory = memory;
    for (const [camera, vanished] of memory.all) this.#tellVanished(camera, vanished);
  }

  /** A camera came, or `stays` and is listed anew, and was measured: what it charged meanwhile says nothing of its battery. */
  docked(camera: CameraId, measured: DockingMeasured, stays = false): void {
    const known = this.#of(camera);
    if (known === undefined) return;
    known.isDocked = true;
    this.#clear('camera.missing', camera);
    this.#judgeClock(camera, measured.camera_clock);
    if (!stays) this.#judgeBattery(camera, known.battery, measured.condition);
  }

  /** The camera left. `isWhole`: every file that it ever showed is here, so that an older loss is not repeated. */
  undocked(camera: CameraId, isWhole: boolean, vanished: Vanished): void {
    const known = this.#of(camera);
    if (known !== undefined) known.isDocked = false;
    this.seen([[camera, this.#deps.clock.wallMs()]]);
    if (!isWhole || vanished.entries > 0) return;
    this.#clear('camera.vanished', camera);
    this.#memory?.keep(camera, undefined);
  }

  /** Files vanished: so many in this docking up to now. */
  vanished(camera: CameraId, vanished: Vanished): void {
    this.#tellVanished(camera, vanished);
    this.#memory?.keep(camera, vanished);
  }

  #tellVanished(camera: CameraId, { entries, entriesHere }: Vanished): void {
    const facts = { entries, entries_here: entriesHere };
    this.#deps.conditions.raise('camera.vanished', this.#deps.alias(camera), facts);
  }

  /** Cameras that the log of earlier runs calls out of use. */
  takeOver(retired: Iterable<CameraId>): void {
    for (const camera of retired) this.#use('camera-retired', camera);
  }

  /** An entry of this run. Never throws. */
  entered({ event, facts }: Pick<CustodyEvent, 'event' | 'facts'>): void {
    const { camera } = facts;
    if (typeof camera !== 'string' || !USE_EVENTS.includes(event)) return;
    this.#use(event, camera);
  }

  #use(event: CustodyEventName, camera: string): void {
    if (event === 'docked') this.#retired.delete(camera);
    if (event !== 'camera-retired' || this.#retired.size >= CAMERAS_MAX) return;
    this.#retired.add(camera);
    if (isCameraId(camera)) this.#clear('camera.missing', camera);
  }

  /** Ends of dockings in ms since 1970; an earlier one than is known changes nothing. */
  seen(last: Iterable<readonly [CameraId, number]>): void {
    for (const [camera, atMs] of last) {
      const known = this.#lastSeen.get(camera);
      if (known === undefined ? this.#lastSeen.size < CAMERAS_MAX : atMs > known)
        this.#lastSeen.set(camera, atMs);
    }
  }

  /** The newest of these, of every camera of which one is known. */
  get lastSeen(): ReadonlyMap<CameraId, number> {
    return this.#lastSeen;
  }

  /** Whether it was taken out of use, and not docked since. */
  isRetired(camera: CameraId): boolean {
    return this.#retired.has(camera);
  }

  /** Looks which cameras stay away. `last` gives the newest docking's end in ms since 1970, of those that were ever docked here. */
  lookForMissing(nowMs: number, last: Iterable<readonly [CameraId, number]>): void {
    const { missingDays } = this.#deps;
    for (const [camera, endedAtMs] of last) {
      const days = Math.floor((nowMs - endedAtMs) / DAY_MS);
      const isAwaited = this.#known.get(camera)?.isDocked !== true && !this.#retired.has(camera);
      if (missingDays > 0 && days >= missingDays && isAwaited)
        this.#deps.conditions.raise('camera.missing', this.#deps.alias(camera), { days });
      else this.#clear('camera.missing', camera);
    }
  }

  #judgeClock(camera: CameraId, clock: DockingMeasured['camera_clock']): void {
    if (clock === null || this.#deps.clockSynchronised() === false) return;
    const readAtMs = Date.parse(clock.read_at);
    const meantMs = clock.zone_minutes === null ? this.#deps.localMs(readAtMs) - readAtMs : 0;
    const offMs = clock.offset_ms - meantMs;
    if (Math.abs(offMs) <= CLOCK_OFF_MS + clock.uncertainty_ms) this.#clear('camera.clock-wrong', camera);
    else {
      const facts = { offset_s: Math.round(offMs / 1000) };
      this.#deps.conditions.raise('camera.clock-wrong', this.#deps.alias(camera), facts);
    }
  }

  #judgeBattery(camera: CameraId, trend: BatteryTrend, told: DockingMeasured['condition']): void {
    const percent = told?.battery_percent ?? null;
    if (percent === null) return;
    trend.add(percent);
    if (!trend.isWeak) return this.#clear('camera.battery-weak', camera);
    const facts = {
      battery_percent: percent,
      battery_cycles: told?.battery_cycles ?? null,
      trend_percent_per_docking: trend.percentPerDocking,
    };
    this.#deps.conditions.raise('camera.battery-weak', this.#deps.alias(camera), facts);
  }

  #of(camera: CameraId): Known | undefined {
    const known = this.#known.get(camera);
    if (known !== undefined || this.#known.size >= CAMERAS_MAX) return known;
    const fresh = { battery: new BatteryTrend(), isDocked: false };
    this.#known.set(camera, fresh);
    return fresh;
  }

  #clear(code: string, camera: CameraId): void {
    this.#deps.conditions.clear(code, this.#deps.alias(camera));
  }
}

// How full a camera's battery is when it comes back, docking after docking. Pure.
//
// One low reading is a long shift. A battery that wears out comes back emptier each time: the slope over the last dockings tells.

/** Readings that are kept: some weeks of shifts. */
const READINGS_MAX = 20;
/** Over fewer a slope is chance. */
const READINGS_MIN = 5;
/** So empty it may fail in the next shift whatever the slope says. */
const EMPTY_PERCENT = 5;
/** A battery below this ... */
const LOW_PERCENT = 40;
/** ... that loses as much or more from docking to docking is weak. */
const SLOPE_PERCENT = -1;

/** Readings of one camera in this run, the oldest first. */
export class BatteryTrend {
  readonly #percents: number[] = [];

  /** A reading at the begin of a docking, 0 to 100. */
  add(percent: number): void {
    this.#percents.push(percent);
    if (this.#percents.length > READINGS_MAX) this.#percents.shift();
  }

  /** Change from docking to docking by least squares, in percent with one decimal; null where there are too few readings. */
  get percentPerDocking(): number | null {
    const count = this.#percents.length;
    if (count < READINGS_MIN) return null;
    const middle = (count - 1) / 2;
    const mean = this.#percents.reduce((sum, percent) => sum + percent, 0) / count;
    let above = 0;
    let below = 0;
    for (const [at, percent] of this.#percents.entries()) {
      above += (at - middle) * (percent - mean);
      below += (at - middle) ** 2;
    }
    return Math.round((above / below) * 10) / 10;
  }

  /** The newest reading speaks of a battery that should not go out again as it is. */
  get isWeak(): boolean {
    const newest = this.#percents.at(-1);
    if (newest === undefined) return false;
    if (newest <= EMPTY_PERCENT) return true;
    const slope = this.percentPerDocking;
    return slope !== null && slope <= SLOPE_PERCENT && newest < LOW_PERCENT;
  }
}
