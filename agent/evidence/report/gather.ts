// Gathers what a vault tells into a report. Three kinds of memory: one small object a docking, one id a recording (with its docking where no
// measured clock tells its time), one number a receipt; no document is kept. What a station's log says of each document is kept while it is taken.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { type DockingRecord, stayOf } from '../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import { instantText } from '../../../protocol/format/instants.ts';
import { type ClockRecord, offsetTrend } from '../../monitoring/offset-trend.ts';
import type { LoggedDocking } from '../verify/docking-log.ts';
import { type Calendar, daysOf, type Period, weekOf } from './calendar.ts';
import type { LetGo, ReportLog } from './logs.ts';
import type { UserNote } from './notes.ts';
import type { EvaluationFigures } from './evaluations.ts';
import type { StaffFigures } from './staff.ts';
import {
  type CameraPoint,
  type CameraReport,
  type Counts,
  type DayReport,
  type Handing,
  LATENCY_BOUNDS_S,
  noCounts,
  type PilotReport,
  type RetiredCamera,
} from './pilot-report.ts';
import { type DayDocking, DayJudge, type JudgedDay } from './proven-days.ts';
import type { Source } from './sources.ts';

const UNPROVEN_NAMED_MAX = 100;
/** A file of a kind that is none of a recording's is believed to be none up to this size (SPEC 4.13.7). */
const OTHER_BYTES_MAX = 65_536;
/** A recording is believed to be no longer, and one that does not tell its length to be as long as this (SPEC 4.13.7). */
const LENGTH_MAX_MS = 86_400_000;

const NOT_COME = 'docking record has not come yet';

/** A docking as far as a report needs it; its parts add up. */
interface Docking {
  readonly station: string;
  readonly camera: string;
  readonly serial: string | null;
  readonly dockedAt: string;
  readonly endedAt: string | null;
  /** The stay that it belongs to, by nameOf, and when that began. */
  readonly stay: string;
  readonly stayedFrom: string;
  /** Whether it began within the period, and is counted. */
  readonly isCounted: boolean;
  /** False where the station did not know the time: its day may have been any other. */
  readonly isTimeKnown: boolean;
  /** When its first listing was taken; null where that is not complete. */
  readonly listedAt: string | null;
  /** Digest of the record before it in its camera's chain. */
  previous: string | null;
  /** When the store had a part of its record. */
  receivedAt: string | null;
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
  /** Recordings that its parts say were taken; those that only a later listing showed are true. */
  readonly stored: Map<string, boolean>;
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

/** A recording, or what may be one, whose time no measured clock tells. */
interface Undated {
  readonly recording: string;
  /** By nameOf. */
  readonly docking: string;
  readonly station: string;
  readonly camera: string;
  readonly serial: string | null;
  readonly sealedAt: string;
  readonly told: 'with_recording' | 'undecided';
}

/** What a report holds beside what was gathered. */
export interface ReportFrame {
  readonly stations: readonly string[];
  readonly notes: readonly UserNote[];
  readonly staff: StaffFigures;
  readonly evaluations: EvaluationFigures;
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly handing: Handing;
  readonly ordersNotJudged: number;
  readonly timesFixed: boolean;
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
  /** All of the vault: what came before and after the period tells of its days, too. This and what follows by nameOf. */
  readonly #dockings = new Map<string, Docking>();
  /** The docking whose record ends with a document of this digest. */
  readonly #byDigest = new Map<string, Docking>();
  /** From the end of each docking to the receipt of its record. */
  readonly #recordSeconds: number[] = [];
  readonly #named = new Map<string, Named>();
  readonly #undated: Undated[] = [];
  readonly #judge: DayJudge;
  readonly #unproven = new Set<string>();
  readonly #retired: RetiredCamera[] = [];
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
    this.#judge = new DayJudge(period, calendar);
    for (const day of daysOf(period)) this.#week(day);
  }

  take(source: Exclude<Source, { kind: 'staff' }>): void {
    if (source.kind === 'unproven') this.#unproven.add(source.where);
    else if (source.kind === 'docking') this.#docking(source);
    else this.#recording(source);
  }

