// Gathers what a vault tells into a report. Three kinds of memory: one small object a docking, one id a recording, one number a receipt; no
// document is kept. What a station's log says of each document is kept while it is taken.
import type { CustodyEntry } from '../../protocol/custody-entry.ts';
import type { DockingRecord } from '../../protocol/docking-record.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { LoggedDocking } from '../verify/docking-account.ts';
import { CameraFacts } from './camera-facts.ts';
import { daysOf, weekOf, type Calendar, type Period } from './calendar.ts';
import { spreadOf } from './figures.ts';
import type { FailureCount } from './failures.ts';
import type { UserNote } from './notes.ts';
import { LATENCY_BOUNDS_S, noCounts, type Counts, type DayReport, type PilotReport } from './pilot-report.ts';
import type { LetGo, ReportLog } from './logs.ts';
import type { Source } from './sources.ts';

const UNPROVEN_NAMED_MAX = 100;
/** A docking as far as a report needs it; its parts add up. */
interface Docking {
  readonly station: string;
  readonly camera: string;
  readonly day: string;
  /** False where the station did not know the time: its day may have been any other. */
  readonly isDayKnown: boolean;
  readonly isComplete: boolean;
  /** Of how many parts its record is, and what those that are here list: nobody knows what is on the others. */
  readonly parts: number;
  readonly listed: Map<number, number>;
  /** Entries that all parts together should list; of very many later ones some have no place (SPEC 4.6). */
  readonly seen: number;
  /** Files that were on the camera and are nowhere, unless a later state of them was taken. */
  readonly vanished: Set<string>;
  readonly takenLater: Set<string>;
  /** Entries that were left on the camera without being taken. */
  waiting: number;
  /** Recordings that its parts say were taken. */
  readonly stored: Set<string>;
}

/** What is known of a docking by the recordings that name it, before or after its record is met. */
interface Named {
  /** By their ids: one that was sealed twice must not stand for another that is not there. */
  readonly found: Set<string>;
  media: number;
  /** Files that may be recordings: nobody knows of what kind they are. */
  untold: number;
  readonly receivedMs: number[];
}

/** What a report holds beside what was gathered. */
export interface ReportFrame {
  readonly stations: readonly string[];
  readonly notes: readonly UserNote[];
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly ordersNotJudged: number;
}

/** One text for an id and its station: another station may write any id. */
function nameOf(station: string, id: string): string {
  return `${station}/${id}`;
}

/** Takes sources in any order. */
export class Gatherer {
  readonly #period: Period;
  readonly #calendar: Calendar;
  readonly #total = noCounts();
  readonly #weeks = new Map<string, Counts>();
  readonly #cameras = new Map<string, CameraFacts>();
  /** This and what follows by nameOf. */
  readonly #dockings = new Map<string, Docking>();
  readonly #dockedMs = new Map<string, number>();
  /** From the end of each docking to the receipt of its record. */
  readonly #recordSeconds: number[] = [];
  readonly #named = new Map<string, Named>();
  /** What recordings say of days by when they were made, whichever day they came on. */
  readonly #captured = new Map<string, Proof>();
  readonly #unproven = new Set<string>();
  /** Days on which a camera was refused that is none of the station's. */
  readonly #refused = new Set<string>();
  /** Days of dockings that a log names and whose record is not here. */
  readonly #open = new Set<string>();
  readonly #letGo = new Set<string>();
  readonly #failures: FailureCount;
  readonly #isHeld: (manifest: Manifest) => boolean;

  /** `isHeld`: whether a hold of both roles counts for a recording at the end of the period. */
  constructor(
    period: Period,
    calendar: Calendar,
    failures: FailureCount,
    isHeld: (manifest: Manifest) => boolean,
  ) {
    this.#period = period;
    this.#calendar = calendar;
    this.#failures = failures;
    this.#isHeld = isHeld;
    for (const day of daysOf(period)) this.#week(day);
  }

  take(source: Source): void {
    if (source.kind === 'unproven') this.#unproven.add(source.where);
    else if (source.kind === 'docking') this.#docking(source.record, source.receivedAt);
    else this.#recording(source);
  }

  /** An entry of a station's log of the period. A camera that is none of the station's was refused: nobody looked at what is on it. */
  takeEntry({ event, facts, at }: CustodyEntry): void {
    if (event === 'camera-refused' && facts['reason'] !== 'other-camera')
      this.#refused.add(this.#calendar.dayOf(at));
  }

