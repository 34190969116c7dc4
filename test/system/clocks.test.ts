// The agent as a process whose wall clock is wrong, or moves while it runs, against a store and a broker with the right time.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { linuxClockSource } from '../../agent/platform/clock-source-linux.ts';
import { parseManifest, type Manifest } from '../../protocol/documents/manifest.ts';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { FakeWallClock } from '../fakes/fake-wall-clock.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { openShippedMosquitto } from '../fakes/shipped-mosquitto.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../fakes/tls.ts';
import { pause, until } from '../fakes/until.ts';

const YEARS_MS = 10 * 365 * 86_400_000;
const random = seededRandom(77);

describe.skipIf(lacksTools('faketime', 'mosquitto', 'openssl', 'age', 'minisign'))(
  'a station’s wall clock',
  () => {
    const closing: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
    });

    function openClock(): FakeWallClock {
      const clock = new FakeWallClock();
      closing.push(() => clock.close());
      return clock;
    }

    async function openRig(...wish: Parameters<typeof DockRig.open>): Promise<DockRig> {
      const rig = await DockRig.open(...wish);
      closing.push(() => rig.close());
      return rig;
    }

    async function manifests(rig: DockRig): Promise<Manifest[]> {
      const folders = await rig.receipted();
      const read = (name: string): Promise<Manifest> =>
        readFile(join(rig.vault, STATION, name, 'manifest.json')).then(parseManifest);
      return (await Promise.all(folders.map(read))).sort(
        (a, b) => a.original.size_bytes - b.original.size_bytes,
      );
    }

    /** Lines of the station's own log with that event. */
    async function custody(rig: DockRig, event: string): Promise<string[]> {
      const folder = join(rig.spool, 'custody');
      const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      return texts.flatMap((text) => text.split('\n')).filter((line) => line.includes(`"event":"${event}"`));
    }

    test('in 1970 keeps it from no camera, and certificates that are not yet valid are tried again once it is set', async () => {
      const authority = await TestAuthority.open();
      closing.push(() => authority.close());
      const broker = await openShippedMosquitto(authority);
      closing.push(() => broker.stop());
      const issue = (commonName: string): Promise<TestCertificate> =>
        authority.issue({ commonName, kind: 'client' });
      const station = await issue(STATION);
      const receiver = await issue('r-archive');
      const monitoring = await issue('monitoring');
      const files = ({ certFile, keyFile }: TestCertificate) => ({
        caFile: authority.caFile,
        certFile,
        keyFile,
      });
      const clock = openClock();
      const rig = await openRig({
        broker,
        agentTls: files(station),
        receiverTls: files(receiver),
        viewTls: {
          ca: Buffer.from(authority.ca),
          cert: Buffer.from(monitoring.cert),
          key: Buffer.from(monitoring.key),
        },
        agentEnvironment: clock.environment,
      });
      clock.move(-Date.now() + 86_400_000);
      await rig.put(1, 'DCIM/KOD_0001.MP4', random.bytes(400_000));
      await rig.start();
      await until(
        'spooled',
        30_000,
        async () => (await rig.spooled()).length === 1,
        () => rig.tails(),
      );
      await until(
        'a refused certificate',
        30_000,
        () => rig.agent.log().includes('not yet valid'),
        () => rig.tails(),
      );
      expect(await rig.receipted()).toEqual([]);

      clock.move(0);
      await rig.untilReceipted(1, 90_000);
      await rig.put(1, 'DCIM/KOD_0002.MP4', random.bytes(500_000));
      await rig.untilReceipted(2, 90_000);
      await rig.untilEmptied(1, 60_000);
      await until(
        'a step',
        30_000,
        async () => (await custody(rig, 'clock-stepped')).length === 1,
        () => rig.tails(),
      );
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: 2, onCameras: 0 });

      const [first, second] = await manifests(rig);
      const told = await linuxClockSource().isSynchronised(); // the system is asked, and its clock is the right one
      expect(first?.sealed_at).toMatch(/^1970-01-02T/);
      expect([first?.clock_synchronised, second?.clock_synchronised]).toEqual([told, told]);
      expect(Math.abs(Date.parse(second?.sealed_at ?? '') - Date.now())).toBeLessThan(600_000);
    });

    test('that jumps by ten years in pushes and pauses breaks no connection, erases nothing early and is in the log', async () => {
      const broker = await Mosquitto.open();
      closing.push(() => broker.stop());
      const clock = openClock();
      const rig = await openRig({ broker, agentEnvironment: clock.environment });
      for (const name of ['KOD_0001.MP4', 'KOD_0002.MP4', 'KOD_0003.MP4'])
        await rig.put(1, `DCIM/${name}`, random.bytes(12_000_000));
      await rig.start();
      // Over the push, and longer than a keep-alive of 15 s after it.
      for (let jump = 0; jump < 36; jump++) {
        clock.move([YEARS_MS, -YEARS_MS, 0][jump % 3] ?? 0);
        await pause(700);
      }
      await rig.untilEmptied(1, 60_000);
      expect(await rig.spooled()).toHaveLength(3);
      expect(await custody(rig, 'spool-reclaimed')).toEqual([]);
      expect((await custody(rig, 'clock-stepped')).length).toBeGreaterThanOrEqual(3);
      expect(
        broker.log().match(new RegExp(`New client connected from \\S+ as bodydock-${STATION} `, 'g')),
      ).toHaveLength(1);
      expect(rig.agent.log()).not.toContain('condition raised');
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: 3, onCameras: 0 });
    });
  },
);
