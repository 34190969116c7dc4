// The numbers as OpenMetrics: what is in the text, and who gets it.
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { OpenServer } from '../../../agent/platform/http-serve.ts';
import { metricsText, serveMetrics } from '../../../agent/monitoring/metrics.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { metricsOf } from '../../fakes/metrics-of.ts';

const SESSION = 'abcdefghijklmnopqrstuvwxye';
const AT = '2026-12-02T01:00:00.000Z';
const STORE_HEALTH = {
  session: SESSION,
  at: AT,
  interval_seconds: 60,
  uptime_seconds: 12,
  free_bytes: 5e9,
  used_bytes: null,
  quota_bytes: 1e12,
  recordings: 7,
  recordings_held: 2,
  recordings_due: 0,
  recordings_deleted: 40,
  transfers: 1,
  newest_receipt_at: AT,
  log_size: 99,
  outside_at: null,
  outside_age_seconds: null,
  policy: 3,
  stations: [
    { station: 'townhall-1', heard_at: AT },
    { station: 'townhall-2', heard_at: null },
  ],
  event_loop_delay_ms: 1,
  memory_bytes: 6e7,
  conditions_info: 0,
  conditions_warning: 1,
  conditions_error: 0,
  conditions_critical: 0,
  conditions: ['vault.low'],
};
const CONDITION = {
  code: 'vault.low',
  severity: 'warning',
  session: SESSION,
  since: AT,
  text: { en: 'a', de: 'b' },
  remedy: { en: 'a', de: 'b' },
  subjects_shown: 1,
  subjects: [{ subject: null, since: AT, facts: {} }],
};
const STATUS = { state: 'degraded', session: SESSION, since: AT, reason: null };
const DOCUMENTS = [
  { kind: 'status', json: JSON.stringify(STATUS) },
  { kind: 'store-health', json: JSON.stringify(STORE_HEALTH) },
  { kind: 'condition', json: JSON.stringify(CONDITION) },
  { kind: 'bay', json: '{}' },
];

describe('the text', () => {
  test('has every number of the document once, and nothing for what is not known', () => {
    const metrics = metricsOf(metricsText(DOCUMENTS));
    expect(metrics.get('bodydock_store_free_bytes')).toBe(5e9);
    expect(metrics.get('bodydock_store_recordings_held')).toBe(2);
    expect(metrics.get('bodydock_store_newest_receipt_timestamp_seconds')).toBe(Date.parse(AT) / 1000);
    expect(metrics.get('bodydock_store_measured_timestamp_seconds')).toBe(Date.parse(AT) / 1000);
    expect(metrics.get('bodydock_store_station_heard_timestamp_seconds{station="townhall-1"}')).toBe(
      Date.parse(AT) / 1000,
    );
    expect([...metrics.keys()].filter((name) => /used|outside|townhall-2|session/.test(name))).toEqual([]);
    expect(metrics.get('bodydock_condition{code="vault.low",severity="warning"}')).toBe(1);
    const states = ['init', 'ready', 'degraded', 'offline'];
    expect(states.map((state) => metrics.get(`bodydock_state{state="${state}"}`))).toEqual([0, 0, 1, 0]);
    const numbers = Object.values(STORE_HEALTH).filter((value) => typeof value === 'number').length;
    expect([...metrics.keys()].filter((name) => /^bodydock_store_[a-z_]+$/.test(name))).toHaveLength(
      numbers + 2,
    );
  });
});

describe('the server', () => {
  let open: OpenServer | undefined;
  let made = 0;
  afterEach(async () => {
    await open?.close();
    open = undefined;
    made = 0;
  });

  async function serve(documents = async () => (made++, DOCUMENTS), port = 0): Promise<number> {
    // On this clock no time passes: all questions come at the same time.
    open = await serveMetrics({ port, documents, clock: new ManualClock(), log: new MemoryLog() });
    return open.port;
  }

  function get(
    port: number,
    options: { method?: string; path?: string; headers?: Record<string, string> } = {},
  ): Promise<{
    status: number | undefined;
    type: string | undefined;
    allow: string | undefined;
    text: string;
  }> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path: '/metrics', ...options }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            type: response.headers['content-type'],
            allow: response.headers.allow,
            text: Buffer.concat(pieces).toString(),
          }),
        );
      });
      asked.on('error', reject).end();
    });
  }

  test('gives the numbers to who asks on this machine', async () => {
    const port = await serve();
    const { status, type, text } = await get(port);
    expect([status, type]).toEqual([200, 'application/openmetrics-text; version=1.0.0; charset=utf-8']);
    expect(metricsOf(text).get('bodydock_store_log_size')).toBe(99);
  });

  test.each([
    ['another method', { method: 'POST' }, 405],
    ['another path', { path: '/' }, 404],
    ['a name that leads here', { headers: { host: 'evil.example.org' } }, 421],
    ['a page of another host', { headers: { origin: 'https://evil.example.org' } }, 403],
  ])('gives nothing to %s', async (_what, options, expected) => {
    const { status, text, allow } = await get(await serve(), options);
    expect([status, text, made]).toEqual([expected, '', 0]);
    expect(allow).toBe(status === 405 ? 'GET' : undefined);
  });

  test('listens on one address of this machine and no other', async () => {
    const port = await serve();
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port });
      socket.once('connect', () => resolve('connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('close', () => socket.destroy());
    });
    expect(outcome).toBe('ECONNREFUSED');
  });

  test('makes the numbers once for all who ask at about the same time', async () => {
    const port = await serve();
    const answers = await Promise.all(Array.from({ length: 8 }, () => get(port)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(made).toBe(1);
  });

  test('says so where the port is taken or no numbers can be made, and ends nothing', async () => {
    const port = await serve();
    const log = new MemoryLog();
    const second = await serveMetrics({ port, documents: async () => DOCUMENTS, clock: nodeClock(), log });
    expect([second.port, log.messages()]).toEqual([0, ['metrics not served']]);
    await second.close();
    await open?.close();
    const { status } = await get(await serve(() => Promise.reject(new Error('a disk that hangs'))));
    expect(status).toBe(503);
  });
});
