// What a report keeps of one camera: counts, and the readings of clock and battery at each docking, a bounded number of them.
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { offsetTrend, type ClockRecord } from '../../monitoring/offset-trend.ts';
import { changePerDay, spreadOf } from './figures.ts';
import { noCounts, type CameraPoint, type CameraReport } from './pilot-report.ts';

/** Points of one camera in a report: three dockings a day for ten years. */
const POINTS_MAX = 11_000;

/** One camera. */
export class CameraFacts {
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
