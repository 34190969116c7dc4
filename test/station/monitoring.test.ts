// What monitoring sees of a whole station: every topic, and conditions that appear by their real cause and go with it. What each
// message looks like is judged by DockAndStore in all suites.
import { afterEach, describe, expect, test } from 'vitest';
import { lostStatus } from '../../agent/monitoring/status.ts';
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import { NOTHING_TOLD } from '../../drivers/driver.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { makeSessionId } from '../../protocol/format/ids.ts';
import type {
  ConditionDocument,
  EventDocument,
  HealthDocument,
  InfoDocument,
} from '../../protocol/transfer/monitoring.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { SkippingClock } from '../fakes/clock-skipping.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import { BASE, DockAndStore, STATION, type DockOptions } from '../fakes/dock-and-store.ts';
import { seededRandom } from '../fakes/random-seeded.ts';

const P = `${BASE}/v1/${STATION}`;
let opened: DockAndStore | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function dockWith(options: DockOptions = {}): Promise<DockAndStore> {
  opened = await DockAndStore.open(options);
  return opened;
}

function retained<T>(dock: DockAndStore, topic: string): T | undefined {
  const payload = dock.hub.retained(`${P}/${topic}`);
  return payload === undefined ? undefined : (JSON.parse(Buffer.from(payload).toString()) as T);
}

const shown = (dock: DockAndStore, code: string): ConditionDocument | undefined =>
  retained<ConditionDocument>(dock, `condition/${code}`);
const facts = (dock: DockAndStore, code: string): unknown => shown(dock, code)?.subjects[0]?.facts;
const status = (dock: DockAndStore): unknown => retained<{ state: string }>(dock, 'status')?.state;

/** Takes the camera out and puts it in again, once everything was said of it. */
async function dockAgain(dock: DockAndStore): Promise<void> {
  dock.camera.detach();
  await dock.until('gone', () => dock.bay()['state'] === 'empty');
  dock.camera.attach();
  await dock.until('there again', () => dock.bay()['state'] === 'done');
}

describe('monitoring of a station', () => {
  test('finds information and numbers at once, and again after the broker forgot everything', async () => {
    const dock = await dockWith();
    await dock.startStation();
    await dock.until('ready', () => status(dock) === 'ready');
    const info = retained<InfoDocument>(dock, 'info');
    expect(info).toMatchObject({
      station: STATION,
      configuration: { release: 'after-receipt', recipients: 1, recipients_proven: 1 },
    });
    const health = retained<HealthDocument>(dock, 'health');
    expect(health).toMatchObject({
      spooled_recordings: 0,
      oldest_unstored_seconds: 0,
      session: info?.session,
      temperature_c: 40,
    });
    dock.station?.station.configurationInForce('1'.repeat(64));
    const sha256 = (): unknown => retained<InfoDocument>(dock, 'info')?.configuration.sha256;
    await dock.until('the new configuration', () => sha256() === '1'.repeat(64));
    dock.hub.kill();
    expect(retained(dock, 'info')).toBeUndefined();
    dock.hub.up();
    await dock.until('said again', () => status(dock) === 'ready');
    const again = ['info', 'health', 'bay/bay-1'].map((topic) => retained(dock, topic));
    expect(again).not.toContain(undefined);
  });

  test('hears within minutes that it is there, where the will of an earlier connection comes behind what it said', async () => {
    const dock = await dockWith({ clock: new SkippingClock(40) });
    await dock.startStation();
    await dock.until('ready', () => status(dock) === 'ready');
    const ready = retained(dock, 'status');
    const late = dock.hub.client('another node of the broker');
    late.start();
    await dock.until('connected', () => late.connected);
    const will = lostStatus(makeSessionId(seededRandom(1)), new Date().toISOString());
    await late.publish(`${P}/status`, will, { qos: 1, retain: true });
    expect(status(dock)).toBe('offline');
    await dock.until('said again', () => status(dock) === 'ready', 6000);
    expect(retained(dock, 'status')).toEqual(ready);
  });

  test('hears what happened, counted, with a sequence that shows what was missed', async () => {
    const dock = await dockWith();
    const events: EventDocument[] = [];
    const listener = dock.hub.client('listener');
    listener.onMessage(
      ({ payload }) => void events.push(JSON.parse(Buffer.from(payload).toString()) as EventDocument),
    );
    await listener.subscribe(`${P}/event`);
    listener.start();
    for (let at = 0; at < 30; at++) dock.camera.put(`${at}.MP4`, new Uint8Array(100 + at));
    await dock.startReceiver();
    await dock.startStation();
    const total = (event: string): number =>
      events.filter((each) => each.event === event).reduce((sum, { count }) => sum + count, 0);
    await dock.until('all told', () => total('erased') === 30);
    expect([total('docked'), total('spooled')]).toEqual([1, 30]);
    expect(total('receipted')).toBeGreaterThanOrEqual(30);
    expect(events.length).toBeLessThan(30);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
    expect(events.find(({ event }) => event === 'docked')).toMatchObject({ bay: 'bay-1', camera: 'cam-1' });
    await listener.close(true);
  });

  test('sees what an earlier run left behind go at the first connect', async () => {
    const dock = await dockWith();
    const earlier = dock.hub.client('earlier');
    earlier.start();
    await dock.until('connected', () => earlier.connected);
    await earlier.publish(`${P}/condition/spool.full`, new Uint8Array([0x7b]), { qos: 1, retain: true });
    await dock.startStation();
    await dock.until('ready', () => status(dock) === 'ready');
    expect(dock.hub.retainedTopics().filter((topic) => topic.includes('/condition/'))).toEqual([]);
    await earlier.close(true);
  });

  test('sees a condition that changed while the broker was away as it is now', async () => {
    const dock = await dockWith({ proven: false, release: 'after-receipt' });
    dock.camera.put('one.MP4', new Uint8Array(5000));
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('shown', () => shown(dock, 'release.refused') !== undefined);
    expect(facts(dock, 'release.refused')).toEqual({ reason: 'recipient-unproven' });
    expect(status(dock)).toBe('degraded');
    dock.hub.hold('station');
    dock.camera.remove('one.MP4');
    dock.camera.detach();
    dock.camera.attach();
    await dock.until('judged anew', () => !dock.conditions.isRaised('release.refused', 'bay-1'));
    expect(shown(dock, 'release.refused')).toBeDefined();
    dock.hub.release('station');
    await dock.until('gone', () => shown(dock, 'release.refused') === undefined);
  });
});

