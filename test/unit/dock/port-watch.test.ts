import { mkdtemp, rename, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlaceWatch } from '../../../agent/dock/bay-place.ts';
import { PortWatch } from '../../../agent/dock/make-place.ts';
import { PairWatch, PORT_GONE_MS, SWITCH_MS } from '../../../agent/dock/paired-place.ts';
import { deviceAt, isCameraPort } from '../../../drivers/serial/line.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { until } from '../../fakes/until.ts';

const live = (): AbortSignal => new AbortController().signal;

/** Lets a promise show what became of it. */
function outcome(work: Promise<unknown>): { readonly value: unknown; readonly error: unknown } {
  const seen: { value: unknown; error: unknown } = { value: undefined, error: undefined };
  work.then(
    (value) => (seen.value = value),
    (error: unknown) => (seen.error = error),
  );
  return seen;
}

describe('the watch over a serial port, with device nodes of this machine', () => {
  let folder = '';
  let path = '';
  let clock: ManualClock;
  let watch: PortWatch;
  beforeEach(async () => {
    folder = await mkdtemp('/dev/shm/bodydock-watch-');
    path = join(folder, 'usb-0:1.2:1.0-port0');
    clock = new ManualClock();
    watch = new PortWatch(path, { identity: deviceAt, clock });
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Moves the clock on until the watch says something; looking at the disk takes real time. */
  async function untilSaid(seen: ReturnType<typeof outcome>, secondsMax: number): Promise<void> {
    let seconds = 0;
    await until(
      'the watch to say something',
      5000,
      async () => {
        if (seen.value !== undefined || seen.error !== undefined) return true;
        if (seconds++ < secondsMax) await clock.advance(1000);
        return false;
      },
      () => `${secondsMax} s passed`,
    );
  }

  test('a port that is there already is taken at once', async () => {
    await symlink('/dev/null', path);
    expect(await watch.arrival(live())).toBe(await deviceAt('/dev/null'));
  });

  test('no link, a link that leads nowhere and a link to a file are no device; one that comes is found within seconds', async () => {
    expect(await watch.present()).toBeUndefined();
    await symlink('/dev/pts/no-such-terminal', path);
    expect(await watch.present()).toBeUndefined();
    const arriving = outcome(watch.arrival(live()));
    await clock.advance(5000);
    expect(arriving).toEqual({ value: undefined, error: undefined });
    await symlink('/dev/zero', join(folder, 'new'));
    await rename(join(folder, 'new'), path);
    await untilSaid(arriving, 20);
    expect(arriving.value).toBe(await deviceAt('/dev/zero'));
  });

  test.each([
    ['gone', (): Promise<void> => unlink(path)],
    [
      'replaced by another device',
      async (): Promise<void> => {
        await symlink('/dev/zero', join(folder, 'new'));
        await rename(join(folder, 'new'), path);
      },
    ],
  ])('a device that is %s has left within seconds', async (_how, change) => {
    await symlink('/dev/null', path);
    const leaving = outcome(watch.departure(await watch.arrival(live()), live()));
    await clock.advance(5000);
    expect(leaving.error).toBeUndefined();
    await change();
    await untilSaid(leaving, 20);
    expect(leaving.error).toMatchObject({ code: 'driver.detached' });
  });

  test('neither a pseudo terminal nor a missing node is a port that a camera brings along', async () => {
    expect(await isCameraPort('/dev/null')).toBe(false);
    expect(await isCameraPort(path)).toBe(false);
  });
});

describe('the watch over a port beside files', () => {
  /** What lies at the two places, as the test wants it. */
  function paired(): {
    watch: PairWatch;
    clock: ManualClock;
    now: { port: string | undefined; files: string | undefined };
    portGone: () => number;
  } {
    const clock = new ManualClock();
    const now: { port: string | undefined; files: string | undefined } = {
      port: undefined,
      files: undefined,
    };
    const half = (name: 'port' | 'files'): PlaceWatch => ({
      present: () => Promise.resolve(now[name]),
      arrival: () => Promise.reject(new Error('not used')),
      departure: () => Promise.reject(new Error('not used')),
      changes: () => () => Promise.resolve(),
    });
    let gone = 0;
    const onPortGone = (): void => void gone++;
    const watch = new PairWatch({ port: half('port'), files: half('files'), clock, onPortGone });
    return { watch, clock, now, portGone: () => gone };
  }

  test.each(['port', 'files'] as const)('a camera has come when its %s is there', async (first) => {
    const { watch, clock, now } = paired();
    const arriving = outcome(watch.arrival(live()));
    await clock.advance(3000);
    now[first] = 'x';
    await clock.advance(1000);
    expect(arriving.value).toBe('x');
  });

  test('files that go are the departure, whatever the port shows', async () => {
    const { watch, clock, now, portGone } = paired();
    Object.assign(now, { port: 'p', files: 'f' });
    watch.holdFiles('f');
    const leaving = outcome(watch.departure('f', live()));
    await clock.advance(10_000);
    now.files = 'other';
    await clock.advance(1000);
    expect(leaving.error).toMatchObject({ code: 'driver.detached' });
    expect(portGone()).toBe(0);
  });

  test('a port that goes while the files stay is told once, and is no departure', async () => {
    const { watch, clock, now, portGone } = paired();
    Object.assign(now, { port: 'p', files: 'f' });
    watch.holdFiles('f');
    const leaving = outcome(watch.departure('f', live()));
    await clock.advance(2000);
    now.port = undefined;
    await clock.advance(PORT_GONE_MS - 1000);
    expect(portGone()).toBe(0);
    await clock.advance(60_000);
    expect([portGone(), leaving.error]).toEqual([1, undefined]);
  });

  test('a camera that is taken out half by half is no port that failed', async () => {
    const { watch, clock, now, portGone } = paired();
    Object.assign(now, { port: 'p', files: 'f' });
    watch.holdFiles('f');
    const leaving = outcome(watch.departure('f', live()));
    await clock.advance(2000);
    now.port = undefined;
    await clock.advance(3000);
    now.files = undefined;
    await clock.advance(60_000);
    expect([portGone(), leaving.error]).toMatchObject([0, { code: 'driver.detached' }]);
  });

  test('before the files are held the camera may leave and come back, as it does when it changes its mode', async () => {
    const { watch, clock, now, portGone } = paired();
    now.port = 'p';
    const leaving = outcome(watch.departure('p', live()));
    await clock.advance(2000);
    now.port = undefined;
    await clock.advance(SWITCH_MS - 3000);
    Object.assign(now, { port: 'p2', files: 'f' });
    watch.holdFiles('f');
    await clock.advance(60_000);
    expect([leaving.error, portGone()]).toEqual([undefined, 0]);
    Object.assign(now, { port: undefined, files: undefined });
    await clock.advance(1000);
    expect(leaving.error).toMatchObject({ code: 'driver.detached' });
  });

  test('a stay that begins anew holds nothing of the one before', async () => {
    const { watch, clock, now } = paired();
    now.port = 'p';
    watch.holdFiles('f');
    await watch.arrival(live());
    const leaving = outcome(watch.departure('p', live()));
    await clock.advance(60_000);
    expect(leaving.error).toBeUndefined();
  });

  test('... but not for ever', async () => {
    const { watch, clock, now } = paired();
    now.port = 'p';
    const leaving = outcome(watch.departure('p', live()));
    await clock.advance(2000);
    now.port = undefined;
    await clock.advance(SWITCH_MS + 1000);
    expect(leaving.error).toMatchObject({ code: 'driver.detached' });
  });
});
