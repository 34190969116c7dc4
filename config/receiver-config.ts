// What the receiver gets of receiver.yaml: camelCase, branded ids, absolute paths, parsed keys. Made by load.ts only, after all checks.
import { resolve } from 'node:path';
import { parseReceiverId, parseStationId, type ReceiverId, type StationId } from '../protocol/ids.ts';
import { parsePublicKey, type PublicKey } from '../protocol/minisign.ts';
import { mapBroker, type BrokerConfig } from './broker-config.ts';
import type { ReceiverFile } from './receiver-schema.ts';

/** One station whose recordings are taken, with the keys whose manifests count. */
export interface KnownStation {
  readonly id: StationId;
  readonly publicKeys: readonly PublicKey[];
}

/** receiver.yaml. All paths are absolute. */
export interface ReceiverConfig {
  readonly receiver: ReceiverId;
  readonly vault: { readonly path: string; readonly quotaBytes: number };
  readonly keys: { readonly signingFile: string };
  readonly stations: readonly KnownStation[];
  readonly retention: RetentionConfig;
  readonly roles: RolesConfig;
  readonly broker: BrokerConfig & { readonly sharedOffers: boolean };
}

/** How long the store keeps what it has. */
export interface RetentionConfig {
  readonly days: number;
  readonly documentsDays: number;
  /** Hours between two expirations of the running receiver; 0: none. */
  readonly timerHours: number;
}

/** Keys whose signatures make an order (SPEC 4.8). No key is in both lists. */
export interface RolesConfig {
  readonly officers: readonly PublicKey[];
  readonly supervisors: readonly PublicKey[];
}

/** Maps a file that passed schema and rules. Relative paths start at `folder`. */
export function mapReceiver(file: ReceiverFile, folder: string): ReceiverConfig {
  return {
    receiver: parseReceiverId(file.receiver),
    vault: { path: resolve(folder, file.vault.path), quotaBytes: file.vault.quota_bytes },
    keys: { signingFile: resolve(folder, file.keys.signing_file) },
    stations: file.stations.map((station) => ({
      id: parseStationId(station.id),
      publicKeys: station.public_keys.map(parsePublicKey),
    })),
    retention: {
      days: file.retention.days,
      documentsDays: file.retention.documents_days,
      timerHours: file.retention.timer_hours,
    },
    roles: {
      officers: file.roles.officers.map(parsePublicKey),
      supervisors: file.roles.supervisors.map(parsePublicKey),
    },
    broker: { ...mapBroker(file.broker, folder), sharedOffers: file.broker.shared_offers },
  };
}
