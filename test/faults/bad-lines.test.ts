// Lines that are bad for long: slow, late and lossy at a time, flapping, half-open, byte by byte; and a machine that slept. With real programs,
// a real mosquitto and real TCP. Each takes minutes: they run where BODYDOCK_BAD_LINES is set, and in no CI.
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { FakeWallClock } from '../fakes/fake-wall-clock.ts';
import { freePort } from '../fakes/free-port.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { lackingForPoorLine, PoorLine } from '../fakes/poor-line.ts';
import { pointTried } from '../fakes/points.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TcpProxy, type Direction } from '../fakes/tcp-proxy.ts';
import { TestAuthority } from '../fakes/tls.ts';
import { pause, until } from '../fakes/until.ts';

const isWanted = process.env['BODYDOCK_BAD_LINES'] !== undefined;
/** Of the sleep; an hour takes an hour. */
const SLEEP_S = Number(process.env['BODYDOCK_SLEEP_S'] ?? 120);
const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const random = seededRandom(2026);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Both programs, which may take long on a busy machine. */
function begin(rig: DockRig): void {
  rig.receiver.launch();
  rig.agent.launch();
}

/** Messages with bytes of a recording that the broker took, by topic. */
function piecesAt(broker: Mosquitto): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, topic = ''] of broker
    .log()
    .matchAll(/Received PUBLISH from \S+ \(.*?'([^']*\/up\/r-[^/]+\/[a-z2-7]{26}\/\d+)'/g))
    counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}

