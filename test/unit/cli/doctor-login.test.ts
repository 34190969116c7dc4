// The doctor's login at a broker that answers as the test says: each code of a CONNACK, silence, a store that is there, one that is a stranger.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type DoctorContext, type Finding, wordsOf } from '../../../agent/cli/doctor-finding.ts';
import { tryLogin } from '../../../agent/cli/doctor-login.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { loadStationConfig } from '../../../config/load.ts';
import {
  connack,
  CONNECT,
  message,
  packet,
  PUBLISH,
  readMessage,
  type Script,
  ScriptedBroker,
} from '../../fakes/broker-scripted.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { put, STATION } from '../config/files.ts';

let broker: ScriptedBroker | undefined;
let folder: string | undefined;
afterEach(async () => {
  await broker?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** `asOverTls`: as where the broker knows who logs in, so that rights can be tried. */
async function login(script: Script, protocol: 'auto' | 4 | 5 = 5, asOverTls = false): Promise<Finding[]> {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-doctor-'));
  broker = await ScriptedBroker.open(script);
  const text = STATION.replace(/ {2}\w+_file: tls.*\n/g, '').replace(
    /url: .*/,
    `url: mqtt://127.0.0.1:${broker.port}\n  protocol: ${protocol}`,
  );
  const file = await put(folder, 'station.yaml', text);
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const tls = { caFile: 'ca.pem', certFile: 'station.pem', keyFile: 'station-key.pem' };
  const context: DoctorContext = {
    file,
    config: asOverTls ? { ...config, broker: { ...config.broker, tls } } : config,
    asked: { kind: 'absent' },
    connect: false,
    clock: nodeClock(),
    random: new SeededRandom(1),
    signal: new AbortController().signal,
  };
  return tryLogin(context, 'broker:1883', {});
}

const refusing =
  (code: number): Script =>
  ({ type }, { version }) =>
    type === CONNECT ? connack(code, version === 5 ? [] : undefined) : undefined;

describe('a broker that refuses', () => {
  test.each([
    128, 129, 130, 131, 133, 134, 135, 136, 137, 138, 140, 144, 149, 151, 153, 154, 155, 156, 157, 159,
  ])('is told with the words of code %i of MQTT 5', async (code) => {
    const findings = await login(refusing(code));
    expect(findings.map((each) => each.code)).toEqual(['broker.refused']);
    const [finding] = findings;
    const { text } = finding === undefined ? { text: '' } : wordsOf(finding, 'de');
    expect(text).toMatch(new RegExp(`^Der Broker weist diese Station ab: .+ \\(Code ${code}\\)\\.$`));
  });

  test.each([2, 3, 4, 5])('is told with the words of code %i of MQTT 3.1.1', async (code) => {
    const [finding] = await login(refusing(code), 4);
    expect(finding).toMatchObject({ code: 'broker.refused', values: { code } });
  });

  test('because it does not speak MQTT 5 is asked again in MQTT 3.1.1, and believed then', async () => {
    const versions: number[] = [];
    const findings = await login(({ type }, { version }) => {
      if (type !== CONNECT) return undefined;
      versions.push(version);
      return version === 5 ? connack(132, []) : connack(5);
    }, 'auto');
    expect(versions).toEqual([5, 4]);
    expect(findings).toMatchObject([{ code: 'broker.refused', values: { code: 5 } }]);
  });

  test('by hanging up is no refusal, but said as it is', async () => {
    const findings = await login(({ type }, { socket }) => {
      if (type === CONNECT) socket.destroy();
      return null;
    });
    expect(findings.map(({ code }) => code)).toEqual(['broker.unanswered']);
  });
});

test('logs in under an id of its own, without a will, and leaves nothing behind', async () => {
  const connects: Buffer[] = [];
  const [finding] = await login(({ type, body }) => {
    if (type !== CONNECT) return undefined;
    connects.push(Buffer.from(body));
    return connack(135, []);
  });
  expect(finding?.code).toBe('broker.refused');
  expect(connects).toHaveLength(1);
  const flags = connects[0]?.[7] ?? 255;
  expect(flags).toBe(2); // clean start, no will, no user, no password
  expect(connects[0]?.toString('latin1')).toMatch(/bodydock-doctor-[0-9a-f]{6}/);
  expect(connects[0]?.toString('latin1')).not.toContain('bodydock-townhall-1');
});

describe('rights are tried at a broker that gives to a station what is below its name', () => {
  const OWN = 'bodydock/v1/townhall-1/';

  /** Refuses what is written elsewhere, and gives these messages while the doctor listens for those of others. */
  const giving =
    (...topics: readonly string[]): Script =>
    (request) => {
      if (request.type !== PUBLISH) return undefined;
      const { topic, packetId } = readMessage(request);
      const answer = packet(
        4,
        Buffer.from([packetId >> 8, packetId & 255, topic.startsWith(OWN) ? 0 : 135, 0]),
      );
      if (!topic.endsWith('/up/trial')) return answer;
      const others = topics.map((each) => message(each, Buffer.from('{}'), { v5: true }));
      return Buffer.concat([...others, answer]);
    };
  const rights = (findings: readonly Finding[]): string[] =>
    findings.filter(({ code }) => code.startsWith('acl.')).map(({ code, where }) => `${code} ${where}`);

  test(
    "and an answer to this station that comes meanwhile is nobody else's",
    { timeout: 20_000 },
    async () => {
      const own = [`${OWN}down/custody`, `${OWN}status`];
      expect(rights(await login(giving(...own), 5, true))).toEqual(['acl.good broker:1883']);
    },
  );

  test('and the state of another station is told', { timeout: 20_000 }, async () => {
    const topics = [`${OWN}down/custody`, 'bodydock/v1/townhall-10/status'];
    expect(rights(await login(giving(...topics), 5, true))).toEqual([
      'acl.foreign-read bodydock/v1/townhall-10/status',
    ]);
  });
});
