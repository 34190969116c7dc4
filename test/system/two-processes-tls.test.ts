// Agent and receiver as two processes over the mosquitto that is shipped: TLS with client certificates, its ACL, MQTT 3.1.1 and 5.0. What
// monitoring sees of it, while all goes well, at an orderly end and after a kill.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import type { Mosquitto } from '../fakes/mosquitto.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { openShippedMosquitto } from '../fakes/shipped-mosquitto.ts';
import { StationView } from '../fakes/station-view.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../fakes/tls.ts';
import { until } from '../fakes/until.ts';

/** What mosquitto calls the versions in its log. */
const VERSIONS = [
  [4, 'p2'],
  [5, 'p5'],
] as const;

describe.skipIf(lacksTools('mosquitto', 'openssl', 'age', 'minisign'))('over TLS and the shipped ACL', () => {
  let authority: TestAuthority;
  let broker: Mosquitto;
  let rig: DockRig | undefined;
  let late: StationView | undefined;

  beforeEach(async () => {
    authority = await TestAuthority.open();
    broker = await openShippedMosquitto(authority);
  });
  afterEach(async () => {
    await late?.close();
    await rig?.close();
    [late, rig] = [undefined, undefined];
    await broker.stop();
    await authority.close();
  });

  async function openRig(protocol: 4 | 5, stationName = STATION): Promise<DockRig> {
    // One after the other: openssl's authority keeps its list in a file without a lock.
    const station = await client(stationName);
    const receiver = await client('r-archive');
    const monitoring = await client('monitoring');
    const files = ({ certFile, keyFile }: TestCertificate) => ({
      caFile: authority.caFile,
      certFile,
      keyFile,
    });
    rig = await DockRig.open({
      broker,
      protocol,
      agentTls: files(station),
      receiverTls: files(receiver),
      viewTls: viewOptions(monitoring),
    });
    return rig;
  }

  function client(commonName: string): Promise<TestCertificate> {
    return authority.issue({ commonName, kind: 'client' });
  }

  function viewOptions({ cert, key }: TestCertificate): { ca: Buffer; cert: Buffer; key: Buffer } {
    return { ca: Buffer.from(authority.ca), cert: Buffer.from(cert), key: Buffer.from(key) };
  }

  test.each(VERSIONS)('all is delivered by MQTT protocol level %i', async (protocol, word) => {
    const dock = await openRig(protocol);
    const random = seededRandom(21);
    await dock.put(1, 'DCIM/KOD_0001.MP4', random.bytes(3_000_000));
    await dock.put(1, 'DCIM/KOD_0001.GPS', random.bytes(200));
    await dock.start();
    const bay = await dock.untilBay(
      1,
      'done',
      30_000,
      (seen) => seen.state === 'done' && seen.entries_erased === 2,
    );
    expect(bay).toMatchObject({
      camera: 'Camera 1',
      light: 'safe-to-take',
      entries: 2,
      entries_receipted: 2,
    });
    expect(broker.log()).toMatch(new RegExp(`as ${STATION} \\(${word}, .* u'${STATION}'\\)`));
    expect(broker.log()).toMatch(new RegExp(`as r-archive \\(${word}, .* u'r-archive'\\)`));
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 2, onCameras: 0 });
  });

  test('status and bays are there for whoever comes later, and an orderly end is told from a loss', async () => {
    const dock = await openRig(5);
    await dock.start();
    await dock.untilBay(1, 'done', 20_000, (seen) => seen.state === 'done');
    const view = await dock.view();
    const untilStatus = (state: string, reason: string | null): Promise<unknown> =>
      until(
        `status ${state}`,
        10_000,
        () => view.status?.state === state && view.status.reason === reason,
        () => JSON.stringify(view.statuses),
      );
    await untilStatus('ready', null);
    await dock.agent.kill();
    await untilStatus('offline', 'lost');
    const lostSession = view.status?.session;

    await dock.agent.start();
    await untilStatus('ready', null);
    expect(view.status?.session).not.toBe(lostSession);
    await dock.agent.stop();
    await untilStatus('offline', 'stopped');

    const other = await client('monitoring');
    await view.close();
    late = await StationView.open(`mqtts://127.0.0.1:${broker.port}`, STATION, viewOptions(other));
    const { retainedTopics } = late;
    const prefix = `bodydock/v1/${STATION}`;
    await until('retained documents', 5000, () => retainedTopics.size >= 2);
    expect([...retainedTopics].sort()).toEqual([`${prefix}/bay/bay-1`, `${prefix}/status`]);
    expect(late.status).toMatchObject({ state: 'offline', reason: 'stopped' });
  });

  test('a station with the certificate of another one delivers nothing and loses nothing', async () => {
    const dock = await openRig(5, 'townhall-2');
    await dock.put(1, 'A.MP4', seededRandom(22).bytes(100_000));
    await dock.start();
    await until('refusals in the log of the broker or the agent', 20_000, () =>
      /not.?authori[sz]ed|refused|denied/i.test(broker.log() + dock.agent.log()),
    );
    await until('the recording spooled', 20_000, async () => (await dock.spooled()).length === 1);
    await dock.stop();
    expect(await dock.receipted()).toEqual([]);
    expect(await dock.filesOn(1)).toBe(1);
  });
});