describe.skipIf(!isWanted || lacksTools('mosquitto', 'faketime'))('a bad line', () => {
  interface Lines {
    readonly rig: DockRig;
    readonly broker: Mosquitto;
    readonly station: TcpProxy;
    readonly receiver: TcpProxy;
  }

  async function openLines(environment: Readonly<Record<string, string>> = {}): Promise<Lines> {
    const broker = await Mosquitto.open();
    closing.push(() => broker.stop());
    const [station, receiver] = await Promise.all([TcpProxy.open(broker.port), TcpProxy.open(broker.port)]);
    closing.push(() => Promise.all([station.close(), receiver.close()]));
    const rig = await DockRig.open({
      broker,
      agentPort: async () => station.port,
      receiverPort: async () => receiver.port,
      agentEnvironment: environment,
      receiverEnvironment: environment,
    });
    closing.push(() => rig.close());
    return { rig, broker, station, receiver };
  }

  test.skipIf(lackingForPoorLine() !== undefined)(
    'of 10 kB/s that takes 3 s there and back and loses every fifth packet each way carries all, and nothing is begun anew',
    { timeout: 90 * MINUTE_MS },
    async () => {
      const line = await PoorLine.open({ bytesPerS: 10_000, delayMs: 1500, lostPerMille: 200, seed: 3 });
      let isClosed = false;
      closing.push(() => isClosed || line.close());
      const port = await freePort();
      const authority = await TestAuthority.open();
      closing.push(() => authority.close());
      const names = [`IP:${line.ownAddress}`];
      const server = await authority.issue({ commonName: 'localhost', kind: 'server', names });
      const station = await authority.issue({ commonName: 'townhall-1', kind: 'client' });
      const files = [
        `cafile ${authority.caFile}`,
        `certfile ${server.certFile}`,
        `keyfile ${server.keyFile}`,
      ];
      const broker = await Mosquitto.open({
        lines: [`listener ${port} ${line.ownAddress}`, ...files, 'tls_version tlsv1.3'],
      });
      closing.push(() => broker.stop());
      const rig = await DockRig.open({
        broker,
        agentPort: async () => port,
        agentHost: line.ownAddress,
        agentTls: { caFile: authority.caFile, certFile: station.certFile, keyFile: station.keyFile },
        agentWrapper: line.wrapper,
      });
      closing.push(() => rig.close());
      await rig.put(1, 'DCIM/KOD_0001.MP4', random.bytes(UNIT_BYTES + 50_000));
      await rig.put(1, 'DCIM/KOD_0002.MP4', random.bytes(20_000));
      const beganMs = performance.now();
      begin(rig);
      await rig.untilEmptied(1, 80 * MINUTE_MS);
      const seconds = Math.round((performance.now() - beganMs) / 1000);
      await rig.stop();
      const counts = piecesAt(broker);
      const again = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
      const connections = broker
        .log()
        .match(/New client connected from \S+ as bodydock-townhall-1 /g)?.length;
      isClosed = true;
      console.log(
        `poor line: ${seconds} s, ${connections} connections, ${counts.size} pieces and ${again} again, packets ${JSON.stringify(await line.close())}`,
      );
      expect(rig.check()).toMatchObject({ problems: [], recordings: 2, onCameras: 0 });
      expect(again).toBeLessThan(counts.size);
    },
  );

  test(
    'that comes for 2 s and goes for 1 s, sixty times, carries all, with few connections',
    { timeout: 15 * MINUTE_MS },
    async () => {
      const { rig, station } = await openLines();
      for (let number = 1; number <= 4; number++)
        await rig.ledger.putLarge('cam-1', rig.camera(), `${number}.MP4`, {
          block: random.bytes(MIB),
          count: 40,
        });
      station.bytesPerS = 2 * MIB;
      begin(rig);
      const beganMs = performance.now();
      for (let flap = 0; flap < 60; flap++) {
        await pause(2000);
        station.refusing = true;
        station.cut();
        await pause(1000);
        station.refusing = false;
      }
      const seconds = (performance.now() - beganMs) / 1000;
      const { accepted } = station;
      const early = (await rig.receipted()).length;
      station.bytesPerS = undefined;
      await rig.untilEmptied(1, 5 * MINUTE_MS);
      await rig.stop();
      console.log(
        `flapping: ${accepted} connections in ${Math.round(seconds)} s, ${early} of 4 recordings delivered in it, ${(station.bytes.up / MIB).toFixed(0)} MiB sent of 160`,
      );
      expect(accepted).toBeLessThan(seconds);
      expect(rig.check()).toMatchObject({ problems: [], recordings: 4, onCameras: 0 });
    },
  );

  test.each<[link: 'station' | 'receiver', direction: Direction]>([
    ['station', 'up'],
    ['station', 'down'],
    ['receiver', 'up'],
    ['receiver', 'down'],
  ])(
    'half-open at the %s, bytes vanish %s, is left, and all is delivered over the next one',
    { timeout: 10 * MINUTE_MS },
    async (link, direction) => {
      const lines = await openLines();
      const { rig } = lines;
      const line = lines[link];
      await rig.ledger.putLarge('cam-1', rig.camera(), 'LONG.MP4', { block: random.bytes(MIB), count: 60 });
      lines.station.bytesPerS = 8 * MIB;
      begin(rig);
      const seen = lines.station.bytes.up + 10 * MIB;
      await until(
        'a transfer',
        MINUTE_MS,
        () => lines.station.bytes.up > seen,
        () => rig.tails(),
      );
      const { accepted } = line;
      line.holes.add(direction);
      pointTried();
      const beganMs = performance.now();
      await until(
        'another connection',
        3 * MINUTE_MS,
        () => line.accepted > accepted,
        () => rig.tails(),
      );
      const seconds = (performance.now() - beganMs) / 1000;
      line.holes.clear();
      line.cut(); // those that never noticed
      lines.station.bytesPerS = undefined;
      await rig.untilEmptied(1, 5 * MINUTE_MS);
      await rig.stop();
      console.log(`half-open at the ${link}, ${direction}: another connection after ${seconds.toFixed(1)} s`);
      // One and a half keep-alives and the longest first pause; 10 s for a machine that is busy.
      expect(seconds).toBeLessThan(22.5 + 2 + 10);
      expect(rig.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
    },
  );

  test('that passes on byte by byte, on both sides, carries all', { timeout: 10 * MINUTE_MS }, async () => {
    const { rig, station, receiver } = await openLines();
    for (const line of [station, receiver]) {
      line.pieceBytes = 1;
      line.bytesPerS = 30_000;
    }
    await rig.put(1, 'A.MP4', random.bytes(UNIT_BYTES + 100_000));
    begin(rig);
    await rig.untilEmptied(1, 8 * MINUTE_MS);
    await rig.stop();
    console.log(
      `byte by byte: ${station.accepted} and ${receiver.accepted} connections, ${station.bytes.up} bytes up`,
    );
    expect(rig.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
    expect(station.accepted + receiver.accepted).toBe(2);
  });

  // A machine that sleeps stops its monotonic clock, and its wall clock jumps when it wakes (the first one); one that was merely stopped finds
  // all of its deadlines past (the second one).
  test.each([
    ['sleeps for an hour', 0, 3600],
    [`is stopped for ${SLEEP_S} s`, SLEEP_S, 0],
  ] as const)(
    'of a station that %s is made anew, without a storm',
    { timeout: 2 * 3_600_000 },
    async (_, stoppedS, jumpedS) => {
      const clock = new FakeWallClock();
      closing.push(() => clock.close());
      const { rig, broker, station } = await openLines(jumpedS > 0 ? clock.environment : {});
      await rig.ledger.putLarge('cam-1', rig.camera(), 'LONG.MP4', { block: random.bytes(MIB), count: 60 });
      station.bytesPerS = 4 * MIB;
      begin(rig);
      const seen = station.bytes.up + 8 * MIB;
      await until(
        'a transfer',
        MINUTE_MS,
        () => station.bytes.up > seen,
        () => rig.tails(),
      );
      const linesBefore = await lineCount(rig.agent.logFile);
      const messagesBefore = messagesOf(broker);
      rig.agent.pause();
      // The broker does not wait for anybody who is asleep.
      await pause(1000);
      station.cut();
      clock.move(jumpedS * 1000);
      await pause(stoppedS * 1000);
      const { accepted } = station;
      pointTried();
      rig.agent.resume();
      const beganMs = performance.now();
      await until(
        'another connection',
        MINUTE_MS,
        () => station.accepted > accepted,
        () => rig.tails(),
      );
      const seconds = (performance.now() - beganMs) / 1000;
      await pause(10_000);
      const lines = (await lineCount(rig.agent.logFile)) - linesBefore;
      const messages = messagesOf(broker) - messagesBefore;
      const connections = station.accepted - accepted;
      station.bytesPerS = undefined;
      await rig.untilEmptied(1, 5 * MINUTE_MS);
      await rig.stop();
      console.log(
        `slept ${stoppedS} s, wall clock ahead by ${jumpedS} s: connected again after ${seconds.toFixed(1)} s; in 10 s ${connections} connections, ${lines} lines of log, ${messages} messages that were no pieces`,
      );
      expect(connections).toBe(1);
      expect(lines).toBeLessThan(40);
      expect(messages).toBeLessThan(60);
      expect(rig.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
    },
  );
});

async function lineCount(path: string): Promise<number> {
  return (await readFile(path, 'utf8')).split('\n').length;
}

/** Messages of the station that the broker took, but those with bytes of a recording. */
function messagesOf(broker: Mosquitto): number {
  const all = broker.log().match(/Received PUBLISH from bodydock-townhall-1 /g)?.length ?? 0;
  return all - [...piecesAt(broker).values()].reduce((sum, count) => sum + count, 0);
}
