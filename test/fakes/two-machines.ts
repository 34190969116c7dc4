// Two machines that know nothing of each other, as folders: a station and a store, each with its own keys and with a configuration that
// still has the placeholders of the example files, and an authority that issues certificates.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeIdentityFile } from '../../config/enrolment/identity-file.ts';
import { makeSigningKey } from '../../config/enrolment/keys.ts';
import type { TestAuthority } from './tls.ts';

export const STATION = 'townhall-1';
export const CAMERA = 'cam-1';

const stationText = (recipient: string): string => `# The station of the town hall.
version: 1
station: ${STATION}
spool:
  path: spool
  reserve_bytes: 1048576
keys:
  signing_file: keys/station.key
recipients:
  - ${recipient}

store:
  # Keys of the store.
  public_keys:
    - REPLACE with the second line of store.pub, "RW..."
  receivers: # those that this station delivers to
    - r-example
broker:
  url: mqtts://broker.example.org:8883 # by name
  ca_file: tls/ca.pem
  cert_file: tls/station.pem
  key_file: tls/station-key.pem
bays:
  - id: bay-1
    folder: bay-1
    camera: ${CAMERA}
cameras:
  - id: ${CAMERA}
release: after-receipt
`;

const storeText = (url: string): string => `version: 1
receiver: r-archive
vault:
  path: vault
  quota_bytes: 1099511627776
keys:
  signing_file: keys/store.key
stations:
  - id: townhall-9
    public_keys:
      - REPLACE with the second line of station.pub, "RW..."
broker:
  url: ${url}
  ca_file: tls/ca.pem
  cert_file: tls/receiver.pem
  key_file: tls/receiver-key.pem
`;

/** `close` removes both, and the authority. */
export class TwoMachines {
  readonly folder: string;
  readonly authority: TestAuthority;

  private constructor(folder: string, authority: TestAuthority) {
    this.folder = folder;
    this.authority = authority;
  }

  /** `brokerUrl` is what the receiver's file says. */
  static async open(authority: TestAuthority, brokerUrl: string): Promise<TwoMachines> {
    const machines = new TwoMachines(await mkdtemp(join(tmpdir(), 'bodydock-two-')), authority);
    const { folder } = machines;
    for (const name of ['station/keys', 'station/bay-1', 'store/keys', 'store/tls', 'safe', 'carried'])
      await mkdir(join(folder, name), { recursive: true });
    const at = (name: string): string => join(folder, name);
    await makeSigningKey(at('station/keys/station.key'), at('station/keys/station.pub'));
    await makeSigningKey(at('store/keys/store.key'), at('store/keys/store.pub'));
    const made = '2026-11-26T09:00:00.000Z';
    const recipient = await makeIdentityFile(at('safe/store.identity'), at('safe/store.recipient'), made);
    await writeFile(machines.stationFile, stationText(recipient));
    await writeFile(machines.storeFile, storeText(brokerUrl));
    const receiver = await authority.issue({ commonName: 'r-archive', kind: 'client' });
    await copyFile(authority.caFile, at('store/tls/ca.pem'));
    await copyFile(receiver.certFile, at('store/tls/receiver.pem'));
    await copyFile(receiver.keyFile, at('store/tls/receiver-key.pem'));
    return machines;
  }

  /** A path of the station's machine. */
  station(name: string): string {
    return join(this.folder, 'station', name);
  }
  store(name: string): string {
    return join(this.folder, 'store', name);
  }
  /** What somebody takes from one to the other. */
  carried(name: string): string {
    return join(this.folder, 'carried', name);
  }
  get stationFile(): string {
    return this.station('station.yaml');
  }
  get storeFile(): string {
    return this.store('receiver.yaml');
  }
  get identityFile(): string {
    return join(this.folder, 'safe/store.identity');
  }
  /** Words that name the authority which issues. */
  get issuing(): string[] {
    return ['--ca-cert', this.authority.caFile, '--ca-key', join(this.authority.folder, 'ca-key.pem')];
  }

  /** The second line of a public key file. */
  async line(name: string): Promise<string> {
    return (await readFile(join(this.folder, name), 'utf8')).split('\n')[1] ?? '';
  }

  /** Puts a file below the folder of both. */
  async put(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, name)), { recursive: true });
    await writeFile(join(this.folder, name), text);
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The fingerprints that a command printed, in their order. */
export function fingerprintsIn(text: string): string[] {
  return [...text.matchAll(/(?:[0-9a-f]{4} ){7}[0-9a-f]{4}/g)].map(([fingerprint]) => fingerprint);
}
