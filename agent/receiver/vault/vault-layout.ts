// Names and paths inside a vault (SPEC 4.4). The only place that builds or parses them.
import { join } from 'node:path';
import type { ReceiverId, StationId } from '../../../protocol/format/ids.ts';
import {
  CUSTODY,
  DELETIONS,
  EVALUATIONS,
  KEYS,
  ORDERS,
  POLICIES,
  RESTORED,
  VAULT_ID,
} from '../../../protocol/format/file-names.ts';
import type { RecordingName } from './vault.ts';

export {
  CHECKPOINT,
  CHUNKS,
  CUSTODY,
  DELETION,
  DELETIONS,
  DOCKING,
  DOCKING_NAMES,
  EVALUATIONS,
  KEYS,
  LOG,
  MANIFEST,
  ORDERS,
  PAYLOAD,
  RECEIPT,
  RECORDING_NAMES,
  RESTORED,
  SIGNATURE_SUFFIX,
  signed,
  WITNESS,
} from '../../../protocol/format/file-names.ts';

/** A digest list that was not compared with the manifest yet. */
export const CHUNKS_PARTIAL = 'chunks.partial';
/** Suffix of a file that is not in place yet. */
export const TEMPORARY = '.tmp';
const INCOMING = '.incoming';
const LEASES = '.leases';
const QUARANTINE = '.quarantine';
const DOCKINGS = '.dockings';
const DISCLOSURES = '.disclosures';
/** What 0.1.0 marked as missing. */
const MISSING = '.missing';

/** Top-level names of a vault that are not stations. */
export const OWN_NAMES: ReadonlySet<string> = new Set([
  VAULT_ID,
  POLICIES,
  INCOMING,
  LEASES,
  QUARANTINE,
  DOCKINGS,
  DISCLOSURES,
  MISSING,
]);

/** Absolute paths below one vault. */
export class VaultLayout {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get vaultId(): string {
    return join(this.root, VAULT_ID);
  }
  get incoming(): string {
    return join(this.root, INCOMING);
  }
  /** Where the folders of new work are made before they get their names. */
  get preparing(): string {
    return join(this.root, INCOMING, '.new');
  }
  get leases(): string {
    return join(this.root, LEASES);
  }
  get quarantine(): string {
    return join(this.root, QUARANTINE);
  }
  /** Where one at a time works who gives orders or deletes, see underLock. */
  get retentionLock(): string {
    return join(this.root, LEASES, 'retention');
  }
  /** Where one at a time works who appends to a receiver's own log. */
  logLock(receiver: ReceiverId): string {
    return join(this.root, LEASES, `log-${receiver}`);
  }
  /** See FilesDockingIndex. */
  get dockings(): string {
    return join(this.root, DOCKINGS);
  }
  station(station: StationId): string {
    return join(this.root, station);
  }
  recording(name: RecordingName): string {
    return join(this.root, name.station, name.recording);
  }
  /** Orders about a station's recordings. */
  orders(station: StationId): string {
    return join(this.root, station, ORDERS);
  }
  /** What evaluators say of a recording, a folder a key (SPEC 4.18). */
  evaluations({ station, recording }: RecordingName): string {
    return join(this.root, station, EVALUATIONS, recording);
  }
  /** Where the deletion record of a recording stays of which the other documents were dropped. */
  keptDeletion({ station, recording }: RecordingName): string {
    return join(this.deletions(station), recording);
  }
  deletions(station: StationId): string {
    return join(this.root, station, DELETIONS);
  }
  /** What `open`, `export` and the desk leave for the receiver (SPEC 4.8.20, 4.11). */
  get disclosures(): string {
    return join(this.root, DISCLOSURES);
  }
  /** Folder of a policy of both roles (SPEC 4.16). */
  policy(number: number): string {
    return join(this.root, POLICIES, String(number));
  }
  /** Folder of a station or of a receiver. */
  keeper(keeper: StationId | ReceiverId): string {
    return join(this.root, keeper);
  }
  /** Key changes and revocations of a station, or key changes of a receiver. */
  keys(holder: StationId | ReceiverId): string {
    return join(this.root, holder, KEYS);
  }
  /** Statements by a receiver that the vault was restored. */
  restored(receiver: ReceiverId): string {
    return join(this.root, receiver, RESTORED);
  }
  custody(station: StationId): string {
    return join(this.root, station, CUSTODY);
  }
  incomingStation(station: StationId): string {
    return join(this.incoming, station);
  }
  /** Work that is not whole. */
  incomingRecording(name: RecordingName): string {
    return join(this.incoming, name.station, name.recording);
  }
  /** See vault-run.ts. */
  get run(): string {
    return join(this.root, LEASES, 'run.json');
  }
}
