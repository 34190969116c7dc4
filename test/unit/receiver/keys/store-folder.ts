// A store as a technician sets it up: its key, its file, its vault, and the commands of bodydock-receiver.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSigningKey } from '../../../../config/enrolment/keys.ts';
import { parseReceiverId } from '../../../../protocol/format/ids.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../../agent/platform/random-node.ts';
import { publicKeyLine, publicKeyOf, type SecretKey } from '../../../../protocol/documents/minisign.ts';
import { dispatch } from '../../../../agent/receiver/cli/dispatch.ts';
import { FilesVault } from '../../../../agent/receiver/vault/vault-files.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { STATION } from '../sample.ts';
import { STORE_PROCESS } from '../../../fakes/running-process.ts';

export const RECEIVER = parseReceiverId('r-test');

/** One store in a folder of its own. */
export interface StoreFolder {
  readonly folder: string;
  readonly vault: string;
  /** Opens the vault as a receiver does, which makes it where there is none. */
  readonly open: (host?: string) => Promise<FilesVault>;
  /** A command with --config. */
  readonly call: (...args: string[]) => Promise<{ code: number; out: string; err: string }>;
}

/** Calls with a store that knows one station by these keys, and removes it afterwards. */
export async function withStore<T>(
  keys: readonly SecretKey[],
  use: (store: StoreFolder) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  try {
    return await use(await makeStore(folder, keys));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function makeStore(folder: string, keys: readonly SecretKey[]): Promise<StoreFolder> {
  const file = join(folder, 'receiver.yaml');
  await makeSigningKey(join(folder, 'store.key'), join(folder, 'store.pub'));
  const lines = keys.map((key) => publicKeyLine(publicKeyOf(key)));
  const text = `version: 1
receiver: ${RECEIVER}
vault: { path: vault, quota_bytes: 100000000000 }
keys: { signing_file: store.key }
stations: [{ id: ${STATION}, public_keys: [${lines.join(', ')}] }]
broker: { url: "mqtt://127.0.0.1:1883", base: test }
`;
  await writeFile(file, text, { mode: 0o640 });
  const vault = join(folder, 'vault');
  const parts = { files: nodeFiles(), clock: nodeClock(), random: nodeRandom(), log: new MemoryLog() };
  return {
    folder,
    vault,
    open: (host = hostname()) =>
      FilesVault.open({ ...parts, path: vault, receiver: RECEIVER, process: { ...STORE_PROCESS, host } }),
    call: (...args) => callReceiver(...args, '--config', file),
  };
}

/** Runs a command of bodydock-receiver in this process and keeps what it says. */
export async function callReceiver(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await dispatch(args, {
    out: (part) => (said.out += part),
    err: (part) => (said.err += part),
    signal: new AbortController().signal,
    ready: () => undefined,
    onFault: () => undefined,
  });
  return { code, ...said };
}
