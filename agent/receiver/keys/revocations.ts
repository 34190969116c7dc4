// Which keys of a station the store does not take any more (SPEC 4.9): looked up in the vault again after a few seconds, so that a
// running receiver follows `bodydock-receiver revoke`, whichever receiver's machine it was typed on.
//
// Invariants:
// 1. A key is revoked as soon as its document has its name in the folder, whatever can be read of it: a damaged disk must not let a
//    stolen key in. A key that is refused by mistake costs time, no recording.
// 2. A folder that cannot be listed gives no answer: nobody is told anything then.
import { join } from 'node:path';
import { KEY_DOCUMENT_BYTES_MAX, parseKeyRevocation } from '../../../protocol/documents/key-documents.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock, ConditionFacts, Conditions, Files, Log } from '../../../protocol/format/ports.ts';
import { REVOCATIONS_MS, REVOKED_USE_MS } from '../limits.ts';
import { readDocument } from '../vault/vault-dockings.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';

const NAME = /^(?<keyId>[0-9a-f]{16})\.revocation\.json$/;

/** Name of the document that revokes a key. Shape: 16 hex digits of the key id in file order. */
export function revocationName(keyId: string): string {
  return `${keyId}.revocation.json`;
}

export interface RevocationsOptions {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

interface Known {
  readonly atMs: number;
  readonly keyIds: Promise<ReadonlySet<string>>;
}

/** The revoked keys of all stations that somebody asks for. */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #known = new Map<StationId, Known>();
  readonly #told = new Set<string>();

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  /** Key ids in 16 hex digits. Shape: the station is a configured one, so what is kept is bounded. Errors: the system's. */
  async of(station: StationId): Promise<ReadonlySet<string>> {
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#known.get(station);
    if (known !== undefined && nowMs - known.atMs < REVOCATIONS_MS) return known.keyIds;
    const keyIds = this.#list(station);
    this.#known.set(station, { atMs: nowMs, keyIds });
    keyIds.catch(() => this.#known.delete(station));
    return keyIds;
  }

  async #list(station: StationId): Promise<ReadonlySet<string>> {
    const { files, layout } = this.#options;
    const keyIds = new Set<string>();
    for (const name of await listIfThere(files, layout.keys(station))) {
      const keyId = NAME.exec(name)?.groups?.['keyId'];
      if (keyId === undefined) continue;
      keyIds.add(keyId);
      await this.#tell(station, keyId);
    }
    return keyIds;
  }

  /** Once for each key and run. */
  async #tell(station: StationId, keyId: string): Promise<void> {
    const { files, layout, log, conditions } = this.#options;
    if (this.#told.has(`${station}/${keyId}`)) return;
    this.#told.add(`${station}/${keyId}`);
    const path = join(layout.keys(station), revocationName(keyId));
    const document = await readDocument(files, path, KEY_DOCUMENT_BYTES_MAX);
    try {
      if (document === undefined) throw unreadable(path);
      const { reason, revoked_at } = parseKeyRevocation(document.bytes);
      log.warn('key of a station is revoked', { station, key_id: keyId, reason, revoked_at });
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      log.error('key revocation not readable, key treated as revoked', {
        station,
        key_id: keyId,
        error,
      });
      conditions.raise('keys.revocation-damaged', station, { key_id: keyId });
    }
  }
}

function unreadable(path: string): DockError {
  const message = `${path} or its signature cannot be read: write it anew with \`bodydock-receiver revoke\``;
  return new DockError('document.refused', message, { retry: 'person' });
}

// Tells people that a station still signs with a revoked key, for as long as it does.

interface RevokedUseOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Uses of revoked keys, by station. */
export class RevokedUse {
  readonly #options: RevokedUseOptions;
  readonly #cancels = new Map<StationId, () => void>();

  constructor(options: RevokedUseOptions) {
    this.#options = options;
  }

  /** Something came that a revoked key had signed. */
  saw(station: StationId, facts: ConditionFacts): void {
    const { clock, log, conditions } = this.#options;
    if (!this.#cancels.has(station)) log.error('station signs with a revoked key', { station, ...facts });
    conditions.raise('receiver.key-revoked', station, facts);
    this.#cancels.get(station)?.();
    const forget = (): void => {
      this.#cancels.delete(station);
      conditions.clear('receiver.key-revoked', station);
    };
    this.#cancels.set(station, clock.after(REVOKED_USE_MS, forget));
  }

  /** No timer of it runs any more. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
  }
}
