// Configuration files for tests: good ones with real keys, in folders of their own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { makeSecretKey, publicKeyLine, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

/** A recipient that the seed decides. */
export function recipient(seed: number): string {
  return makeIdentity(new SeededRandom(seed)).recipient;
}

/** The line of a public key that the seed decides. */
export function publicLine(seed: number): string {
  return publicKeyLine(publicKeyOf(makeSecretKey(new SeededRandom(seed))));
}

/** A good station file; lines 1 to 30. */
export const STATION = `version: 1
station: townhall-1
spool:
  path: spool
keys:
  signing_file: keys/station.key
recipients:
  - ${recipient(1)}
  - ${recipient(2)}
store:
  public_keys: [${publicLine(3)}]
  receivers: [r-archive]
broker:
  url: mqtts://broker.example.org:8883
  ca_file: tls/ca.pem
  cert_file: tls/cert.pem
  key_file: tls/key.pem
bays:
  - id: bay-1
    folder: /media/bay-1
    camera: cam-1
  - id: bay-2
    folder: /media/bay-2
    camera: cam-2
cameras:
  - id: cam-1
    alias: Camera 1
    model: B1
    serial: "0001"
  - id: cam-2
`;

/** A good receiver file. */
export const RECEIVER = `version: 1
receiver: r-archive
vault:
  path: vault
  quota_bytes: 1000000000000
keys:
  signing_file: keys/store.key
stations:
  - id: townhall-1
    public_keys: [${publicLine(4)}]
  - id: townhall-2
    public_keys: [${publicLine(5)}, ${publicLine(6)}]
broker:
  url: mqtt://127.0.0.1:1883
`;

/** The text with one piece exchanged; fails where the piece is not in it, so that no test checks an unchanged file. */
export function exchange(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`not in the text: ${from}`);
  return text.replace(from, () => to);
}

/** The station's file without TLS. */
export const PLAIN = exchange(STATION, 'mqtts://broker.example.org:8883', 'mqtt://localhost').replace(
  / {2}\w+_file: tls.*\n/g,
  '',
);

/** Calls with a new folder and removes it afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-config-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a file with mode 0644, whatever the umask. */
export async function put(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o644 });
  return path;
}
