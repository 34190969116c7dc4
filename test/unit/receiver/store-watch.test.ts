// What a store says of itself: a receiver on a disk in memory, watched over a broker in memory.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { CertificateWatch } from '../../../agent/monitoring/certificate-watch.ts';
import { ConditionBoard } from '../../../agent/monitoring/condition-board.ts';
import { lostStatus } from '../../../agent/monitoring/status.ts';
import { STORE_CONDITION_TABLE } from '../../../agent/monitoring/store-condition-table.ts';
import { statusText } from '../../../agent/receiver/cli/status.ts';
import { SPACE_RESERVE_BYTES } from '../../../agent/receiver/limits.ts';
import { conditionsOfDesk, DeskWatch, StoreWatch } from '../../../agent/receiver/store-watch.ts';
import { certificateEnds } from '../../../config/certificate-files.ts';
import { makeSessionId, parseReceiverId } from '../../../protocol/format/ids.ts';
import {
  type ConditionDocument,
  type StatusDocument,
  type StoreHealthDocument,
  storeHealthSchema,
} from '../../../protocol/transfer/monitoring.ts';
import { storeTopics } from '../../../protocol/transfer/topics.ts';
import { BusJudge } from '../../fakes/bus-judge.ts';
import type { MemoryBroker } from '../../fakes/broker-memory.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { FixedMachine } from '../../fakes/machine-fixed.ts';
import { BenchTop, type ReceiverChoice } from './bench-top.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { STATION } from './sample.ts';
import { BASE } from './scripted-station.ts';

const MINUTE_MS = 60_000;
const topics = storeTopics(BASE, parseReceiverId('r-a'));

/** A receiver that is watched, and what a listener has of its topics. */
async function watched(seed: number, choice: ReceiverChoice = {}) {
  const top = new BenchTop(seed);
  const judge = new BusJudge(BASE, () => []);
  const seen = new Map<string, string>();
  top.hub.sent = (_from, { topic, payload, qos, retain }) => {
    if (!topic.startsWith(`${BASE}/v1/store/`)) return;
    judge.sent(topic, payload, { qos, retain });
    seen.set(topic, new TextDecoder().decode(payload));
  };
  const conditions = new ConditionBoard(new MemoryConditions(), top.clock, STORE_CONDITION_TABLE);
  const receiver = await top.receiver({ ...choice, conditions });
  const session = makeSessionId(top.random);
  const watch = new StoreWatch({
    broker: receiver.broker,
    topics,
    session,
    clock: top.clock,
    log: new MemoryLog(),
    conditions,
    machine: new FixedMachine(),
    measure: () => receiver.measure(),
    looks: [],
    notify: null,
  });
  watch.start();
  await top.clock.advance(10);
  const read = <T>(topic: string): T => JSON.parse(seen.get(topic) || 'null') as T;
  const health = (): StoreHealthDocument => storeHealthSchema.parse(read(topics.health));
  const status = (): StatusDocument => read(topics.status);
  const condition = (code: string): ConditionDocument => read(topics.condition(code));
  return { top, receiver, watch, conditions, judge, seen, health, status, condition, session };
}

