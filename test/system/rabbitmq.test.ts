// A real station at a real RabbitMQ, which gives no retained message to a subscription with a wildcard and writes the dots of a topic as
// slashes: recordings arrive anyway, and monitoring sees the station where it asks for full topics.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { monitoringFindings } from '../fakes/monitoring-findings.ts';
import { lacksRabbitMq, RabbitMq } from '../fakes/rabbitmq.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { zabbixValues } from '../fakes/zabbix-values.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
/** Erlang, RabbitMQ and the station, on a machine with much else to do. */
const START_MS = 180_000;

describe.skipIf(lacksRabbitMq() || lacksTools('mosquitto_sub', 'mosquitto_pub', 'python3'))(
  'a station at RabbitMQ',
  () => {
    let broker: RabbitMq;
    let dock: DockRig;

    beforeAll(async () => {
      broker = await RabbitMq.open();
      dock = await DockRig.open({ broker });
      await mkdir(join(dock.folder, 'clients'));
      for (const tool of ['mosquitto_sub', 'mosquitto_pub'])
        await writeFile(join(dock.folder, 'clients', tool), `-h 127.0.0.1\n-p ${broker.port}\n`);
      await dock.put(1, 'DCIM/KOD_0001.MP4', seededRandom(5).bytes(2 * MIB));
      await dock.put(1, 'DCIM/EMPTY.MP4', new Uint8Array(0));
      await dock.start();
      await dock.untilEmptied(1, 60_000);
      await dock.untilBay(1, 'done', 20_000, ({ state }) => state === 'done');
    }, START_MS);
    afterAll(async () => {
      await dock?.close();
      await broker?.stop();
    });

    /** Runs one of the examples as a technician would, with the broker in a file. */
    async function example(name: string, ...args: string[]): Promise<string[]> {
      const path = fileURLToPath(new URL(`../../config/monitoring/${name}`, import.meta.url));
      const env = { ...process.env, XDG_CONFIG_HOME: join(dock.folder, 'clients'), MK_CONFDIR: dock.folder };
      const { stdout } = await run('python3', [path, ...args], { env, timeout: 40_000 });
      return stdout.trim().split('\n');
    }

    test('is seen by the check for Checkmk with its bay and its conditions, where the check has a list of stations', async () => {
      await writeFile(join(dock.folder, 'bodydock-stations'), `# of the town\n${STATION}\ntownhall-9\n`);
      const lines = await example('bodydock-checkmk.py');
      expect(lines[0]).toBe('0 "bodydock broker" stations=2 2 stations');
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`^0 "bodydock ${STATION}" free_bytes=\\d+.* (?:ready|degraded) since `),
        ),
      );
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`^0 "bodydock ${STATION} bay-1" entries_waiting=0 done, safe-to-take`),
        ),
      );
      expect(lines).toContainEqual(
        expect.stringMatching(new RegExp(`^0 "bodydock ${STATION} recording.rejected" subjects=1 A file`)),
      );
      expect(lines).toContainEqual(expect.stringMatching(/^3 "bodydock townhall-9" - no status/));
    });

    test('is not seen without that list, and the check says so', async () => {
      await writeFile(join(dock.folder, 'bodydock-stations'), '');
      const lines = await example('bodydock-checkmk.py');
      expect(lines).toEqual([
        expect.stringMatching(/^1 "bodydock broker" stations=0 .*RabbitMQ.*bodydock-stations/),
      ]);
    });

    test('is told by the doctor, and by the check at the store, that monitoring by wildcards sees nothing here', async () => {
      const { station, store, said } = await monitoringFindings(dock);
      expect(station).toEqual(['monitoring.full-topic']);
      expect(store).toEqual(['monitoring.full-topic']);
      expect(said).toMatch(/^Warnung: monitoring\.full-topic: .*RabbitMQ.*\n {2}Zabbix .*README\.md$/m);
      expect(await retained(`bodydock/v1/${STATION}/up/trial`), 'the trial is taken away again').toBe(0);
    });

    test('has entities for Home Assistant as configuration, whose topics are full ones', async () => {
      await expect(example('bodydock-home-assistant.py')).rejects.toThrow(
        /no station found.*RabbitMQ.*--station/,
      );
      const lines = await example('bodydock-home-assistant.py', '--station', STATION, '--yaml');
      const { mqtt } = parse(lines.join('\n')) as {
        mqtt: { sensor: { state_topic: string; unique_id: string } }[];
      };
      const ids = mqtt.map(({ sensor }) => sensor.unique_id);
      expect(ids).toEqual(expect.arrayContaining([`bodydock_${STATION}_state`, `bodydock_${STATION}_bay-1`]));
      expect(new Set(ids).size).toBe(ids.length);
      const topics = new Set(mqtt.map(({ sensor }) => sensor.state_topic));
      expect(await retained(...topics)).toBe(topics.size);
    });

    test('says its numbers anew each minute to a subscription with a wildcard, as Telegraf has one, and no state of a bay', async () => {
      expect(await retained('bodydock/v1/+/health', 'bodydock/v1/+/bay/+')).toBe(0);
      const args = [
        '-h',
        '127.0.0.1',
        '-p',
        `${broker.port}`,
        '-t',
        'bodydock/v1/+/health',
        '-W',
        '70',
        '-C',
        '1',
      ];
      const { stdout } = await run('mosquitto_sub', args, { timeout: 80_000 });
      expect(JSON.parse(stdout)).toMatchObject({ interval_seconds: 60 });
    });

    test.skipIf(lacksTools('zabbix_agent2'))("has a value for each item of Zabbix's template", async () => {
      const values = await zabbixValues(broker.port, STATION);
      expect(values.size).toBeGreaterThan(8);
      for (const [key, value] of values)
        expect(value, key).toEqual(
          key === 'bodydock.state' ? expect.stringMatching(/^(ready|degraded)$/) : expect.any(Number),
        );
    });

    /** How many retained messages come for these filters. */
    async function retained(...filters: string[]): Promise<number> {
      const args = ['-h', '127.0.0.1', '-p', `${broker.port}`, ...filters.flatMap((each) => ['-t', each])];
      const more = ['--retained-only', '-W', '1', '-F', '%t'];
      const { stdout } = await run('mosquitto_sub', [...args, ...more]).catch((error: unknown) => {
        // 27: the time is over, which is how it always ends.
        if (error instanceof Error && 'code' in error && error.code === 27 && 'stdout' in error)
          return { stdout: String(error.stdout) };
        throw error;
      });
      return stdout.split('\n').filter((line) => line !== '').length;
    }
  },
);
