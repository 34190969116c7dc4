// A station that opens a million uploads at a real receiver, every second one with 10 TB announced: what the receiver holds in memory and on disk stays
// bounded, and another station is served all the while. Takes minutes: runs where BODYDOCK_FLOOD says how many, and in no CI.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseStationId } from '../../protocol/format/ids.ts';
import { openMqttBroker, type StartableBroker } from '../../agent/platform/broker-mqtt.ts';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { encodeMessage, messageField } from '../../protocol/transfer/messages.ts';
import { makeSecretKey, publicKeyLine, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { makeSessionId } from '../../protocol/format/ids.ts';
import { UNFINISHED_PER_STATION_MAX } from '../../agent/receiver/limits.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import { testBrokerOptions } from '../fakes/broker-subjects.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { pointTried } from '../fakes/points.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';
import { makeSample } from '../unit/receiver/sample.ts';

const UPLOADS = Number(process.env['BODYDOCK_FLOOD'] ?? 0);
const HOSTILE = parseStationId('hostile-1');
const TEN_TB = 1e13;
/** Of the receiver (DESIGN 8), at any number of offers. */
const RESIDENT_BYTES_MAX = 128 * 1024 * 1024;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.skipIf(UPLOADS === 0 || lacksTools('mosquitto'))('a flood of uploads', () => {
  test(
    `${UPLOADS}, of 10 TB every second one, are bounded, and another station is served`,
    { timeout: 3_600_000 },
    async () => {
      const random = seededRandom(77);
      const key = makeSecretKey(random);
      const broker = await Mosquitto.open({ lines: ['log_type error', 'log_type warning'] });
      closing.push(() => broker.stop());
      const rig = await DockRig.open({
        broker,
        moreStations: [{ id: HOSTILE, publicKey: publicKeyLine(publicKeyOf(key)) }],
      });
      closing.push(() => rig.close());
      await rig.start();
      const hostile = openMqttBroker({
        ...testBrokerOptions(broker.url, HOSTILE),
        maxPacketBytes: 1_000_000,
      });
      closing.push(() => hostile.close(true));
      hostile.start();
      await until('a connection', 10_000, () => hostile.connected);
      let served = 0;
      const beganMs = performance.now();
      for (let number = 0; number < UPLOADS; number++) {
        await offer(hostile, number);
        if (number % Math.ceil(UPLOADS / 5) !== 0) continue;
        await rig.put(1, `${++served}.MP4`, random.bytes(UNIT_BYTES + 100));
        await rig.untilEmptied(1, 120_000);
      }
      const seconds = (performance.now() - beganMs) / 1000;
      const resident = await peakBytes(rig.receiver.pid);
      const open = await readdir(join(rig.vault, '.incoming', HOSTILE)).catch(() => []);
      console.log(
        `flood: ${UPLOADS} uploads in ${Math.round(seconds)} s, ${open.length} left open, ${served} recordings of another station delivered beside them, receiver's peak ${(resident / 1024 / 1024).toFixed(0)} MiB`,
      );
      expect(resident).toBeLessThan(RESIDENT_BYTES_MAX);
      expect(open.length).toBeLessThanOrEqual(UNFINISHED_PER_STATION_MAX);
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: served, onCameras: 0 });

      async function offer(client: StartableBroker, number: number): Promise<void> {
        // Those of 10 TB are refused for the quota; every second one is small, is claimed, and never comes.
        const sizeBytes = number % 2 === 0 ? TEN_TB : UNIT_BYTES;
        const sealed = {
          size_bytes: sizeBytes,
          unit_bytes: UNIT_BYTES,
          chunks_sha256: '5'.repeat(64),
        } as const;
        const sample = makeSample(random, key, 100, { station: HOSTILE, sealed });
        const message = encodeMessage({
          message: 'offer',
          kind: 'recording',
          session: makeSessionId(random),
          manifest: messageField(sample.offer.bytes),
          signature: sample.offer.signature,
        });
        pointTried();
        await client
          .publish(stationTopics('bodydock', HOSTILE).offer(sample.recording), message, { qos: 0 })
          .catch(() => undefined);
      }
    },
  );
});

async function peakBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