describe('the watch of a store', () => {
  test('says its numbers at the start: what nobody counted yet is null, not nothing', async () => {
    const { health, status, judge, session } = await watched(1);
    expect(status()).toMatchObject({ state: 'ready', session, reason: null });
    expect(health()).toMatchObject({
      session,
      interval_seconds: 60,
      quota_bytes: 2 ** 40,
      recordings: null,
      recordings_held: null,
      recordings_due: null,
      recordings_deleted: null,
      transfers: 0,
      newest_receipt_at: null,
      log_size: null,
      outside_at: null,
      outside_age_seconds: null,
      policy: null,
      stations: [{ station: STATION, heard_at: null }],
      conditions: [],
    });
    const agent = {
      kind: 'agent',
      pid: 1,
      broker: 'b',
      broker_connected: true,
      rate_bytes_per_s: null,
    } as const;
    const says = { agent, status: status(), health: health(), conditions: [], cut: false };
    const unknown = statusText('r-a', says, 'en').match(/^.* not known yet/gm);
    expect(unknown?.map((line) => line.split(' ')[0])).toEqual(['Recordings', 'Receipt', 'Log']);
    expect(judge.findings).toEqual([]);
  });

  test('counts what came: the bytes, the receipt, a line of the log, and the station that was heard', async () => {
    const { top, health, judge } = await watched(2);
    const station = await top.station();
    const sample = top.sample(300_000);
    const startedMs = top.clock.wallMs();
    station.push(sample);
    await top.until('a receipt', () => top.stored(sample, 'receipt.json') !== undefined);
    await top.clock.advance(MINUTE_MS);
    const { used_bytes: used, newest_receipt_at: receipt, log_size: lines, stations, at } = health();
    expect(used).toBeGreaterThanOrEqual(300_000);
    expect(Date.parse(receipt ?? '')).toBeGreaterThanOrEqual(startedMs);
    expect(lines).toBeGreaterThan(0);
    expect(Date.parse(stations[0]?.heard_at ?? '')).toBeGreaterThanOrEqual(startedMs);
    expect(Date.parse(at)).toBeGreaterThan(Date.parse(stations[0]?.heard_at ?? ''));
    expect(judge.findings).toEqual([]);
  });

  test('does not count a station that the file does not name', async () => {
    const { top, receiver, health } = await watched(3);
    const stranger: MemoryBroker = top.hub.client('stranger');
    stranger.start();
    await top.clock.advance(10);
    await stranger.publish(`${BASE}/v1/stranger-1/up/offer/abcdefghijklmnopqrstuvwxye`, new Uint8Array(1), {
      qos: 1,
    });
    await top.clock.advance(MINUTE_MS);
    expect(health().stations).toEqual([{ station: STATION, heard_at: null }]);
    expect(receiver.broker.connected).toBe(true);
  });

  test('a disk that fills up is shown before anybody is turned away, with remedy, and goes when there is room', async () => {
    const { top, condition, status, health, judge } = await watched(4);
    top.disk.capacityBytes = top.disk.usedBytes + SPACE_RESERVE_BYTES;
    await top.clock.advance(MINUTE_MS);
    expect(condition('vault.full')).toMatchObject({ severity: 'critical', subjects: [{ subject: null }] });
    expect(condition('vault.full').remedy.de).toMatch(/Platz schaffen/);
    expect(status().state).toBe('degraded');
    expect(health()).toMatchObject({ conditions: ['vault.full'], conditions_critical: 1 });
    top.disk.capacityBytes = 2 ** 40;
    await top.clock.advance(2 * MINUTE_MS);
    expect(condition('vault.full')).toBeNull();
    expect(status().state).toBe('ready');
    expect(judge.findings).toEqual([]);
  });

  test('room that gets scarce is a warning, and no reason to be degraded', async () => {
    const { top, condition, status } = await watched(5, { quotaBytes: 1_000_000_000 });
    const station = await top.station();
    const sample = top.sample(960_000);
    station.push(sample);
    await top.until('a receipt', () => top.stored(sample, 'receipt.json') !== undefined);
    top.disk.capacityBytes = top.disk.usedBytes + SPACE_RESERVE_BYTES + 40_000;
    await top.clock.advance(MINUTE_MS);
    expect(condition('vault.low')).toMatchObject({
      severity: 'warning',
      subjects: [{ facts: { left_bytes: 40_000 } }],
    });
    expect(status().state).toBe('ready');
  });

  test('a condition whose severity the facts say has that one', async () => {
    const { top, conditions, condition, status } = await watched(6);
    conditions.raise('retention.clock', null, { severity: 'info', overdue: 0 });
    await top.clock.advance(2000);
    expect(condition('retention.clock').severity).toBe('info');
    expect(status().state).toBe('ready');
    conditions.raise('retention.clock', null, { severity: 'critical', overdue: 3 });
    await top.clock.advance(2000);
    expect(condition('retention.clock')).toMatchObject({
      severity: 'critical',
      subjects: [{ facts: { overdue: 3 } }],
    });
    expect(status().state).toBe('degraded');
  });

  test('says everything again at each connect, and that it was stopped', async () => {
    const { top, watch, seen, status, session } = await watched(7);
    seen.clear();
    top.hub.kill();
    await top.clock.advance(1000);
    top.hub.up();
    await top.until('connected', () => seen.has(topics.status));
    expect([...seen.keys()]).toContain(topics.health);
    expect([...seen.keys()].at(-1)).toBe(topics.status);
    const stopped = watch.stop();
    await top.clock.advance(2000);
    await stopped;
    expect(status()).toMatchObject({ state: 'offline', reason: 'stopped', session });
    expect(JSON.parse(new TextDecoder().decode(lostStatus(session, status().since)))).toMatchObject({
      reason: 'lost',
    });
  });

  test('a disk that does not answer makes `at` stale, and keeps neither status nor a stop', async () => {
    const clock = new ManualClock();
    const conditions = new ConditionBoard(new MemoryConditions(), clock, STORE_CONDITION_TABLE);
    const said: string[] = [];
    const watch = new StoreWatch({
      broker: {
        connected: true,
        publish: async (topic) => void said.push(topic),
        onState: () => undefined,
      },
      topics,
      session: makeSessionId(new BenchTop(8).random),
      clock,
      log: new MemoryLog(),
      conditions,
      machine: new FixedMachine(),
      measure: () => new Promise(() => undefined),
      looks: [],
      notify: null,
    });
    watch.start();
    await clock.advance(3 * MINUTE_MS);
    expect(said).toEqual([topics.status]);
  });
});

test.skipIf(lacksTools('openssl'))(
  'a certificate of the desk that ends is told as that of a server',
  async () => {
    const authority = await TestAuthority.open();
    try {
      const { certFile } = await authority.issue({ commonName: 'store', kind: 'server' }); // of a day
      const conditions = new MemoryConditions();
      const ends = (): ReturnType<typeof certificateEnds> => certificateEnds({ certFile, caFile: certFile });
      const parts = { clock: new ManualClock(Date.now()), log: new MemoryLog() };
      new CertificateWatch({ ...parts, conditions: conditionsOfDesk(conditions), ends }).look();
      await vi.waitFor(() => expect(conditions.isRaised('desk.certificate-expiring', 'server')).toBe(true));
      expect(new Set(conditions.codes())).toEqual(new Set(['desk.certificate-expiring']));
    } finally {
      await authority.close();
    }
  },
);

test('a desk that does not listen is told, and no more once it does', async () => {
  const conditions = new MemoryConditions();
  const server = createServer((socket) => socket.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  const watch = new DeskWatch({ address: '0.0.0.0', port }, conditions);
  const isRaised = (): boolean => conditions.isRaised('desk.unreachable', null);
  watch.look();
  await vi.waitFor(() => expect(isRaised()).toBe(true));
  await once(server.listen(port, '127.0.0.1'), 'listening');
  watch.look();
  await vi.waitFor(() => expect(isRaised()).toBe(false));
  await new Promise((resolve) => server.close(resolve));
});
