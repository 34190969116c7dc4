// The two configuration files of a dock rig, as a technician would write them, and what a test may wish for.
import type { IClientOptions } from 'mqtt';
import { stringify } from 'yaml';
import type { Mosquitto } from './mosquitto.ts';
import type { Nats } from './nats.ts';
import type { ProgramWish, User } from './program.ts';
import type { RabbitMq } from './rabbitmq.ts';

export const STATION = 'townhall-1';
const GIB = 1024 ** 3;

/** TLS files of one client, as the configuration names them. */
export interface ClientTls {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** TLS with a login by password, as the configuration names it. */
export interface PasswordLogin {
  readonly caFile: string;
  readonly username: string;
  readonly passwordFile: string;
}

export interface RigWish {
  /** Number of bays, each with a camera folder; 1 by default. */
  readonly cameras?: number;
  /** Where the camera of a bay is, as keys of the bay in station.yaml: its folder by default. */
  readonly place?: (number: number, folder: string) => Readonly<Record<string, unknown>>;
  /** "embedded" by default; a broker that the test opened itself is not ended by the rig. */
  readonly broker?: 'embedded' | Mosquitto | RabbitMq | Nats;
  /** Where the agent reaches the broker instead of its own port, such as a proxy that is opened now. */
  readonly agentPort?: (brokerPort: number) => Promise<number>;
  /** The same for the receivers. */
  readonly receiverPort?: (brokerPort: number) => Promise<number>;
  /** Address at which the agent finds that port; that of the loopback by default. */
  readonly agentHost?: string;
  /** In front of the agent's command, such as one that enters a network of its own. */
  readonly agentWrapper?: readonly string[];
  /** The same for the receivers. */
  readonly receiverWrapper?: readonly string[];
  readonly protocol?: 'auto' | 4 | 5;
  /** Further lines of the station's group `broker`, such as limits. */
  readonly stationBroker?: Readonly<Record<string, unknown>>;
  readonly release?: 'never' | 'after-receipt';
  /** Group `screen` of station.yaml. */
  readonly screen?: Readonly<Record<string, unknown>>;
  readonly agentTls?: ClientTls;
  readonly receiverTls?: ClientTls;
  /** Instead of client certificates. */
  readonly agentLogin?: PasswordLogin;
  readonly receiverLogin?: PasswordLogin;
  /** For the view of monitoring. */
  readonly viewTls?: IClientOptions;
  readonly receivers?: readonly string[];
  /** Further stations that the receivers know, with the second lines of their public keys. */
  readonly moreStations?: readonly { readonly id: string; readonly publicKey: string }[];
  /** Folders that stand for disks of their own; below the rig's folder by default. */
  readonly spoolFolder?: string;
  readonly vaultFolder?: string;
  /** Of receiver.yaml; a terabyte by default. */
  readonly quotaBytes?: number;
  readonly keepHours?: number;
  readonly reserveBytes?: number;
  /** Of agent and receivers; to their log files by default. See ProgramWish. */
  readonly output?: ProgramWish['output'];
  /** The agent runs as this user. */
  readonly agentUser?: User;
  /** Environment of the agent beside the test's own, such as that of another wall clock. */
  readonly agentEnvironment?: Readonly<Record<string, string>>;
  /** The same for the receivers. */
  readonly receiverEnvironment?: Readonly<Record<string, string>>;
  /** `retention` of receiver.yaml. */
  readonly retention?: Readonly<Record<string, number>>;
  /** Public keys of the two roles, each as the second line of its file. */
  readonly roles?: { readonly officers: readonly string[]; readonly supervisors: readonly string[] };
}

/** Where things are in the rig. */
export interface RigPlaces {
  readonly spool: string;
  readonly vault: string;
  readonly cameraCount: number;
  readonly receiverIds: readonly string[];
  camera(number: number): string;
}

/** Public lines of the keys that were made. */
export interface RigKeys {
  readonly station: string;
  readonly store: string;
  readonly recipient: string;
}

/** Text of station.yaml; the agent reaches its broker at that port. */
export function stationConfig(places: RigPlaces, wish: RigWish, keys: RigKeys, port: number): string {
  const { reserveBytes = 1024 * 1024, keepHours = 48, release = 'after-receipt' } = wish;
  const numbers = Array.from({ length: places.cameraCount }, (_, at) => at + 1);
  return stringify({
    version: 1,
    station: STATION,
    spool: { path: places.spool, reserve_bytes: reserveBytes, keep_hours: keepHours },
    keys: { signing_file: 'keys/station.key' },
    recipients: [keys.recipient],
    store: { public_keys: [keys.store], receivers: places.receiverIds },
    broker: {
      ...brokerConfig(port, wish.protocol, wish.agentTls ?? wish.agentLogin, wish.agentHost),
      ...wish.stationBroker,
    },
    bays: numbers.map((number) => ({
      id: `bay-${number}`,
      ...(wish.place?.(number, places.camera(number)) ?? { folder: places.camera(number) }),
      camera: `cam-${number}`,
    })),
    cameras: numbers.map((number) => ({ id: `cam-${number}`, alias: `Camera ${number}` })),
    release,
    ...(wish.roles === undefined ? {} : { roles: wish.roles }),
    ...(wish.screen === undefined ? {} : { screen: wish.screen }),
  });
}

/** Text of receiver.yaml for the receiver of that id; it reaches its broker at that port. */
export function receiverConfig(
  places: RigPlaces,
  wish: RigWish,
  keys: RigKeys,
  { id, port }: { id: string; port: number },
): string {
  return stringify({
    version: 1,
    receiver: id,
    vault: { path: places.vault, quota_bytes: wish.quotaBytes ?? 1024 * GIB },
    keys: { signing_file: 'keys/store.key' },
    stations: [{ id: STATION, publicKey: keys.station }, ...(wish.moreStations ?? [])].map(
      ({ id: station, publicKey }) => ({ id: station, public_keys: [publicKey] }),
    ),
    ...(wish.roles === undefined ? {} : { roles: wish.roles }),
    ...(wish.retention === undefined ? {} : { retention: wish.retention }),
    broker: brokerConfig(port, wish.protocol, wish.receiverTls ?? wish.receiverLogin),
  });
}

function brokerConfig(
  port: number,
  protocol: RigWish['protocol'],
  tls: ClientTls | PasswordLogin | undefined,
  host = '127.0.0.1',
): Record<string, unknown> {
  const files =
    tls === undefined
      ? {}
      : 'username' in tls
        ? { ca_file: tls.caFile, username: tls.username, password_file: tls.passwordFile }
        : { ca_file: tls.caFile, cert_file: tls.certFile, key_file: tls.keyFile };
  return {
    url: `mqtt${tls === undefined ? '' : 's'}://${host}:${port}`,
    base: 'bodydock',
    protocol: protocol ?? 'auto',
    ...files,
  };
}
