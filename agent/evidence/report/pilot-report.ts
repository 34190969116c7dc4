// Shape of a pilot report: what a council member is shown, and what CSV and JSON hold. Cameras and bays are
// pseudonyms; whether the figures of one camera are about one person, only people know: see Handing.
import type { Spread } from './gather.ts';
import type { UserNote } from './notes.ts';
import type { EvaluationFigures } from './evaluations.ts';
import type { StaffFigures } from './staff.ts';
import type { AwaitedCamera, JudgedDay } from './proven-days.ts';

/** What is counted, over all, per week and per camera. */
export interface Counts {
  /** Stays: from plug to unplug, whatever was started again meanwhile; on the day on which each began. */
  dockings: number;
  /** Of these, those whose records all show a camera without a recording that was not known: a complete inventory, and nothing left behind. */
  dockings_without_recording: number;
  /** Media files; sidecars and others are in `other_files`. */
  recordings: number;
  other_files: number;
  duration_ms: number;
  /** Recordings whose container does not tell how long they are. */
  recordings_without_duration: number;
  bytes: number;
  /** Recordings under a hold of both roles at the end of the period, or when the report was made if that was before. */
  kept_as_evidence: number;
  deleted: number;
  /** Recordings without a receipt. */
  not_receipted: number;
}

/** Offset of a camera's clock and state of its battery at one docking. */
export interface CameraPoint {
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly offset_ms: number | null;
  readonly uncertainty_ms: number | null;
  readonly battery_percent: number | null;
}

export interface CameraReport extends Counts {
  readonly camera: string;
  readonly points: readonly CameraPoint[];
  /** Of the battery's charge at docking; null with fewer than three values. */
  readonly battery_change_percent_per_30_days: number | null;
  readonly offset_ms_median: number | null;
  readonly offset_ms_worst: number | null;
  /** What the clock gains by itself, in millionths; 10 are 0.9 s a day. Null where too few readings tell. See offset-trend.ts. */
  readonly clock_drift_ppm: number | null;
  readonly clock_drift_uncertainty_ppm: number | null;
  /** How often it jumped between two dockings. */
  readonly clock_resets: number;
}

/** Calendar days of the period, by what is known of them (SPEC 4.13.7). */
export interface DayReport {
  readonly days: number;
  /** Every camera in use has a listing from after the end of the day, and nothing speaks against it. */
  readonly proven_without_recording: number;
  readonly with_recording: number;
  /** A camera in use, or a record, is awaited. */
  readonly open: number;
  /** A recording may have been made, and nothing awaited will decide it. */
  readonly undecided: number;
  readonly no_camera_in_use: number;
}

/** What anybody who asked for a report said of how cameras are handed out, and what of single cameras is in it. */
export type Handing = 'pooled' | 'not-told' | 'without-cameras';

/** A camera that a person took out of use within the period. */
export interface RetiredCamera {
  readonly camera: string;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** A code. */
  readonly reason: string;
}

export interface PilotReport {
  readonly version: 2;
  readonly from: string;
  readonly to: string;
  readonly time_zone: string;
  readonly made_at: string;
  readonly cameras_are: Handing;
  readonly stations: readonly string[];
  readonly total: Counts;
  readonly days: DayReport;
  /** Every day of the period, with the cameras that an open one waits for. */
  readonly calendar: readonly JudgedDay[];
  readonly awaited: readonly AwaitedCamera[];
  readonly retired: readonly RetiredCamera[];
  readonly weeks: readonly (Counts & { readonly week: string })[];
  readonly cameras: readonly CameraReport[];
  /** From the start of the docking to the store's receipt for a recording of it. */
  readonly docking_to_receipt_s: Spread | null;
  /** How many receipts came within each bound, in the order of LATENCY_BOUNDS_S, and after the last one. */
  readonly docking_to_receipt_histogram: readonly number[];
  /** From the end of a docking to the store's receipt for its record: what there is to measure on days without recordings. */
  readonly record_to_receipt_s: Spread | null;
  /** What went wrong or was odd, by kind, most frequent first. */
  readonly failures: readonly { readonly kind: string; readonly count: number }[];
  /** Folders whose documents do not verify or are missing, single receipts, deletion records and orders, and logs: not counted anywhere. At most a hundred are named. */
  readonly unproven: { readonly count: number; readonly where: readonly string[] };
  /** Orders to hold or delete of which a signature could not be judged for want of the role's key: `kept_as_evidence` may be too small. */
  readonly orders_not_judged: number;
  /** Within the period a station on another machine than the store has entered something, or a witness or an authority has said the time. */
  readonly times_fixed_from_outside: boolean;
  readonly notes: readonly UserNote[];
  readonly staff: StaffFigures;
  readonly evaluations: EvaluationFigures;
}

/** Upper bounds of the histogram in seconds: 1, 10 minutes, 1, 6 hours, 1, 3 days. */
export const LATENCY_BOUNDS_S: readonly number[] = [60, 600, 3600, 21_600, 86_400, 259_200];

export function noCounts(): Counts {
  return {
    dockings: 0,
    dockings_without_recording: 0,
    recordings: 0,
    other_files: 0,
    duration_ms: 0,
    recordings_without_duration: 0,
    bytes: 0,
    kept_as_evidence: 0,
    deleted: 0,
    not_receipted: 0,
  };
}
