import { beforeEach, describe, expect, test } from 'vitest';
import { BatteryTrend, CameraHealth } from '../../../agent/dock/camera-health.ts';
import type { DockingMeasured } from '../../../agent/records/ended-docking.ts';
import { parseCameraId } from '../../../protocol/format/ids.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';

const camera = parseCameraId('cam-7');
const ALIAS = 'Streife 7';
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 25);
const NOTHING: DockingMeasured = { camera_clock: null, condition: null };
let conditions: MemoryConditions;
let synchronised: boolean | null;
let health: CameraHealth;

beforeEach(() => {
  conditions = new MemoryConditions();
  synchronised = true;
  health = fresh(14);
});

function fresh(missingDays: number): CameraHealth {
  return new CameraHealth({
    clock: { wallMs: () => NOW },
    conditions,
    missingDays,
    alias: () => ALIAS,
    localMs: (utcMs) => utcMs + 3_600_000,
    clockSynchronised: () => synchronised,
  });
}

function clockOff(offsetMs: number, zone: number | null = 0): DockingMeasured {
  const at = new Date(NOW).toISOString();
  const claimed = new Date(NOW + offsetMs).toISOString();
  const camera_clock = {
    read_at: at,
    claimed_at: claimed,
    offset_ms: offsetMs,
    uncertainty_ms: 1000,
    zone_minutes: zone,
    set: null,
  };
  return { ...NOTHING, camera_clock };
}

describe('a camera', () => {
  test('whose clock was lost is told of, whichever way it is off', () => {
    for (const offsetMs of [-400_000, 400_000, -30 * 365 * DAY_MS]) {
      health.docked(camera, clockOff(offsetMs));
      expect(conditions.facts('camera.clock-wrong', ALIAS)).toEqual({ offset_s: offsetMs / 1000 });
      health.docked(camera, clockOff(2000));
      expect(conditions.codes()).toEqual([]);
    }
  });

  test('that shows local time and tells no zone is right', () => {
    health.docked(camera, clockOff(3_600_000, null));
    expect(conditions.codes()).toEqual([]);
    health.docked(camera, clockOff(0, null));
    expect(conditions.facts('camera.clock-wrong', ALIAS)).toEqual({ offset_s: -3600 });
  });

  test('is not judged by a station that does not know the time itself', () => {
    synchronised = false;
    health.docked(camera, clockOff(9_000_000));
    expect(conditions.codes()).toEqual([]);
  });

  test('is known to have left, whatever older records say later', () => {
    const at = (): unknown => [...health.lastSeen];
    health.seen([[camera, NOW - DAY_MS]]);
    expect(at()).toEqual([[camera, NOW - DAY_MS]]);
    health.undocked(camera, true, { entries: 0, entriesHere: 0 });
    health.seen([[camera, NOW - DAY_MS]]);
    expect(at()).toEqual([[camera, NOW]]);
  });

  test('that stays away for two weeks is told of until it is docked', () => {
    health.lookForMissing(NOW, [[camera, NOW - 13.9 * DAY_MS]]);
    expect(conditions.codes()).toEqual([]);
    health.lookForMissing(NOW, [[camera, NOW - 15.5 * DAY_MS]]);
    expect(conditions.facts('camera.missing', ALIAS)).toEqual({ days: 15 });
    health.docked(camera, NOTHING);
    expect(conditions.codes()).toEqual([]);
  });

  const entry = (event: 'docked' | 'camera-retired') => ({ event, facts: { camera, reason: 'lost' } });

  test('that a person took out of use is not missing, in this run and after a start, until it docks again', () => {
    const away = [[camera, NOW - 15.5 * DAY_MS]] as const;
    health.lookForMissing(NOW, away);
    health.entered(entry('camera-retired'));
    health.lookForMissing(NOW, away);
    expect(conditions.codes()).toEqual([]);
    const later = fresh(14);
    later.takeOver([camera]);
    later.lookForMissing(NOW, away);
    expect(conditions.codes()).toEqual([]);
    later.entered(entry('docked'));
    later.lookForMissing(NOW, away);
    expect(conditions.codes()).toEqual(['camera.missing']);
  });

  test('is missing after as many days as the file says, and never where it says 0', () => {
    const [soon, never] = [fresh(3), fresh(0)];
    never.lookForMissing(NOW, [[camera, NOW - 400 * DAY_MS]]);
    soon.lookForMissing(NOW, [[camera, NOW - 2.9 * DAY_MS]]);
    expect(conditions.codes()).toEqual([]);
    soon.lookForMissing(NOW, [[camera, NOW - 3 * DAY_MS]]);
    expect(conditions.facts('camera.missing', ALIAS)).toEqual({ days: 3 });
  });

  test('that has been in its bay for weeks does not stay away', () => {
    health.docked(camera, NOTHING);
    health.lookForMissing(NOW, [[camera, NOW - 40 * DAY_MS]]);
    expect(conditions.codes()).toEqual([]);
    health.undocked(camera, true, { entries: 0, entriesHere: 0 });
    health.lookForMissing(NOW, [[camera, NOW - DAY_MS]]);
    expect(conditions.codes()).toEqual([]);
  });

  test('from which files vanished is told of until a docking without a loss, not until the plug is pulled', () => {
    const vanished = { entries: 3, entriesHere: 1 };
    health.docked(camera, NOTHING);
    health.vanished(camera, vanished);
    health.undocked(camera, true, vanished);
    expect(conditions.facts('camera.vanished', ALIAS)).toEqual({ entries: 3, entries_here: 1 });
    health.docked(camera, NOTHING);
    health.undocked(camera, false, { entries: 0, entriesHere: 0 });
    expect(conditions.codes()).toEqual(['camera.vanished']);
    health.undocked(camera, true, { entries: 0, entriesHere: 0 });
    expect(conditions.codes()).toEqual([]);
  });
});

describe('a battery', () => {
  const after = (...percents: number[]): BatteryTrend => {
    const trend = new BatteryTrend();
    for (const percent of percents) trend.add(percent);
    return trend;
  };

  test('that comes back emptier each time is weak', () => {
    const trend = after(70, 62, 55, 46, 38);
    expect([trend.percentPerDocking, trend.isWeak]).toEqual([-8, true]);
  });

  test('that came back low once after a long shift is not', () => {
    expect(after(70, 68, 71, 69, 12).isWeak).toBe(true);
    expect(after(70, 20, 71, 69, 70).isWeak).toBe(false);
    expect(after(20).isWeak).toBe(false);
  });

  test('that always comes back low, and steadily so, is not', () => {
    expect(after(30, 31, 29, 30, 30, 31).isWeak).toBe(false);
  });

  test('that is empty is weak at once', () => {
    expect(after(4).isWeak).toBe(true);
  });

  test('has no trend before there are five readings, and forgets old ones', () => {
    expect(after(90, 80, 70, 60).percentPerDocking).toBeNull();
    const trend = after(...Array.from({ length: 20 }, () => 10), ...Array.from({ length: 20 }, () => 80));
    expect([trend.percentPerDocking, trend.isWeak]).toEqual([0, false]);
  });
});
