// What everything about retention stands on, made once by the program that runs it.
import type { RetentionConfig, RolesConfig } from '../../../config/receiver-config.ts';
import type { SessionId, StationId } from '../../../protocol/format/ids.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { StoreLogDeps } from '../custody/store-log.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';

/** The vault, the store's log, and what receiver.yaml says. `files`, `clock`, `signer` ... are those of the store's log. */
export interface RetentionDeps extends StoreLogDeps {
  readonly layout: VaultLayout;
  /** Id of the vault. */
  readonly vault: SessionId;
  readonly retention: RetentionConfig;
  readonly roles: RolesConfig;
  readonly stations: ReadonlyMap<StationId, readonly PublicKey[]>;
  /** Whether the machine's clock is synchronised now; null where it does not tell. Never rejects. */
  readonly isSynchronised: () => Promise<boolean | null>;
}

/** Something that is not as it should be, and stays as it is. `what` says it in words, without a person's name. */
export interface Finding {
  readonly station: string;
  /** The recording, or null where it is about something else of the station. */
  readonly recording: string | null;
  readonly what: string;
}
