// What is known of each day of a report (SPEC 4.13.7): judged over all cameras in use, from dockings before, in and after the period.
// Pure. Days are texts as in 2026-11-25 and compare as texts. Memory: one small object a docking.
//
// Invariants:
// 1. A day is proven only where every camera in use on it has a listing that counts and that was taken on a later day.
// 2. What speaks against a day is marked once, with the span of days for which nobody can exclude it; a mark is never taken back.
import { daysOf, type Calendar, type Period } from './calendar.ts';

/** States of a day, the strongest word last: each gives way to those after it. */
export const DAY_STATES = [
  'no_camera_in_use',
  'proven_without_recording',
  'open',
  'undecided',
  'with_recording',
] as const;
export type DayState = (typeof DAY_STATES)[number];

/** One day of a report. */
export interface JudgedDay {
  readonly day: string;
  readonly state: DayState;
  /** Cameras that an open day waits for, by name; else empty. */
  readonly awaited: readonly string[];
}

/** A docking as far as days need it. Instants are RFC 3339. */
export interface DayDocking {
  readonly station: string;
  readonly camera: string;
  /** Null where the camera, or a record that a cut left, does not tell. */
  readonly serial: string | null;
  readonly dockedAt: string;
  /** Undefined where nobody saw the end. */
  readonly endedAt: string | undefined;
  /** Of a listing that counts. */
  readonly listedAt: string | undefined;
  /** What it leaves of the days from the listing before to its end: a file left behind, a record that is not here. */
  readonly leaves: 'open' | 'undecided' | undefined;
  /** Where the station did not know the time: what is known of when it was. */
  readonly unplaced?: Unplaced;
}

/** A docking by a station that did not know the time. */
export interface Unplaced {
  /** Listing that counts, of the docking before in the chain of the camera's records; undefined where none is known. */
  readonly after: string | undefined;
  /** An instant from before it, where only the station's log tells of it. */
  readonly notBefore: string | undefined;
  /** The store's receipt, or an entry of the log from after its end; or undefined. */
  readonly before: string | undefined;
}

/** A recording, or what may be one, of which no measured clock tells when it was made. */
export interface UndatedFile {
  /** Its docking; undefined where no record of it is here. */
  readonly docking: DayDocking | undefined;
  readonly station: string;
  readonly camera: string;
  readonly serial: string | null;
  readonly told: 'with_recording' | 'undecided';
  /** When the listing that showed it was over: no file is younger. */
  readonly shownAt: string;
}

/** A camera that a report waits for. */
export interface AwaitedCamera {
  readonly camera: string;
  /** Its last listing that counts, or null. */
  readonly last_listed_at: string | null;
  readonly open_days: number;
}

/** What was judged. */
export interface JudgedDays {
  readonly days: readonly JudgedDay[];
  readonly awaited: readonly AwaitedCamera[];
}

/** One physical camera: what it did, each list ascending once the judge is asked. */
interface Camera {
  readonly station: string;
  readonly id: string;
  readonly dockings: DayDocking[];
  readonly listings: string[];
  readonly retired: string[];
}

const NEVER_BEFORE = '';
const FOR_EVER = '9999-12-31';

/** Takes everything in any order, then judges once. */
export class DayJudge {
  readonly #period: Period;
  readonly #calendar: Calendar;
  readonly #marks = new Map<string, DayState>();
  readonly #unknown = new Set<string>();
  readonly #awaited = new Map<string, Set<Camera>>();
  readonly #dockings: DayDocking[] = [];
  readonly #files: UndatedFile[] = [];
  readonly #retired: { readonly station: string; readonly camera: string; readonly at: string }[] = [];
  /** Cameras by serial and id; those that never told a serial by station and id. */
  readonly #cameras = new Map<string, Camera>();
  /** Serials of an id at a station, each with the first docking that told it. */
  readonly #serials = new Map<string, { readonly serial: string; readonly at: string }[]>();

  constructor(period: Period, calendar: Calendar) {
    this.#period = period;
    this.#calendar = calendar;
  }

  docking(docking: DayDocking): void {
    this.#dockings.push(docking);
  }

  undated(file: UndatedFile): void {
    this.#files.push(file);
  }

  retired(station: string, camera: string, at: string): void {
    this.#retired.push({ station, camera, at });
  }