  /** An entry of a station's log. Of a camera that is none of the station's nobody knows what is on it. */
  takeEntry(station: string, { event, facts, at }: CustodyEntry): void {
    const { camera, reason } = facts;
    if (event === 'camera-refused' && reason !== 'other-camera') this.#judge.mark(at, at, 'undecided');
    if (event !== 'camera-retired' || typeof camera !== 'string') return;
    this.#judge.retired(station, camera, at);
    if (this.#calendar.isWithin(at, this.#period))
      this.#retired.push({ camera, at, reason: String(reason ?? '') });
  }

  /** What the log of a station says beside its documents, once all of these were taken. */
  takeLog(station: string, { log, missing, broken, unknown, unplaced }: ReportLog, letGo: LetGo): void {
    for (const id of letGo.documents.get(station) ?? []) this.#letGo.add(nameOf(station, id));
    for (const where of [...broken, ...missing.map((name) => nameOf(station, name))])
      this.#unproven.add(where);
    for (const { from, to } of unknown) this.#judge.unknown(from, to);
    const gone = new Set(missing);
    for (const logged of log.dockings.all()) {
      const { docking, begunAt, camera } = logged;
      if (begunAt === undefined || camera === undefined || this.#dockings.has(nameOf(station, docking)))
        continue;
      const why = this.#whyAbsent(station, logged, gone);
      const span = unplaced.get(docking);
      this.#judge.docking({
        station,
        camera,
        serial: null,
        dockedAt: begunAt,
        endedAt: logged.endedAt,
        listedAt: undefined,
        leaves: why === NOT_COME ? 'open' : 'undecided',
        ...(span === undefined
          ? {}
          : { unplaced: { after: undefined, notBefore: span.from, before: span.to } }),
      });
      if (why !== undefined && this.#calendar.isWithin(begunAt, this.#period)) this.#failures.add(why);
    }
  }

  /** Why no record of a docking counts; undefined where one lies here, which is told as what does not hold. */
  #whyAbsent(station: string, { records }: LoggedDocking, missing: ReadonlySet<string>): string | undefined {
    const parts = [...records.values()].map(({ record }) => record);
    if (parts.some((record) => this.#unproven.has(nameOf(station, record)) && !missing.has(record)))
      return undefined;
    if (parts.some((record) => missing.has(record))) return 'docking record is missing';
    return parts.some((record) => this.#letGo.has(nameOf(station, record)))
      ? 'docking record was let go in order'
      : NOT_COME;
  }

  /** The report over everything that was taken. */
  report({
    stations,
    notes,
    staff,
    evaluations,
    madeAt,
    handing,
    ordersNotJudged,
    timesFixed,
  }: ReportFrame): PilotReport {
    this.#settleDockings();
    const { days, awaited } = this.#judge.judge();
    const isNamed = handing !== 'without-cameras';
    const cameras = isNamed ? [...this.#cameras.keys()].sort() : [];
    const seconds = this.#secondsToReceipt();
    return {
      version: 2,
      ...this.#period,
      time_zone: this.#calendar.zone,
      made_at: madeAt,
      cameras_are: handing,
      stations,
      total: this.#total,
      days: countDays(days),
      calendar: isNamed ? days : days.map((day) => ({ ...day, awaited: [] })),
      awaited: isNamed ? awaited : [],
      retired: isNamed ? this.#retired.sort((a, b) => (a.at < b.at ? -1 : 1)) : [],
      weeks: [...this.#weeks].map(([week, counts]) => ({ week, ...counts })),
      cameras: cameras.map((camera) => this.#camera(camera).report(camera)),
      docking_to_receipt_s: spreadOf(seconds) ?? null,
      docking_to_receipt_histogram: histogram(seconds),
      record_to_receipt_s: spreadOf(this.#recordSeconds) ?? null,
      failures: this.#failures.list(),
      unproven: { count: this.#unproven.size, where: [...this.#unproven].slice(0, UNPROVEN_NAMED_MAX) },
      orders_not_judged: ordersNotJudged,
      times_fixed_from_outside: timesFixed,
      notes,
      staff,
      evaluations,
    };
  }

  #docking({ record, sha256, receivedAt }: Source & { kind: 'docking' }): void {
    const name = nameOf(record.station, record.docking);
    const docking = this.#dockings.get(name) ?? this.#newDocking(name, record);
    const { isCounted } = docking;
    if (receivedAt !== null && isCounted)
      this.#recordSeconds.push(secondsBetween(record.ended_at ?? record.docked_at, receivedAt));
    if (docking.receivedAt === null || (receivedAt !== null && receivedAt < docking.receivedAt))
      docking.receivedAt = receivedAt;
    if (record.part === 1) docking.previous = record.previous_docking_sha256;
    if (record.part === record.parts) this.#byDigest.set(sha256, docking);
    docking.listed.set(record.part, record.entries.length);
    for (const { fate, reason, later, path_sha256: path, recording } of record.entries) {
      if (fate === 'vanished') docking.vanished.add(path);
      if (later && (fate === 'stored' || fate === 'matched')) docking.takenLater.add(path);
      if (fate === 'stored' && recording !== null) docking.stored.set(recording, later);
      if (fate !== 'waiting') continue;
      docking.waiting++;
      if (isCounted) this.#failures.add(`waiting: ${reason ?? 'unknown'}`);
    }
  }

  #newDocking(name: string, record: DockingRecord): Docking {
    const { station, camera, docked_at: dockedAt, ended_at: endedAt, inventory } = record;
    const stay = stayOf(record);
    const docking: Docking = {
      station,
      camera: camera.id,
      serial: camera.serial,
      dockedAt,
      endedAt,
      stay: nameOf(station, stay.stay),
      stayedFrom: stay.dockedAt ?? dockedAt,
      isCounted: this.#calendar.isWithin(dockedAt, this.#period),
      isTimeKnown: record.clock_synchronised !== false,
      listedAt: inventory?.complete === true ? inventory.taken_at : null,
      previous: null,
      receivedAt: null,
      parts: record.parts,
      listed: new Map<number, number>(),
      seen: (inventory?.entries ?? 0) + record.later,
      vanished: new Set<string>(),
      takenLater: new Set<string>(),
      waiting: 0,
      stored: new Map<string, boolean>(),
    };
    this.#dockings.set(name, docking);
    if (docking.isCounted) this.#countDocking(docking, record);
    return docking;
  }

  #countDocking({ camera, listedAt }: Docking, record: DockingRecord): void {
    this.#camera(camera).add(record);
    if (record.ended === 'failed' || record.ended === 'cut-off')
      this.#failures.add(`docking ${record.ended}`);
    if (listedAt === null) this.#failures.add('inventory not complete');
  }

  #recording({ manifest, receivedAt, deletion }: Source & { kind: 'recording' }): void {
    const named = this.#namedBy(nameOf(manifest.station, manifest.docking));
    named.found.add(manifest.recording);
    if (manifest.role === 'media') {
      named.media++;
      this.#date(manifest, 'with_recording');
    } else if (mayBeRecording(manifest)) {
      named.untold++;
      this.#date(manifest, 'undecided');
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

  /** A recording that was made, or may have been made, on a day keeps that day from being proven. */
  #date(manifest: Manifest, told: Undated['told']): void {
    const { station, camera, capture, recording, sealed_at: sealedAt } = manifest;
    const { earliest_at: earliest, latest_at: latest, basis } = capture;
    if (basis === 'clock-measured' && earliest !== null && latest !== null) {
      const { from, to } = reachOf(manifest, earliest, latest);
      this.#judge.mark(from, to, 'undecided');
      return this.#judge.mark(earliest, latest, told);
    }
    const docking = nameOf(station, manifest.docking);
    this.#undated.push({
      recording,
      docking,
      station,
      camera: camera.id,
      serial: camera.serial,
      sealedAt,
      told,
    });
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

  /** Decides what each docking shows, once all recordings are known. */
  #settleDockings(): void {
    const dated = new Map<string, DayDocking>();
    const stays = new Map<string, Stay>();
    for (const [name, docking] of this.#dockings) {
      const { found, media = 0, untold = 0 } = this.#named.get(name) ?? {};
      const absent = [...docking.stored.keys()].filter((recording) => found?.has(recording) !== true);
      const isGone = [...docking.vanished].some((path) => !docking.takenLater.has(path));
      const leaves = docking.waiting > 0 || isGone || absent.length > 0 || !isListed(docking);
      const isWhole = docking.listedAt !== null && !leaves;
      stays.set(docking.stay, staying(stays.get(docking.stay), docking, isWhole && media + untold === 0));
      if (docking.isCounted && absent.some((one) => !this.#letGo.has(nameOf(docking.station, one))))
        this.#failures.add('recording of a docking record is missing');
      const judged = this.#dated(docking, leaves);
      dated.set(name, judged);
      this.#judge.docking(judged);
    }
    for (const stay of stays.values()) this.#countStay(stay);
    for (const { recording, docking: name, sealedAt, ...file } of this.#undated) {
      const docking = this.#dockings.get(name);
      const isFirst = docking?.stored.get(recording) === false;
      const shownAt = (isFirst ? docking?.listedAt : null) ?? sealedAt;
      this.#judge.undated({ ...file, docking: dated.get(name), shownAt });
    }
  }

  /** What people call a docking: from plug to unplug, on the day on which it began. */
  #countStay({ camera, from, isEmpty }: Stay): void {
    if (!this.#calendar.isWithin(from, this.#period)) return;
    this.#count(camera, this.#calendar.dayOf(from), (counts) => {
      counts.dockings++;
      if (isEmpty) counts.dockings_without_recording++;
    });
  }

  #dated(docking: Docking, leaves: boolean): DayDocking {
    const { station, camera, serial, dockedAt, endedAt, isTimeKnown, receivedAt } = docking;
    return {
      station,
      camera,
      serial,
      dockedAt,
      endedAt: endedAt ?? undefined,
      listedAt: listingOf(docking),
      leaves: leaves ? 'undecided' : undefined,
      ...(isTimeKnown
        ? {}
        : {
            unplaced: {
              after: this.#listedInChainBefore(docking),
              notBefore: undefined,
              before: receivedAt ?? undefined,
            },
          }),
    };
  }

  /** The last listing that counts in front of a docking, by the chain of its camera's records. */
  #listedInChainBefore({ previous }: Docking): string | undefined {
    const passed = new Set<string>();
    for (let at = previous; at !== null && !passed.has(at);) {
      passed.add(at);
      const before = this.#byDigest.get(at);
      if (before === undefined) return undefined;
      const listed = listingOf(before);
      if (listed !== undefined) return listed;
      at = before.previous;
    }
    return undefined;
  }

  #secondsToReceipt(): number[] {
    const seconds: number[] = [];
    for (const [id, { dockedAt, isCounted }] of this.#dockings) {
      if (!isCounted) continue;
      const dockedMs = Date.parse(dockedAt);
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

/** One camera in one bay from plug to unplug. */
interface Stay {
  readonly camera: string;
  readonly from: string;
  /** Each of its dockings whose record is here found nothing new. */
  readonly isEmpty: boolean;
}

function staying(known: Stay | undefined, { camera, stayedFrom }: Docking, isEmpty: boolean): Stay {
  if (known === undefined) return { camera, from: stayedFrom, isEmpty };
  const from = stayedFrom < known.from ? stayedFrom : known.from;
  return { camera, from, isEmpty: isEmpty && known.isEmpty };
}

/** Whether all parts of its record are here, and list what they should. */
function isListed({ listed, parts, seen }: Docking): boolean {
  const entries = [...listed.values()].reduce((sum, each) => sum + each, 0);
  return listed.size >= parts && entries >= seen;
}

/** Its listing, where that counts (SPEC 4.13.7). */
function listingOf(docking: Docking): string | undefined {
  return docking.isTimeKnown && isListed(docking) ? (docking.listedAt ?? undefined) : undefined;
}

/** What its content or its size says against its name, or its name does not tell. Where it has no byte it is none. */
function mayBeRecording({ role, rejected, original, media }: Manifest): boolean {
  if (media !== null || (rejected !== null && role === 'other')) return original.size_bytes > 0;
  return role === 'other' && original.size_bytes > OTHER_BYTES_MAX;
}

/** A file's time is one instant of its recording, often the last one: the rest of it may lie before or after, but not after it was sealed. */
function reachOf(
  { media, sealed_at: sealedAt }: Manifest,
  earliest: string,
  latest: string,
): { from: string; to: string } {
  const lengthMs = Math.min(media?.duration_ms ?? LENGTH_MAX_MS, LENGTH_MAX_MS);
  const toMs = Math.min(Date.parse(latest) + lengthMs, Math.max(Date.parse(latest), Date.parse(sealedAt)));
  return { from: instantText(Date.parse(earliest) - lengthMs), to: instantText(toMs) };
}

function countDays(days: readonly JudgedDay[]): DayReport {
  const count = (state: JudgedDay['state']): number => days.filter((day) => day.state === state).length;
  return {
    days: days.length,
    proven_without_recording: count('proven_without_recording'),
    with_recording: count('with_recording'),
    open: count('open'),
    undecided: count('undecided'),
    no_camera_in_use: count('no_camera_in_use'),
  };
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

function histogram(seconds: readonly number[]): number[] {
  const counts = Array.from({ length: LATENCY_BOUNDS_S.length + 1 }, () => 0);
  for (const each of seconds) {
    const at = LATENCY_BOUNDS_S.findIndex((bound) => each <= bound);
    const place = at < 0 ? LATENCY_BOUNDS_S.length : at;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

// What a report keeps of one camera: counts, and the readings of clock and battery at each docking, a bounded number of them.

/** Points of one camera in a report: three dockings a day for ten years. */
const POINTS_MAX = 11_000;

/** One camera. */
class CameraFacts {
  readonly counts = noCounts();
  readonly #points: CameraPoint[] = [];
  readonly #clocks: ClockRecord[] = [];

  /** Takes the first part of a docking record. A station that did not know the time cannot tell what a camera is off by. */
  add({ docked_at: at, clock_synchronised: knew, camera_clock: clock, condition }: DockingRecord): void {
    if (this.#points.length >= POINTS_MAX) return;
    this.#clocks.push({ docked_at: at, clock_synchronised: knew, camera_clock: clock });
    const offset = knew === false ? null : clock;
    this.#points.push({
      at,
      offset_ms: offset?.offset_ms ?? null,
      uncertainty_ms: offset?.uncertainty_ms ?? null,
      battery_percent: condition?.battery_percent ?? null,
    });
  }

  report(camera: string): CameraReport {
    const points = this.#points.sort((a, b) => (a.at < b.at ? -1 : 1));
    const offsets = points.map(({ offset_ms: offset }) => offset).filter((offset) => offset !== null);
    const slope = changePerDay(
      points.flatMap(({ at, battery_percent: value }) =>
        value === null ? [] : [{ atMs: Date.parse(at), value }],
      ),
    );
    const { driftPpm, uncertaintyPpm, resets } = offsetTrend(this.#clocks);
    return {
      camera,
      ...this.counts,
      points,
      battery_change_percent_per_30_days: slope === undefined ? null : Math.round(slope * 300) / 10,
      offset_ms_median: spreadOf(offsets)?.median ?? null,
      offset_ms_worst: spreadOf(offsets.map(Math.abs))?.worst ?? null,
      clock_drift_ppm: driftPpm,
      clock_drift_uncertainty_ppm: uncertaintyPpm,
      clock_resets: resets,
    };
  }
}

// Counts what went wrong or was odd, by kind. The kinds come from documents and log entries, so their number is bounded here.

const KINDS_MAX = 200;

export class FailureCount {
  readonly #counts = new Map<string, number>();

  /** `kind` is a short text in English; words.ts translates those that it knows. */
  add(kind: string, count = 1): void {
    const known = this.#counts.has(kind) || this.#counts.size < KINDS_MAX ? kind : 'other';
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + count);
  }

  /** What an entry of a custody log tells of failures. */
  entry({ event, facts }: CustodyEntry): void {
    if (event === 'receipt-refused') this.add('receipt refused');
    else if (event === 'quarantined') this.add('set aside as damaged');
    else if (event === 'chain-broken') this.add('custody log broken');
    else if (event === 'not-erased' && facts['reason'] === 'already-gone')
      this.add('file gone from its camera before it was to be erased');
    else if (event === 'not-erased') this.add('file not erased from its camera');
    else if (event === 'erasure-unconfirmed')
      this.add('file to be erased from its camera, and nobody could see whether it went');
    else if (event === 'camera-refused') this.add('camera refused');
    else if (event === 'clock-stepped') this.add("station's clock stepped");
    else if (event === 'not-taken' && facts['reason'] !== 'not-a-file')
      this.add(`try failed: ${String(facts['reason'] ?? 'unknown').slice(0, 40)}`);
  }

  /** Most frequent first, then by name. */
  list(): { readonly kind: string; readonly count: number }[] {
    const all = [...this.#counts].map(([kind, count]) => ({ kind, count }));
    return all.sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
  }
}

// Small statistics over what a report has gathered: quantiles and a straight line. Pure.

/** Middle, 95 of 100, and the worst of some durations or sizes. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
}

/** Undefined where there is nothing. Nearest-rank quantiles, so that each is a value that really occurred. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  return { count: sorted.length, median: rank(0.5), p95: rank(0.95), worst: rank(1) };
}

/** One measurement at an instant (ms since 1970). */
interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Least squares: change of the value in one day, or undefined where the points are fewer than three or all at one time. */
export function changePerDay(points: readonly Point[]): number | undefined {
  if (points.length < 3) return undefined;
  const meanAt = points.reduce((sum, { atMs }) => sum + atMs, 0) / points.length;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  let above = 0;
  let below = 0;
  for (const { atMs, value } of points) {
    const days = (atMs - meanAt) / 86_400_000;
    above += days * (value - mean);
    below += days * days;
  }
  return below === 0 ? undefined : above / below;
}
