import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linuxClockSource, type LinuxClockPlaces } from '../../../agent/platform/clock-source-linux.ts';

const HOUR_S = 3600;
/** Answers of chronyc 4.6, `-n -c tracking`. */
const CHRONY_OK =
  'A29FC87B,162.159.200.123,4,1764057600.123456789,0.000012345,0.000023456,0.000034567,-12.345,0.001,0.05,0.01,0.002,64.5,Normal';
const CHRONY_NOT = '00000000,,0,0.000000000,0,0,0,0,0,0,1,1,0,Not synchronised';
const CHRONY_LOCAL =
  '7F7F0101,,10,1764057600.1,0.000000000,0.000000000,0.000000000,-9.1,0.0,0.0,0.0,0.0,0.0,Normal';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bodydock-clock-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program of that name that does what the shell lines say. */
function program(name: string, ...lines: readonly string[]): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
}

function says(name: string, text: string): void {
  program(name, `cat <<'END'`, text, 'END');
}

function source(places: LinuxClockPlaces = {}): ReturnType<typeof linuxClockSource> {
  return linuxClockSource({
    programs: `${join(folder, 'bin')}:/usr/bin:/bin`,
    timesyncFolder: join(folder, 'timesync'),
    ...places,
  });
}

describe('whether the clock is synchronised', () => {
  // The real programs of this machine would answer for the ones that are left out: shadow both.
  beforeEach(() => {
    for (const name of ['timedatectl', 'chronyc']) program(name, 'exit 1');
  });

  test('is what the kernel says, by timedatectl, asked for this one property', async () => {
    program('timedatectl', `[ "$*" = "show --property=NTPSynchronized" ] && echo NTPSynchronized=yes`);
    expect(await source().isSynchronised()).toBe(true);
    says('timedatectl', 'NTPSynchronized=no');
    expect(await source().isSynchronised()).toBe(false);
  });

  test('is not known where no program can be started', async () => {
    expect(await source({ programs: '/'.repeat(1_000_000) }).isSynchronised()).toBe(null);
  });

  test('is what chronyd says, where it leaves the kernel alone', async () => {
    says('timedatectl', 'NTPSynchronized=no');
    says('chronyc', CHRONY_OK);
    expect(await source().isSynchronised()).toBe(true);
  });

  test('is false where chronyd has no source, or only its own clock', async () => {
    for (const answer of [CHRONY_NOT, CHRONY_LOCAL]) {
      says('chronyc', answer);
      expect(await source().isSynchronised()).toBe(false);
    }
  });

  test('is what systemd-timesyncd left behind, where nobody else answers', async () => {
    expect(await source().isSynchronised()).toBeNull();
    mkdirSync(join(folder, 'timesync'));
    expect(await source().isSynchronised()).toBe(false);
    const touched = join(folder, 'timesync', 'synchronized');
    writeFileSync(touched, '');
    expect(await source().isSynchronised()).toBe(true);
    for (const agoS of [10 * HOUR_S, -10 * HOUR_S]) {
      const atS = Date.now() / 1000 - agoS;
      utimesSync(touched, atS, atS);
      expect(await source().isSynchronised()).toBe(false);
    }
  });

  test('is not known where nonsense, too much or nothing is answered', async () => {
    for (const lines of [
      ['echo NTPSynchronized=perhaps'],
      ['echo NTPSynchronized=yes', 'exit 1'],
      ['yes NTPSynchronized=yes | head -c 1000000'],
      ['printf "\\377\\000"'],
      ['kill -9 $$'],
    ]) {
      program('timedatectl', ...lines);
      program('chronyc', ...lines);
      expect(await source().isSynchronised(), lines[0]).toBeNull();
    }
  });

  test('is not waited for where a program hangs, even with a child that keeps its output open', async () => {
    program('timedatectl', 'sleep 10 &', 'sleep 10');
    program('chronyc', 'exec sleep 10');
    const startMs = performance.now();
    expect(await source({ timeoutMs: 200 }).isSynchronised()).toBeNull();
    expect(performance.now() - startMs).toBeLessThan(8000);
  });

  test('is asked without anything of the agent’s environment', async () => {
    process.env['BODYDOCK_TEST_SECRET'] = 'never passed on';
    program('timedatectl', '[ -z "$BODYDOCK_TEST_SECRET" ] && echo NTPSynchronized=yes');
    expect(await source().isSynchronised()).toBe(true);
    delete process.env['BODYDOCK_TEST_SECRET'];
  });

  test('where the programs are not there is not known', async () => {
    expect(await source({ programs: join(folder, 'none') }).isSynchronised()).toBeNull();
  });
});

describe('the time since the machine was started', () => {
  test('is the first number of /proc/uptime, and goes on', async () => {
    const real = linuxClockSource();
    const first = await real.bootMs();
    const second = await real.bootMs();
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThanOrEqual(first ?? NaN);
    const uptimeFile = join(folder, 'uptime');
    writeFileSync(uptimeFile, '13528.77 15101.73\n');
    expect(await source({ uptimeFile }).bootMs()).toBe(13_528_770);
  });

  test('is not known where the file is not there or says something else', async () => {
    const uptimeFile = join(folder, 'uptime');
    expect(await source({ uptimeFile }).bootMs()).toBeNull();
    for (const text of ['', 'soon', '-1.00 2', '1e9 2', '99999999999999.00 1']) {
      writeFileSync(uptimeFile, text);
      expect(await source({ uptimeFile }).bootMs()).toBeNull();
    }
  });
});