  /** Something that was made, or may have been made, between two instants, both included. */
  mark(from: string, to: string, state: 'with_recording' | 'undecided'): void {
    const [first, last] = [this.#calendar.dayOf(from), this.#calendar.dayOf(to)];
    this.#mark(first, last, first === last ? state : 'undecided');
  }

  /** Nobody knows what was in use between two instants, both included; undefined is no bound. */
  unknown(from: string | undefined, to: string | undefined): void {
    for (const day of this.#mark(this.#firstDay(from), this.#lastDay(to), 'undecided'))
      this.#unknown.add(day);
  }

  judge(): JudgedDays {
    this.#placeCameras();
    for (const docking of this.#dockings) this.#judgeDocking(docking);
    for (const file of this.#files) this.#judgeFile(file);
    const uses = [...this.#cameras.values()].map((camera) => this.#useOf(camera));
    const days = daysOf(this.#period).map((day) => this.#judgeDay(day, uses));
    return { days, awaited: this.#awaitedIn(days) };
  }

  #judgeDay(day: string, uses: readonly Use[]): JudgedDay {
    const inUse = uses.filter(({ spans }) => spans.some(({ from, to }) => from <= day && day <= to));
    const waits = new Set(this.#awaited.get(day));
    for (const { camera, lastListed } of inUse) if (lastListed <= day) waits.add(camera);
    const mark = this.#marks.get(day);
    const isTold = mark === 'with_recording' || this.#unknown.has(day);
    if (inUse.length === 0)
      return { day, state: (isTold ? mark : undefined) ?? 'no_camera_in_use', awaited: [] };
    const state = stronger(waits.size > 0 ? 'open' : 'proven_without_recording', mark);
    // Several cameras of a station may have one name, each with a serial number of its own.
    const names = new Set([...waits].map((camera) => this.#nameOf(camera)));
    return { day, state, awaited: state === 'open' ? [...names].sort() : [] };
  }

  #useOf(camera: Camera): Use {
    const { dockings, retired, listings } = camera;
    const spans: { from: string; to: string }[] = [];
    for (const { dockedAt, unplaced } of dockings) {
      const begunAt = unplaced?.before ?? dockedAt;
      const end = retired.find((at) => at >= begunAt);
      spans.push({
        from: this.#calendar.dayOf(begunAt),
        to: end === undefined ? FOR_EVER : this.#calendar.dayOf(end),
      });
    }
    const last = listings.at(-1);
    return {
      camera,
      spans: joined(spans.sort((a, b) => compare(a.from, b.from))),
      lastListed: last ? this.#calendar.dayOf(last) : NEVER_BEFORE,
    };
  }

  /** Who is which camera: serials first, since a docking that tells none counts for one that told its own. */
  #placeCameras(): void {
    this.#dockings.sort((a, b) => compare(a.dockedAt, b.dockedAt));
    for (const { station, camera, serial, dockedAt } of this.#dockings) {
      if (serial === null) continue;
      const known = this.#serials.get(`${station}/${camera}`) ?? [];
      if (known.at(-1)?.serial !== serial) known.push({ serial, at: dockedAt });
      this.#serials.set(`${station}/${camera}`, known);
    }
    for (const docking of this.#dockings) {
      const camera = this.#cameraOf(docking, docking.dockedAt);
      camera.dockings.push(docking);
      if (docking.listedAt !== undefined) camera.listings.push(docking.listedAt);
    }
    for (const { station, camera, at } of this.#retired)
      for (const each of this.#cameras.values())
        if (each.dockings.some((one) => one.station === station && one.camera === camera))
          each.retired.push(at);
    for (const { listings, retired } of this.#cameras.values()) {
      listings.sort(compare);
      retired.sort(compare);
    }
  }

  #cameraOf(
    { station, camera, serial }: Pick<DayDocking, 'station' | 'camera' | 'serial'>,
    at: string,
  ): Camera {
    const known = this.#serials.get(`${station}/${camera}`) ?? [];
    const told = serial ?? (known.findLast((each) => each.at <= at) ?? known[0])?.serial;
    const key = told === undefined ? `station ${station} ${camera}` : `serial ${camera} ${told}`;
    const found = this.#cameras.get(key) ?? {
      station,
      id: camera,
      dockings: [],
      listings: [],
      retired: [],
    };
    this.#cameras.set(key, found);
    return found;
  }

  #judgeDocking(docking: DayDocking): void {
    const { endedAt, unplaced } = docking;
    // When its camera came into use, nobody knows.
    const isUnplacedFirst = unplaced !== undefined && unplaced.after === undefined;
    const leaves = docking.leaves ?? (isUnplacedFirst ? 'undecided' : undefined);
    if (leaves === undefined) return;
    const camera = this.#cameraOf(docking, docking.dockedAt);
    const next = camera.dockings.find(({ dockedAt }) => dockedAt > docking.dockedAt)?.dockedAt;
    const to = unplaced === undefined ? (endedAt ?? next) : unplaced.before;
    const from =
      isUnplacedFirst && docking.leaves === undefined
        ? earlier(docking)
        : this.#listedBefore(camera, docking);
    this.#speak(camera, from, to, leaves);
  }

  #judgeFile({ docking, station, camera: id, serial, told, shownAt }: UndatedFile): void {
    const at = docking?.dockedAt ?? shownAt;
    const camera = this.#cameraOf({ station, camera: id, serial }, at);
    const before = docking === undefined ? lastBefore(camera, shownAt) : this.#listedBefore(camera, docking);
    const to = docking?.unplaced === undefined ? shownAt : docking.unplaced.before;
    if (before !== undefined && to !== undefined) this.mark(before, to, told);
    else this.#speak(camera, before, to, 'undecided');
  }

  #listedBefore(camera: Camera, { dockedAt, unplaced }: DayDocking): string | undefined {
    if (unplaced === undefined) return lastBefore(camera, dockedAt);
    const { after, notBefore } = unplaced;
    return after ?? (notBefore === undefined ? undefined : lastBefore(camera, notBefore));
  }

  #speak(
    camera: Camera,
    from: string | undefined,
    to: string | undefined,
    state: 'open' | 'undecided',
  ): void {
    for (const day of this.#mark(this.#firstDay(from), this.#lastDay(to), state)) {
      if (state !== 'open') continue;
      const waits = this.#awaited.get(day) ?? new Set<Camera>();
      this.#awaited.set(day, waits.add(camera));
    }
  }

  #firstDay(from: string | undefined): string {
    return from === undefined ? NEVER_BEFORE : this.#calendar.dayOf(from);
  }

  #lastDay(to: string | undefined): string {
    return to === undefined ? FOR_EVER : this.#calendar.dayOf(to);
  }

  /** Gives the days of the period that it marked. */
  #mark(first: string, last: string, state: DayState): string[] {
    const { from, to } = this.#period;
    if (first > to || last < from) return [];
    const days = daysOf({ from: first > from ? first : from, to: last < to ? last : to });
    for (const day of days) this.#marks.set(day, stronger(state, this.#marks.get(day)));
    return days;
  }