describe('a condition', () => {
  test('of files that vanish stands until the camera was docked once more without a loss', async () => {
    const dock = await dockWith({ release: 'never', clock: new BelievingClock({ pace: 20 }) });
    dock.camera.put('DCIM/first-one.MP4', new Uint8Array(5000));
    dock.camera.put('DCIM/second-one.MP4', new Uint8Array(6000));
    await dock.startStation();
    await dock.until('both here', () => dock.bay()['entries_spooled'] === 2);
    expect(shown(dock, 'camera.vanished')).toBeUndefined();
    dock.camera.remove('DCIM/second-one.MP4');
    await dock.until('noticed', () => shown(dock, 'camera.vanished') !== undefined);
    expect(shown(dock, 'camera.vanished')?.subjects[0]?.subject).toBe('cam-1');
    expect(facts(dock, 'camera.vanished')).toEqual({ entries: 1, entries_here: 1 });
    expect(status(dock)).toBe('degraded');
    dock.camera.detach();
    await dock.until('gone', () => dock.bay()['state'] === 'empty');
    expect(shown(dock, 'camera.vanished')).toBeDefined();
    dock.camera.attach();
    await dock.until('there', () => dock.bay()['entries_spooled'] === 1);
    dock.camera.detach();
    await dock.until('cleared', () => shown(dock, 'camera.vanished') === undefined);
    await dock.until('ready', () => status(dock) === 'ready');
  });

  test('of files that vanished outlives the agent, however it ends', async () => {
    const dock = await dockWith({ release: 'never', clock: new BelievingClock({ pace: 20 }) });
    dock.camera.put('DCIM/first-one.MP4', new Uint8Array(5000));
    dock.camera.put('DCIM/second-one.MP4', new Uint8Array(6000));
    await dock.startStation();
    await dock.until('both here', () => dock.bay()['entries_spooled'] === 2);
    dock.camera.remove('DCIM/second-one.MP4');
    await dock.until('noticed', () => shown(dock, 'camera.vanished') !== undefined);
    for (const isDocked of [true, false]) {
      if (!isDocked) dock.camera.detach();
      await dock.stopStation();
      dock.conditions.clear('camera.vanished', 'cam-1'); // as far as the process that ended goes
      if (isDocked) dock.camera.detach();
      await dock.startStation();
      await dock.until('empty', () => dock.bay()['state'] === 'empty' && status(dock) === 'degraded');
      expect(shown(dock, 'camera.vanished')?.subjects[0]?.subject).toBe('cam-1');
      expect(facts(dock, 'camera.vanished')).toEqual({ entries: 1, entries_here: 1 });
    }
    dock.camera.attach();
    await dock.until('there', () => dock.bay()['entries_spooled'] === 1);
    dock.camera.detach();
    await dock.until('cleared', () => shown(dock, 'camera.vanished') === undefined);
    await dock.stopStation();
    await dock.startStation();
    await dock.until('ready', () => status(dock) === 'ready');
    expect(shown(dock, 'camera.vanished')).toBeUndefined();
  });

  test('of a clock and a battery appears with a docking and goes with the next good one', async () => {
    const dock = await dockWith({ clockSource: new FixedClockSource(true) });
    let aheadMs = 3_600_000;
    dock.camera.clock = {
      read: () => ({ claimedMs: Date.now() + aheadMs, zoneMinutes: 0, resolutionMs: 1000 }),
      set: () => 'not-supported',
    };
    dock.camera.condition = { ...NOTHING_TOLD, batteryPercent: 3, batteryCycles: 411 };
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('both shown', () => shown(dock, 'camera.battery-weak') !== undefined);
    expect(facts(dock, 'camera.clock-wrong')).toEqual({ offset_s: 3600 });
    expect(facts(dock, 'camera.battery-weak')).toMatchObject({ battery_percent: 3, battery_cycles: 411 });
    await dock.until('done', () => dock.bay()['state'] === 'done');
    aheadMs = 0;
    dock.camera.condition = { ...NOTHING_TOLD, batteryPercent: 90 };
    await dockAgain(dock);
    const codes = ['camera.clock-wrong', 'camera.battery-weak'];
    await dock.until('both over', () => codes.every((code) => shown(dock, code) === undefined));
    expect(status(dock)).toBe('ready');
  });

  test('of an odd file is told, does not limit the station, and goes with receipt and camera', async () => {
    const dock = await dockWith();
    dock.camera.put('DCIM/nothing-in-it.MP4', new Uint8Array(0));
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('shown', () => shown(dock, 'recording.rejected') !== undefined);
    expect(facts(dock, 'recording.rejected')).toEqual({ bay: 'bay-1', reason: 'empty' });
    await dock.until('released', () => dock.camera.files().length === 0);
    expect([shown(dock, 'recording.rejected')?.severity, status(dock)]).toEqual(['info', 'ready']);
    dock.camera.detach();
    await dock.until('over', () => shown(dock, 'recording.rejected') === undefined);
  });

  test('of files that cannot be taken, and of places that cannot be listed, stands as long as that is so', async () => {
    let isWell = false;
    const wrapDriver = (driver: Driver): Driver =>
      wrapSessions(driver, (session) => {
        const listAll = session.inventory.bind(session);
        const readOne = session.read.bind(session);
        const inventory: CameraSession['inventory'] = async (signal) => {
          const listed = await listAll(signal);
          return isWell ? listed : { ...listed, problems: [{ reason: 'unreadable-folder', path: null }] };
        };
        const read: CameraSession['read'] = (entry, offset, signal) => {
          if (isWell || !Buffer.from(entry.path).includes('locked')) return readOne(entry, offset, signal);
          throw new DockError('driver.unreadable', 'no right to read DCIM/locked-away.MP4', {
            retry: 'later',
          });
        };
        return Object.assign(session, { inventory, read });
      });
    const dock = await dockWith({ wrapDriver, clock: new BelievingClock({ pace: 40 }) });
    dock.camera.put('DCIM/locked-away.MP4', new Uint8Array(500));
    dock.camera.put('DCIM/well.MP4', new Uint8Array(600));
    await dock.startStation();
    await dock.until('both shown', () => shown(dock, 'camera.not-taken') !== undefined);
    expect(facts(dock, 'camera.not-taken')).toEqual({ entries: 1, reason: 'unreadable' });
    expect(facts(dock, 'camera.listing')).toMatchObject({ places: 1 });
    expect(dock.bay()['light']).toBe('call-someone');
    isWell = true;
    await dock.until('both over', () => status(dock) === 'ready');
    await dock.until('safe', () => dock.bay()['light'] === 'safe-to-take');
  });
});

/** The same cameras with other sessions. */
function wrapSessions(driver: Driver, wrap: (session: CameraSession) => CameraSession): Driver {
  return {
    name: driver.name,
    probe: (place, signal) => driver.probe(place, signal),
    open: async (place, signal) => wrap(await driver.open(place, signal)),
  };
}