  /** What the log of a station says beside its documents, once all of these were taken. */
  takeLog(station: string, { log, missing, broken }: ReportLog, letGo: LetGo): void {
    for (const id of letGo.documents.get(station) ?? []) this.#letGo.add(nameOf(station, id));
    for (const where of [...broken, ...missing.map((name) => nameOf(station, name))])
      this.#unproven.add(where);
    const gone = new Set(missing);
    for (const logged of log.dockings.all()) {
      const { docking, begunAt } = logged;
      if (begunAt === undefined || this.#dockedMs.has(nameOf(station, docking))) continue;
      if (!this.#calendar.isWithin(begunAt, this.#period)) continue;
      this.#open.add(this.#calendar.dayOf(begunAt));
      const why = this.#whyOpen(station, logged, gone);
      if (why !== undefined) this.#failures.add(why);
    }
  }

  /** Why no record of a docking counts; undefined where one lies here, which is told as what does not hold. */
  #whyOpen(station: string, { records }: LoggedDocking, missing: ReadonlySet<string>): string | undefined {
    const parts = [...records.values()].map(({ record }) => record);
    if (parts.some((record) => this.#unproven.has(nameOf(station, record)) && !missing.has(record)))
      return undefined;
    if (parts.some((record) => missing.has(record))) return 'docking record is missing';
    return parts.some((record) => this.#letGo.has(nameOf(station, record)))
      ? 'docking record was let go in order'
      : 'docking record has not come yet';
  }

  /** The report over everything that was taken. */
  report({ stations, notes, madeAt, ordersNotJudged }: ReportFrame): PilotReport {
    const days = this.#settleDockings();
    const seconds = this.#secondsToReceipt();
    return {
      version: 1,
      ...this.#period,
      time_zone: this.#calendar.zone,
      made_at: madeAt,
      stations,
      total: this.#total,
      days,
      weeks: [...this.#weeks].map(([week, counts]) => ({ week, ...counts })),
      cameras: [...this.#cameras.keys()].sort().map((camera) => this.#camera(camera).report(camera)),
      docking_to_receipt_s: spreadOf(seconds) ?? null,
      docking_to_receipt_histogram: histogram(seconds),
      record_to_receipt_s: spreadOf(this.#recordSeconds) ?? null,
      failures: this.#failures.list(),
      unproven: { count: this.#unproven.size, where: [...this.#unproven].slice(0, UNPROVEN_NAMED_MAX) },
      orders_not_judged: ordersNotJudged,
      notes,
    };
  }

  #docking(record: DockingRecord, receivedAt: string | null): void {
    const atMs = Date.parse(record.docked_at);
    const name = nameOf(record.station, record.docking);
    this.#dockedMs.set(name, atMs);
    if (!this.#calendar.isWithin(record.docked_at, this.#period)) return;
    if (receivedAt !== null)
      this.#recordSeconds.push(secondsBetween(record.ended_at ?? record.docked_at, receivedAt));
    const docking = this.#dockings.get(name) ?? this.#newDocking(name, record);
    docking.listed.set(record.part, record.entries.length);
    for (const { fate, reason, later, path_sha256: path, recording } of record.entries) {
      if (fate === 'vanished') docking.vanished.add(path);
      if (later && (fate === 'stored' || fate === 'matched')) docking.takenLater.add(path);
      if (fate === 'stored' && recording !== null) docking.stored.add(recording);
      if (fate !== 'waiting') continue;
      docking.waiting++;
      this.#failures.add(`waiting: ${reason ?? 'unknown'}`);
    }
  }

  #newDocking(name: string, record: DockingRecord): Docking {
    const camera = record.camera.id;
    const docking = {
      station: record.station,
      camera,
      day: this.#calendar.dayOf(record.docked_at),
      isDayKnown: record.clock_synchronised !== false,
      isComplete: record.inventory?.complete === true,
      parts: record.parts,
      listed: new Map<number, number>(),
      seen: (record.inventory?.entries ?? 0) + record.later,
      vanished: new Set<string>(),
      takenLater: new Set<string>(),
      waiting: 0,
      stored: new Set<string>(),
    };
    this.#dockings.set(name, docking);
    this.#count(camera, docking.day, (counts) => counts.dockings++);
    this.#camera(camera).add(record);
    if (record.ended === 'failed' || record.ended === 'cut-off')
      this.#failures.add(`docking ${record.ended}`);
    if (!docking.isComplete) this.#failures.add('inventory not complete');
    return docking;
  }

  #recording({ manifest, receivedAt, deletion }: Source & { kind: 'recording' }): void {
    const named = this.#namedBy(nameOf(manifest.station, manifest.docking));
    named.found.add(manifest.recording);
    if (manifest.role === 'media') {
      named.media++;
      this.#capture(manifest, 'recorded');
    } else if (mayBeRecording(manifest)) {
      named.untold++;
      this.#capture(manifest, 'undecided');
    }
    if (receivedAt !== null) named.receivedMs.push(Date.parse(receivedAt));
    if (!this.#calendar.isWithin(manifest.sealed_at, this.#period)) return;
    if (manifest.rejected !== null) this.#failures.add(`odd but kept: ${manifest.rejected.reason}`);
    const held = manifest.role === 'media' && this.#isHeld(manifest);
    this.#count(manifest.camera.id, this.#calendar.dayOf(manifest.sealed_at), (counts) => {
      counts.bytes += manifest.original.size_bytes;
      if (receivedAt === null) counts.not_receipted++;
      if (manifest.role !== 'media') counts.other_files++;
      else countMedia(counts, manifest, held, deletion !== undefined);
    });
  }

  /** A recording that was made, or may have been made, on a day keeps that day from being proven; `told` is what it says of one sure day. */
  #capture({ capture: { earliest_at: earliest, latest_at: latest, basis } }: Manifest, told: Proof): void {
    const [from, to] = [earliest ?? latest, latest ?? earliest].map((at) => at && this.#calendar.dayOf(at));
    if (from == null || to == null) return;
    const proof = from === to && basis !== 'clock-unmeasured' ? told : 'undecided';
    const { from: first, to: last } = this.#period;
    if (from > last || to < first) return;
    for (const day of daysOf({ from: from > first ? from : first, to: to < last ? to : last }))
      this.#captured.set(day, worse(this.#captured.get(day), proof));
  }

  #namedBy(docking: string): Named {
    const named = this.#named.get(docking) ?? {
      found: new Set<string>(),
      media: 0,
      untold: 0,
      receivedMs: [],
    };
    this.#named.set(docking, named);
    return named;
  }

  /** Decides what each docking proves, once all recordings are known. */
  #settleDockings(): DayReport {
    const days = new Map<string, Proof>();
    for (const [id, docking] of this.#dockings) {
      const { found, media = 0, untold = 0 } = this.#named.get(id) ?? {};
      const absent = [...docking.stored].filter((recording) => found?.has(recording) !== true);
      const isStoredHere = absent.length === 0;
      const listed = [...docking.listed.values()].reduce((sum, each) => sum + each, 0);
      const isListed = docking.listed.size >= docking.parts && listed >= docking.seen;
      const isAllHere = isListed && isStoredHere;
      const isGone = [...docking.vanished].some((path) => !docking.takenLater.has(path));
      const isWhole = docking.isComplete && docking.waiting === 0 && isAllHere && !isGone && untold === 0;
      const proves = media > 0 ? 'recorded' : isWhole ? 'empty' : 'undecided';
      if (proves === 'empty')
        this.#count(docking.camera, docking.day, (counts) => counts.dockings_without_recording++);
      if (absent.some((recording) => !this.#letGo.has(nameOf(docking.station, recording))))
        this.#failures.add('recording of a docking record is missing');
      const ofDay = proves === 'empty' && !docking.isDayKnown ? 'undecided' : proves;
      days.set(docking.day, worse(days.get(docking.day), ofDay));
    }
    for (const day of this.#open) days.set(day, worse(days.get(day), 'undecided'));
    for (const day of this.#refused) if (days.has(day)) days.set(day, worse(days.get(day), 'undecided'));
    for (const [day, proof] of days) days.set(day, worse(this.#captured.get(day), proof));
    const count = (kind: string): number => [...days.values()].filter((each) => each === kind).length;
    const all = daysOf(this.#period).length;
    return {
      days: all,
      proven_without_recording: count('empty'),
      with_recording: count('recorded'),
      undecided: count('undecided'),
      without_docking: all - days.size,
    };
  }

  #secondsToReceipt(): number[] {
    const seconds: number[] = [];
    for (const id of this.#dockings.keys()) {
      const dockedMs = this.#dockedMs.get(id) ?? 0;
      for (const receivedMs of this.#named.get(id)?.receivedMs ?? [])
        seconds.push(Math.max(0, Math.round((receivedMs - dockedMs) / 1000)));
    }
    return seconds;
  }

  #count(camera: string, day: string, change: (counts: Counts) => void): void {
    for (const counts of [this.#total, this.#week(day), this.#camera(camera).counts]) change(counts);
  }

  #week(day: string): Counts {
    const week = weekOf(day);
    const counts = this.#weeks.get(week) ?? noCounts();
    this.#weeks.set(week, counts);
    return counts;
  }

  #camera(camera: string): CameraFacts {
    const known = this.#cameras.get(camera) ?? new CameraFacts();
    this.#cameras.set(camera, known);
    return known;
  }
}

/** Its name does not tell of what kind it is, or what it holds is known in part only. Where it has no byte it is none. */
function mayBeRecording({ role, rejected, original }: Manifest): boolean {
  return role === 'other' && rejected !== null && original.size_bytes > 0;
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}

function countMedia(counts: Counts, { media }: Manifest, held: boolean, deleted: boolean): void {
  counts.recordings++;
  const durationMs = media?.duration_ms ?? null;
  if (durationMs === null) counts.recordings_without_duration++;
  else counts.duration_ms += durationMs;
  if (held && !deleted) counts.kept_as_evidence++;
  if (deleted) counts.deleted++;
}

type Proof = 'empty' | 'recorded' | 'undecided';
/** One docking with a recording makes it a day with one; one that proves nothing leaves the day undecided. */
function worse(day: Proof | undefined, docking: Proof): Proof {
  const order: readonly Proof[] = ['empty', 'undecided', 'recorded'];
  return day === undefined || order.indexOf(docking) > order.indexOf(day) ? docking : day;
}

function histogram(seconds: readonly number[]): number[] {
  const counts = Array.from({ length: LATENCY_BOUNDS_S.length + 1 }, () => 0);
  for (const each of seconds) {
    const at = LATENCY_BOUNDS_S.findIndex((bound) => each <= bound);
    const place = at < 0 ? LATENCY_BOUNDS_S.length : at;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}
