import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeSigningKey, readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { startEmbeddedBroker } from '../../../agent/platform/broker-embedded.ts';
import { openMqttBroker } from '../../../agent/platform/broker-mqtt.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import {
  encodeSecretKey,
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { dispatch } from '../../../agent/receiver/cli/dispatch.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { makeSample } from './sample.ts';
import { BASE, ScriptedStation } from './scripted-station.ts';

let folder: string;
let stationKey: SecretKey;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'receiver-'));
  stationKey = makeSecretKey(nodeRandom());
});
afterEach(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly code: Promise<number>;
  readonly said: { out: string; err: string; ready: number };
  end(): void;
}

function call(...args: string[]): Outcome {
  const ending = new AbortController();
  const said = { out: '', err: '', ready: 0 };
  const code = dispatch(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    signal: ending.signal,
    ready: () => {
      said.ready++;
    },
    onFault: () => undefined,
  });
  return { code, said, end: () => ending.abort(new Error('test')) };
}

async function configure(port: number): Promise<string> {
  const file = join(folder, 'receiver.yaml');
  await makeSigningKey(join(folder, 'store.key'), join(folder, 'store.pub'));
  await writeFile(join(folder, 'station.key'), encodeSecretKey(stationKey), { mode: 0o600 });
  await writeFile(
    file,
    `version: 1
receiver: r-test
vault: { path: vault, quota_bytes: 100000000000 }
keys: { signing_file: store.key }
stations:
  - id: dock-1
    public_keys: [${publicKeyLine(publicKeyOf(stationKey))}]
broker: { url: "mqtt://127.0.0.1:${port}", base: ${BASE} }
`,
    { mode: 0o640 },
  );
  return file;
}

describe('the command line', () => {
  test('without a command it is run, also with an option first', async () => {
    const outcomes = [call('--config', '/nowhere.yaml'), call('run', '--config', '/nowhere.yaml')];
    expect(await Promise.all(outcomes.map(({ code }) => code))).toEqual([78, 78]);
    const [bare, named] = outcomes.map(({ said }) => said.err);
    expect(bare).toContain('/nowhere.yaml');
    expect(bare).toBe(named);
  });

  test('what is not understood ends with 2 and says so', async () => {
    for (const args of [['fly'], ['--nonsense'], ['run', 'away'], ['--config']]) {
      const { code, said } = call(...args);
      expect(await code).toBe(2);
      expect(said.err).toContain('bodydock-receiver:');
    }
  });

  test('help and version are told', async () => {
    const help = call('--help');
    expect(await help.code).toBe(0);
    expect(help.said.out).toContain('receiver.yaml');
    const version = call('--version');
    expect(await version.code).toBe(0);
    expect(version.said.out).toMatch(/^bodydock-receiver \d+\.\d+\.\d+\n$/);
  });
});

describe('check', () => {
  test('a good file is called good, and no vault is made', async () => {
    const file = await configure(1883);
    const { code, said } = call('check', '--config', file);
    expect(await code).toBe(0);
    expect(said.out).toContain('good:');
    await expect(readFile(join(folder, 'vault', 'vault.json'))).rejects.toThrow();
  });

  test('problems end with 78, each with its place, also as JSON', async () => {
    const file = await configure(1883);
    await chmod(join(folder, 'store.key'), 0o644);
    const { code, said } = call('check', '--config', file, '--json');
    expect(await code).toBe(78);
    const document = JSON.parse(said.out) as { good: boolean; problems: { code: string }[] };
    expect(document.good).toBe(false);
    expect(document.problems[0]?.code).toBe('key.mode');
    const missing = call('check', '--config', join(folder, 'none.yaml'));
    expect(await missing.code).toBe(78);
  });
});

describe('run', () => {
  test('a configuration that is not good ends with 78 before anything is made', async () => {
    const { code, said } = call('--config', join(folder, 'none.yaml'));
    expect(await code).toBe(78);
    expect(said.err).toContain('none.yaml');
  });

  test('a folder that is no vault ends with 78 and stays as it is', async () => {
    const file = await configure(1883);
    await writeFile(join(folder, 'vault'), '');
    expect(await call('--config', file).code).toBe(78);
  });

  test('receives over a real broker, keeps the files, and ends when it is asked to', async () => {
    const clock = nodeClock();
    const random = nodeRandom();
    const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
    const file = await configure(broker.port);
    const running = call('--config', file);
    const hub = {
      clock,
      client: (clientId: string) =>
        openMqttBroker({
          url: `mqtt://127.0.0.1:${broker.port}`,
          protocol: 4,
          clientId,
          maxPacketBytes: 1_048_576,
          clock,
          random,
          log: new MemoryLog(),
          conditions: new MemoryConditions(),
        }),
    };
    const storeKey = await readPublicKeyFile(join(folder, 'store.pub'));
    const station = new ScriptedStation({ hub, random, storeKey });
    try {
      await station.start();
      const sample = makeSample(random, stationKey, 3_000_000);
      const receipted = new Promise<void>((resolve) => {
        station.onReceipt = () => resolve();
      });
      station.push(sample);
      await receipted;
      expect(running.said.ready).toBe(1);
      const stored = join(folder, 'vault', 'dock-1', sample.recording);
      expect(Buffer.compare(await readFile(join(stored, 'payload.age')), sample.payload)).toBe(0);
      expect(Buffer.compare(await readFile(join(stored, 'chunks.bin')), sample.chunks)).toBe(0);
    } finally {
      await station.stop();
      running.end();
      expect(await running.code).toBe(0);
      await broker.close();
    }
  });
});
