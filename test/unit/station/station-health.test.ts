import { Changes } from '../../../agent/spool/changes.ts';
import { TrustedWallClock } from '../../../agent/platform/trusted-wall-clock.ts';
import { expect, test } from 'vitest';
import { ClockWatch } from '../../../agent/monitoring/clock-watch.ts';
import { CustodyPush } from '../../../agent/push/custody-push.ts';
import { Keep } from '../../../agent/spool/keep.ts';
import { Station, type StationParts } from '../../../agent/station/station.ts';
import { StatusPublisher } from '../../../agent/monitoring/status.ts';
import { parseStationId, type SessionId } from '../../../protocol/format/ids.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { FixedClockSource } from '../../fakes/clock-source-fixed.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { PushRig } from '../push/push-rig.ts';

const session = 'abcdefghijklmnopqrstuvwxye' as SessionId;
const id = parseStationId('kod-1');
const topics = stationTopics('bodydock', id);

/** A station without bays; its status as it is retained. */
async function stationWith(
  rig: PushRig,
  change: Partial<StationParts> = {},
): Promise<{ station: Station; state: () => unknown }> {
  const { clock, log, conditions, hub } = rig;
  const custody = Object.assign(new MemoryCustody(), { close: async () => undefined });
  const broker = hub.client('station-itself');
  const source = {
    segments: () => [],
    read: async () => undefined,
    storeHolds: () => undefined,
    storeLost: () => undefined,
  };
  const dropping = {
    candidate: () => undefined,
    confirmed: () => undefined,
    refused: () => undefined,
    stop: async () => undefined,
  };
  const store = { station: id, storeKeys: [], receivers: [] };
  const clockWatch = await ClockWatch.open({
    source: new FixedClockSource(true),
    clock,
    custody,
    conditions,
    log,
  });
  const keep = new Keep({
    items: itemsAround({ custody }),
    clock,
    log,
    keepMs: 1000,
    changes: new Changes(),
    store: { isBehind: false },
    policy: { daysMax: undefined },
    wall: new TrustedWallClock(clock, () => null),
  });
  const station = new Station({
    session,
    policy: { enter: () => undefined, take: () => undefined, stop: async () => undefined },
    version: 'test',
    configSha256: '0'.repeat(64),
    provenRecipients: () => new Set(),
    unfinished: { close: async () => undefined },
    topics,
    broker,
    custody,
    custodyPush: new CustodyPush({
      broker,
      topics,
      store,
      strangeKeys: { refused: () => undefined },
      source,
      differences: { isOurs: async () => true },
      dropping,
      standing: { doubts: () => undefined, showsLess: () => undefined },
      clock,
      random: seededRandom(4),
      log,
      conditions,
    }),
    standing: { stop: async () => undefined, levels: new Changes<'level'>() },
    rollback: { start: () => undefined, take: () => undefined },
    differences: { run: async () => undefined },
    retirements: { run: async () => undefined },
    dockings: { start: () => undefined, settle: async () => undefined },
    tries: { run: async () => undefined, stop: async () => undefined, again: new Changes() },
    pusher: rig.pusher,
    witness: { take: () => undefined, connectionChanged: () => undefined, stop: () => undefined },
    monitoring: {
      status: new StatusPublisher({ broker, topics, session, clock, log }),
      start: async () => undefined,
      run: async () => undefined,
      storeHeard: () => undefined,
      configurationInForce: () => undefined,
      settle: async () => undefined,
      stop: () => undefined,
    },
    keep,
    dailyLook: { run: async () => undefined },
    staffReports: { run: async () => undefined },
    documentsDropping: { run: async () => undefined },
    settlement: { enter: async () => undefined, receipts: async () => undefined },
    clockWatch,
    unexpectedDevices: { run: async () => undefined },
    bays: [],
    clock,
    log,
    ...change,
  });
  const state = (): unknown => {
    const payload = hub.retained(topics.status);
    return payload && (JSON.parse(Buffer.from(payload).toString()) as { state: unknown }).state;
  };
  return { station, state };
}

test('what was wrong before the start makes the first status degraded, until it is over', async () => {
  const rig = new PushRig();
  const { station, state } = await stationWith(rig);
  station.conditionsChanged(1);
  await station.start();
  await settle();
  expect(state()).toBe('degraded');
  station.conditionsChanged(0);
  await settle();
  expect(state()).toBe('ready');
  await station.stop();
  await settle();
  expect(state()).toBe('offline');
});

test('a stop takes the notes of tries away before it waits for what may hang', async () => {
  const rig = new PushRig();
  let isTakenAway = false;
  const { station } = await stationWith(rig, {
    tries: {
      run: async () => undefined,
      stop: async () => void (isTakenAway = true),
      again: new Changes(),
    },
    unexpectedDevices: { run: () => new Promise(() => undefined) },
  });
  await station.start();
  const stopping = station.stop();
  await settle();
  expect(isTakenAway).toBe(true);
  await rig.clock.advance(30_000);
  await stopping;
});
