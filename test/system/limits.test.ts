// A station at a shared uplink, as a technician sets it up: it takes no more of the line than it may, and sends recordings at their hours
// only. Judged by bytes and times that a busy machine can only make longer.
import { readFile, writeFile } from 'node:fs/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { until } from '../fakes/until.ts';

const ZONE = 'Europe/Berlin';
const RATE = 1_000_000;
const FILE_BYTES = 2_000_000;
const WAIT_MS = 60_000;
const random = seededRandom(9);

interface Status {
  readonly rate_bytes_per_s: number | null;
  readonly health: { readonly spooled_recordings: number; readonly window_opens_at: string | null };
}

/** "HH:MM" of the zone, so many hours from now. */
function berlin(hours: number): string {
  const at = Date.now() + hours * 3_600_000;
  return new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, timeStyle: 'short' }).format(at);
}

describe('a station at a shared uplink', () => {
  let rig: DockRig;
  let client: MqttClient;
  let text: string;
  /** Recordings that were offered, and the payload bytes of what follows. */
  const offers: string[] = [];
  let bytes = 0;

  beforeAll(async () => {
    rig = await DockRig.open({
      release: 'never',
      stationBroker: { rate_bytes_per_s: RATE },
      agentEnvironment: { TZ: ZONE },
    });
    text = await readFile(rig.stationFile, 'utf8');
    client = await connectAsync(`mqtt://127.0.0.1:${rig.broker.port}`);
    client.on('message', (topic, payload) => {
      if (topic.includes('/up/offer/')) {
        const { kind } = JSON.parse(payload.toString('utf8')) as { kind: string };
        if (kind === 'recording') offers.push(topic.split('/').at(-1) ?? '');
      } else if (/\/\d+$/.test(topic) && !topic.includes('/up/custody/')) bytes += payload.length;
    });
    await client.subscribeAsync(`bodydock/v1/${STATION}/up/#`);
  });
  afterAll(async () => {
    await client.endAsync(true);
    await rig.close();
  });

  const status = async (): Promise<Status> => {
    const { stdout } = await runProgram(BODYDOCK, ['status', '--config', rig.stationFile, '--json']);
    return JSON.parse(stdout) as Status;
  };

  const untilStatus = (what: string, isSo: (status: Status) => boolean): Promise<unknown> =>
    until(
      what,
      WAIT_MS,
      async () => isSo(await status()),
      () => rig.tails(),
    );

  test('sends no faster than its rate, and says which one is in force', async () => {
    for (const name of ['A.MP4', 'B.MP4']) await rig.put(1, name, random.bytes(FILE_BYTES));
    const begunMs = performance.now();
    await rig.start();
    expect((await status()).rate_bytes_per_s).toBe(RATE);
    await rig.untilReceipted(2, WAIT_MS);
    const seconds = (performance.now() - begunMs) / 1000;
    expect(bytes).toBeGreaterThanOrEqual(2 * FILE_BYTES);
    expect(seconds).toBeGreaterThan((2 * FILE_BYTES) / RATE - 0.5);
  });

  test('offers no recording outside of its hours, tells until when it waits, and goes on once they are over', async () => {
    const from = berlin(2);
    const hours = `windows: [{ from: "${from}", to: "${berlin(3)}" }]`;
    await writeFile(rig.stationFile, text.replace(`rate_bytes_per_s: ${RATE}`, hours));
    await untilStatus('no rate any more', ({ rate_bytes_per_s: rate }) => rate === null);
    const offered = new Set(offers);
    const dockings = (await rig.receiptedDockings()).length;
    await rig.put(1, 'C.MP4', random.bytes(FILE_BYTES));
    await untilStatus('a recording that waits', ({ health }) => health.window_opens_at !== null);
    await rig.takeOut();
    await until(
      'a record of the docking',
      WAIT_MS,
      async () => (await rig.receiptedDockings()).length > dockings,
      () => rig.tails(),
    );
    const { health } = await status();
    expect(health.spooled_recordings).toBe(1);
    const opens = new Date(health.window_opens_at ?? '');
    expect(new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, timeStyle: 'short' }).format(opens)).toBe(from);
    expect(offers.filter((id) => !offered.has(id))).toEqual([]);
    expect(await rig.receipted()).toHaveLength(2);
    await writeFile(rig.stationFile, text.replace(`rate_bytes_per_s: ${RATE}`, 'windows: []'));
    await rig.untilReceipted(3, WAIT_MS);
    expect((await status()).health.window_opens_at).toBeNull();
    await rig.stop();
    expect(rig.check([1]).problems).toEqual([]);
  });
});
