// A real station at a real broker, as monitoring sees it: the examples run against it, every message is judged by asyncapi.yaml, and a
// flood of messages at its topics (acceptance MQT-11) neither costs a core nor holds up what is pushed.
import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BusJudge } from '../fakes/bus-judge.ts';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { freePort } from '../fakes/free-port.ts';
import { metricsOf } from '../fakes/metrics-of.ts';
import { monitoringFindings } from '../fakes/monitoring-findings.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';
import { zabbixValues } from '../fakes/zabbix-values.ts';

const run = promisify(execFile);
const P = `bodydock/v1/${STATION}`;
const MIB = 1024 * 1024;
const FLOOD_PER_S = 1000;
const FLOOD_S = 3;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_S = 100;

describe.skipIf(lacksTools('mosquitto', 'mosquitto_sub', 'mosquitto_pub', 'python3', 'age', 'minisign'))(
  'monitoring a real station',
  () => {
    let broker: Mosquitto;
    let dock: DockRig;
    let spy: MqttClient;
    const judge = new BusJudge('bodydock', () => ['named-by-a-person']);
    const retained = new Map<string, string>();
    let metricsPort = 0;
    let healthExpiresSeconds: number | undefined;

    beforeAll(async () => {
      broker = await Mosquitto.open();
      dock = await DockRig.open({ broker });
      await mkdir(join(dock.folder, 'clients'));
      for (const tool of ['mosquitto_sub', 'mosquitto_pub'])
        await writeFile(join(dock.folder, 'clients', tool), `-h 127.0.0.1\n-p ${broker.port}\n`);
      spy = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
      spy.on('message', (topic, payload, { qos, retain, properties }) => {
        if (topic.endsWith('/health')) healthExpiresSeconds = properties?.messageExpiryInterval;
        if (topic.startsWith(`${P}/down/`)) return;
        judge.sent(topic, payload, { qos, retain });
        if (retain) retained.set(topic.slice(P.length + 1), payload.toString('utf8'));
      });
      // As published: whether it is retained is what a later listener sees.
      await spy.subscribeAsync(`${P}/#`, { qos: 1, rap: true });
      await dock.put(1, 'DCIM/named-by-a-person.MP4', seededRandom(5).bytes(2 * MIB));
      await dock.put(1, 'DCIM/EMPTY.MP4', new Uint8Array(0));
      metricsPort = await freePort();
      await appendFile(dock.stationFile, `\nmetrics:\n  port: ${metricsPort}\n`);
      await dock.start();
      await dock.untilEmptied(1, 60_000);
      await dock.untilBay(1, 'done', 20_000, ({ state }) => state === 'done');
    });
    afterAll(async () => {
      await spy?.endAsync(true);
      await dock?.close();
      await broker?.stop();
    });

    /** Runs one of the examples as a technician would, with the broker in a file. */
    async function example(name: string, ...args: string[]): Promise<string[]> {
      const path = fileURLToPath(new URL(`../../config/monitoring/${name}`, import.meta.url));
      const env = { ...process.env, XDG_CONFIG_HOME: join(dock.folder, 'clients') };
      const { stdout } = await run('python3', [path, ...args], { env, timeout: 40_000 });
      return stdout.trim().split('\n');
    }

    test('sees only what asyncapi.yaml describes, and no name of a file', () => {
      expect([...retained.keys()]).toEqual(expect.arrayContaining(['status', 'info', 'health', 'bay/bay-1']));
      expect(judge.findings).toEqual([]);
      expect(healthExpiresSeconds, 'a frozen station is forgotten').toBeGreaterThan(500);
    });

    test('gives a tool on its machine the same numbers', async () => {
      const metrics = metricsOf(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
      const health = JSON.parse(retained.get('health') ?? '{}') as Record<string, unknown>;
      expect(metrics.get('bodydock_station_spooled_recordings')).toBe(health['spooled_recordings']);
      expect(metrics.get('bodydock_condition{code="recording.rejected",severity="info"}')).toBe(1);
    });

    test('works by wildcards with mosquitto, say the doctor and the check at the store', async () => {
      const { station, store, said } = await monitoringFindings(dock);
      expect(station).toEqual(['monitoring.wildcard']);
      expect(store).toEqual(['monitoring.wildcard']);
      expect(said).toMatch(/^monitoring\.wildcard: /m);
    });

    test('by the check for Checkmk has a line for the station, each bay and each condition', async () => {
      const lines = await example('bodydock-checkmk.py');
      expect(lines[0]).toBe('0 "bodydock broker" stations=1 1 stations');
      expect(lines).toContainEqual(
        expect.stringMatching(/^0 "bodydock r-archive" free_bytes=\d+\|.*transfers=0\|.* ready since /),
      );
      const listed = join(dock.folder, 'listed');
      await writeFile(listed, `${STATION}\nr-archive\n`);
      const services = (all: readonly string[]): (string | undefined)[] =>
        all.map((line) => line.split('"')[1]);
      expect(services(await example('bodydock-checkmk.py', '--stations', listed))).toEqual(services(lines));
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(
            `^0 "bodydock ${STATION}" free_bytes=\\d+\\|spooled_recordings=\\d+\\|.* (?:ready|degraded) since `,
          ),
        ),
      );
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`^0 "bodydock ${STATION} bay-1" entries_waiting=0 done, safe-to-take, camera `),
        ),
      );
      expect(lines).toContainEqual(
        expect.stringMatching(
          new RegExp(`^0 "bodydock ${STATION} recording.rejected" subjects=1 A file on a camera is unusual`),
        ),
      );
    });

    test('by Home Assistant finds its entities, and they go again', async () => {
      const topics = await example('bodydock-home-assistant.py');
      expect(topics).toContain(`homeassistant/sensor/bodydock-${STATION}/bay-1/config`);
      const seen = new Map<string, string>();
      spy.on('message', (topic, payload) => void seen.set(topic, payload.toString('utf8')));
      await spy.subscribeAsync('homeassistant/#', { qos: 1 });
      await until('discovery', 5000, () => seen.size === topics.length);
      const bay = JSON.parse(seen.get(`homeassistant/sensor/bodydock-${STATION}/bay-1/config`) ?? '{}') as {
        state_topic: string;
      };
      expect(retained.get(bay.state_topic.slice(P.length + 1))).toBeDefined();
      await example('bodydock-home-assistant.py', '--remove');
      await until('removed', 5000, () => [...seen.values()].every((payload) => payload === ''));
      await spy.unsubscribeAsync('homeassistant/#');
    });

    test.skipIf(lacksTools('zabbix_agent2'))(
      "by Zabbix has a value for each of the template's items, from the agent's own plugin",
      async () => {
        const values = await zabbixValues(broker.port, STATION);
        expect(values.size).toBeGreaterThan(8);
        for (const [key, value] of values)
          expect(value, key).toEqual(
            key === 'bodydock.state' ? expect.stringMatching(/^(ready|degraded)$/) : expect.any(Number),
          );
      },
    );

    test('with 1,000 messages a second at its topics costs less than a core, and is pushed on all the same', async () => {
      await dock.put(1, 'DCIM/LATE.MP4', seededRandom(6).bytes(8 * MIB));
      const flood = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
      const before = await cpuSeconds(dock.agent.pid);
      const startMs = performance.now();
      const targets = ['down/custody', 'down/abcdefghijklmnopqrstuvwxye', 'down/nonsense', 'up/custody/x/0'];
      for (let sent = 0; sent < FLOOD_PER_S * FLOOD_S; sent++) {
        flood.publish(
          `${P}/${targets[sent % targets.length]}`,
          sent % 2 === 0 ? '{"message":"claim"}' : Buffer.alloc(200, sent),
        );
        if (sent % 50 === 49) await pause(50 - ((performance.now() - startMs) % 50));
      }
      const wallSeconds = (performance.now() - startMs) / 1000;
      expect((await cpuSeconds(dock.agent.pid)) - before).toBeLessThan(wallSeconds);
      await flood.endAsync();
      await dock.untilEmptied(1, 60_000);
    });

    test('that is lost says so by its will, and the check for Checkmk by its colour', async () => {
      await dock.agent.kill();
      await until('lost', 10_000, () => retained.get('status')?.includes('"lost"') === true);
      const lines = await example('bodydock-checkmk.py');
      expect(lines).toContainEqual(
        expect.stringMatching(new RegExp(`^2 "bodydock ${STATION}" - offline \\(lost\\) since `)),
      );
    });
  },
);

/** CPU time of a process with all its threads. Source: proc_pid_stat(5), fields 14 and 15. */
async function cpuSeconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}
