import { defineConfig } from 'vitest/config';
import { leftOut } from './fakes/share-of-run.ts';
import { keptResults } from './faults/table/kept-results.ts';

/** What takes a quarter of a minute or more, and is in one of twelve shares in CI; the longest ones do not meet. */
const TURNS = [
  [
    'test/system/odd-files.test.ts',
    'test/unit/records/crash.long.test.ts',
    'test/system/verify-manipulations.test.ts',
  ],
  [
    'test/system/retention.test.ts',
    'test/system/store-watch.test.ts',
    'test/station/ptp-refusals.test.ts',
    'test/station/put-back.test.ts',
  ],
  [
    'test/system/memory-limit.test.ts',
    'test/system/two-processes-tls.test.ts',
    'test/station/ptp-silence.test.ts',
    'test/station/restored-store.test.ts',
  ],
  [
    'test/system/export.test.ts',
    'test/system/clocks.test.ts',
    'test/system/simulated-serial.test.ts',
    'test/station/other-vault.test.ts',
  ],
  ['test/system/verifier.test.ts', 'test/station/ptp-odd-files.test.ts', 'test/station/cut-leavings.test.ts'],
  [
    'test/system/rabbitmq.test.ts',
    'test/system/scarce.test.ts',
    'test/system/shift-end.test.ts',
    'test/system/throttled.test.ts',
    'test/station/usb-bays.test.ts',
  ],
  [
    'test/system/handbook.test.ts',
    'test/system/verifier-processes.test.ts',
    'test/station/broken-units.test.ts',
  ],
  [
    'test/system/serial.test.ts',
    'test/system/interruptions.test.ts',
    'test/system/evidence-dockings.test.ts',
    'test/station/still-writing.test.ts',
  ],
  [
    'test/system/full-disk.test.ts',
    'test/system/interrupted-store.test.ts',
    'test/station/usb-ports.test.ts',
    'test/station/damaged-spool.test.ts',
  ],
  [
    'test/system/interrupted-network.test.ts',
    'test/system/verifiers-agree.test.ts',
    'test/system/hostile-files.test.ts',
    'test/station/ptp-pulled.test.ts',
    'test/station/known-cameras.test.ts',
  ],
  [
    'test/system/kills.test.ts',
    'test/system/key-change.test.ts',
    'test/system/enrolment.test.ts',
    'test/system/report.test.ts',
    'test/system/service-manager.test.ts',
    'test/system/broken-log.test.ts',
    'test/system/restored-vault.test.ts',
    'test/station/station-clock.test.ts',
  ],
  [
    'test/system/attacks/clock-ahead-after-a-boot.test.ts',
    'test/system/attacks/replays-what-the-store-said.test.ts',
    'test/system/attacks/where-a-reader-guesses.test.ts',
  ],
];

// Whole stations with their store in one process, and whole programs against stock tools: mosquitto, minisign, age, ffmpeg. Two files at a
// time: most of them wait for deadlines.
// They run what was built: call "npm run build" first (the npm script does).
export default defineConfig({
  test: {
    ...keptResults('e2e'),
    root: new URL('..', import.meta.url).pathname,
    include: ['test/station/**/*.test.ts', 'test/system/{,attacks/}*.test.ts', 'test/**/*.long.test.ts'],
    exclude: leftOut(TURNS),
    env: { LC_ALL: 'C.UTF-8' }, // commands speak the language of the machine
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
