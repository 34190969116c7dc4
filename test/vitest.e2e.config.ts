import { defineConfig } from 'vitest/config';
import { leftOutToday } from './fakes/today.ts';
import { keptResults } from './fault-table/kept-results.ts';

/** What takes a quarter of a minute or more, and is tried in CI each eleventh day; the longest ones do not meet. */
const TURNS = [
  [
    'test/e2e/odd-files.test.ts',
    'test/agent/dockings/crash.long.test.ts',
    'test/e2e/verify-manipulations.test.ts',
  ],
  ['test/e2e/retention.test.ts', 'test/station/ptp-refusals.test.ts', 'test/station/put-back.test.ts'],
  ['test/e2e/memory-limit.test.ts', 'test/e2e/two-processes-tls.test.ts', 'test/station/ptp-silence.test.ts'],
  ['test/e2e/export.test.ts', 'test/e2e/clocks.test.ts', 'test/e2e/simulated-serial.test.ts'],
  ['test/e2e/verifier.test.ts', 'test/station/ptp-odd-files.test.ts', 'test/station/cut-leavings.test.ts'],
  ['test/e2e/scarce.test.ts', 'test/e2e/throttled.test.ts', 'test/station/usb-bays.test.ts'],
  ['test/e2e/handbook.test.ts', 'test/e2e/verifier-processes.test.ts', 'test/station/broken-units.test.ts'],
  [
    'test/e2e/serial.test.ts',
    'test/e2e/interruptions.test.ts',
    'test/e2e/evidence-dockings.test.ts',
    'test/station/still-writing.test.ts',
  ],
  [
    'test/e2e/full-disk.test.ts',
    'test/e2e/interrupted-store.test.ts',
    'test/station/usb-ports.test.ts',
    'test/station/damaged-spool.test.ts',
  ],
  [
    'test/e2e/interrupted-network.test.ts',
    'test/e2e/verifiers-agree.test.ts',
    'test/e2e/hostile-files.test.ts',
    'test/station/ptp-pulled.test.ts',
    'test/station/known-cameras.test.ts',
  ],
  [
    'test/e2e/kills.test.ts',
    'test/e2e/key-change.test.ts',
    'test/e2e/enrolment.test.ts',
    'test/e2e/report.test.ts',
    'test/e2e/service-manager.test.ts',
    'test/e2e/broken-log.test.ts',
    'test/e2e/restored-vault.test.ts',
    'test/station/station-clock.test.ts',
  ],
];

// Whole stations with their store in one process, and whole programs against stock tools: mosquitto, minisign, age, ffmpeg. Two files at a
// time: most of them wait for deadlines.
// They run what was built: call "npm run build" first (the npm script does).
export default defineConfig({
  test: {
    ...keptResults('e2e'),
    root: new URL('..', import.meta.url).pathname,
    include: ['test/station/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/**/*.long.test.ts'],
    exclude: leftOutToday(TURNS),
    env: { LC_ALL: 'C.UTF-8' }, // commands speak the language of the machine
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
