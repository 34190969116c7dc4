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
  readonly broker: BrokerConfig & { readonly sharedOffers: boolean };
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
    broker: { ...mapBroker(file.broker, folder), sharedOffers: file.broker.shared_offers },
  };
}
