// What the configuration of a station, and of the store where it is given, says about data: facts only, for texts and for programs.
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import type { StationConfig } from '../../../config/station-config.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';

/** Facts of one station and its store, in the words of JSON. */
export interface HandlingFacts {
  readonly station: {
    readonly id: string;
    readonly file_sha256: string;
    readonly release: StationConfig['release'];
    readonly spool: string;
    readonly keep_hours: number;
    readonly documents_days: number;
    readonly days: number;
    readonly log_days: number;
    readonly log_level: string;
    readonly broker: string;
    /** Whether anything leaves the machine without TLS. */
    readonly broker_tls: boolean;
    readonly cameras: readonly {
      readonly id: string;
      readonly alias: string;
      readonly identified: boolean;
    }[];
    readonly recipients: readonly { readonly recipient: string; readonly fingerprint: string }[];
    readonly receivers: readonly string[];
  };
  /** Null where the store's file was not given. */
  readonly store: {
    readonly receiver: string;
    readonly file_sha256: string;
    readonly vault: string;
    readonly days: number;
    readonly documents_days: number;
    readonly timer_hours: number;
    /** Key ids; which person holds which key is written down elsewhere. */
    readonly officers: readonly string[];
    readonly supervisors: readonly string[];
  } | null;
  /** What does not fit together between the two files. */
  readonly conflicts: readonly HandlingConflict[];
}

/** `days`: the two ends count with different periods; `unknown-station`, `unknown-receiver`: one end does not know the other. */
export type HandlingConflict =
  'days' | 'unknown-station' | 'unknown-receiver' | 'no-officers' | 'no-supervisors';

/** A configuration with the digest of its file. */
export interface LoadedFile<Config> {
  readonly config: Config;
  readonly sha256: string;
}

/** The facts. Pure. */
export function handlingFacts(
  station: LoadedFile<StationConfig>,
  store: LoadedFile<ReceiverConfig> | undefined,
): HandlingFacts {
  return {
    station: stationFacts(station),
    store: store === undefined ? null : storeFacts(store),
    conflicts: store === undefined ? [] : conflicts(station.config, store.config),
  };
}

function stationFacts({ config, sha256 }: LoadedFile<StationConfig>): HandlingFacts['station'] {
  const { spool, retention, cameras, recipients, broker, store } = config;
  return {
    id: config.station,
    file_sha256: sha256,
    release: config.release,
    spool: spool.path,
    keep_hours: spool.keepHours,
    documents_days: spool.documentsDays,
    days: retention.days,
    log_days: retention.logDays,
    log_level: config.log.level,
    broker: new URL(broker.url).host,
    broker_tls: broker.tls !== null,
    cameras: cameras.map(({ id, alias, model, serial }) => ({
      id,
      alias,
      identified: model !== null || serial !== null,
    })),
    recipients: recipients.map((recipient) => ({ recipient, fingerprint: fingerprintOf(recipient) })),
    receivers: store.receivers,
  };
}

function storeFacts({ config, sha256 }: LoadedFile<ReceiverConfig>): NonNullable<HandlingFacts['store']> {
  const { retention, roles } = config;
  return {
    receiver: config.receiver,
    file_sha256: sha256,
    vault: config.vault.path,
    days: retention.days,
    documents_days: retention.documentsDays,
    timer_hours: retention.timerHours,
    officers: roles.officers.map(({ keyId }) => keyIdHex(keyId)),
    supervisors: roles.supervisors.map(({ keyId }) => keyIdHex(keyId)),
  };
}

function conflicts(station: StationConfig, store: ReceiverConfig): HandlingConflict[] {
  const found: HandlingConflict[] = [];
  if (station.retention.days !== store.retention.days) found.push('days');
  if (!store.stations.some(({ id }) => id === station.station)) found.push('unknown-station');
  if (!station.store.receivers.includes(store.receiver)) found.push('unknown-receiver');
  if (store.roles.officers.length === 0) found.push('no-officers');
  if (store.roles.supervisors.length === 0) found.push('no-supervisors');
  return found;
}

/** The first 16 hex digits of the SHA-256 of the recipient's text, as proofs are named by (SPEC 4.5), in groups of four. */
export function fingerprintOf(recipient: string): string {
  const digest = sha256Hex(encodeUtf8(recipient)).slice(0, 16);
  return digest.replaceAll(/(.{4})(?!$)/g, '$1 ');
}