  /** Its id, with the station where several cameras of the vault have it. */
  #nameOf(camera: Camera): string {
    const alike = [...this.#cameras.values()].filter(({ id }) => id === camera.id);
    return alike.length > 1 ? `${camera.station}/${camera.id}` : camera.id;
  }

  #awaitedIn(days: readonly JudgedDay[]): AwaitedCamera[] {
    const open = new Map<string, number>();
    for (const { awaited } of days)
      for (const camera of awaited) open.set(camera, (open.get(camera) ?? 0) + 1);
    const cameras = [...this.#cameras.values()];
    return [...open]
      .sort(([a], [b]) => compare(a, b))
      .map(([camera, count]) => {
        const listings = cameras
          .filter((each) => this.#nameOf(each) === camera)
          .map(({ listings }) => listings.at(-1));
        return { camera, last_listed_at: listings.find((at) => at !== undefined) ?? null, open_days: count };
      });
  }
}

/** Days on which a camera was in use, and the day of its last listing that counts. */
interface Use {
  readonly camera: Camera;
  readonly spans: readonly { readonly from: string; readonly to: string }[];
  readonly lastListed: string;
}

/** One after the other, as dockings come: what touches becomes one. */
function joined(spans: readonly { from: string; to: string }[]): { from: string; to: string }[] {
  const found: { from: string; to: string }[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last === undefined || span.from > last.to) found.push(span);
    else if (span.to > last.to) last.to = span.to;
  }
  return found;
}

/** Binary search in what ascends. */
function lastBefore({ listings }: Camera, at: string): string | undefined {
  let [low, high] = [0, listings.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((listings[middle] ?? '') < at) low = middle + 1;
    else high = middle;
  }
  return listings[low - 1];
}

function stronger(one: DayState, other: DayState | undefined): DayState {
  return other !== undefined && DAY_STATES.indexOf(other) > DAY_STATES.indexOf(one) ? other : one;
}

/** What it claims, or its receipt where that came before. */
function earlier({ dockedAt, unplaced }: DayDocking): string {
  const before = unplaced?.before;
  return before !== undefined && before < dockedAt ? before : dockedAt;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
