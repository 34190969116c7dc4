// The account of one station's custody log: what it says of documents, and of dockings.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { DockingAccount } from './docking-account.ts';
import { LogAccount } from './log-account.ts';

/** One log, read to its end. */
export class StationLog {
  /** Its folder in remarks. */
  readonly where: string;
  /** The station in whose folder it lies, where known. */
  readonly station: string | undefined;
  readonly documents = new LogAccount();
  readonly dockings = new DockingAccount();
  /** When it tells a change away from which key (hex id), RFC 3339. */
  readonly putAside = new Map<string, string>();
  /** Cameras that it takes out of use (SPEC 4.13.7), each once. */
  readonly retired = new Set<string>();
  /** Whether the log is here from its first entry on; known once it was read. */
  fromTheStart = false;
  /** Whether the store refused an end of it, by a key that was revoked: what it does not name may have stood there. */
  hasRefusedEnd = false;

  constructor(where: string, station: string | undefined) {
    this.where = where;
    this.station = station;
  }

  /** Takes the next entry, and the hex id of the key that vouches for it; segments come in their order. */
  take(entry: CustodyEntry, keyId?: string): void {
    this.documents.take(entry, keyId);
    this.dockings.take(entry);
    const old = entry.event === 'key-changed' ? entry.facts['old_key_id'] : undefined;
    if (typeof old === 'string') this.putAside.set(old, entry.at);
    const { camera } = entry.facts;
    if (entry.event === 'camera-retired' && typeof camera === 'string') this.retired.add(camera);
  }
}
