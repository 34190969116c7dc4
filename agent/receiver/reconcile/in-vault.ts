// Whether what a station's log tells of should be in this vault, and whether it is.
import { join } from 'node:path';
import type { ReceiverId, RecordingId, StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Files } from '../../../protocol/format/ports.ts';
import type { RecordingName } from '../vault/vault.ts';
import { RECEIPT, type VaultLayout } from '../vault/vault-layout.ts';

const DAY_MS = 86_400_000;
/** Other receivers of which it is remembered whether they have a folder here. */
const RECEIVERS_MAX = 64;

export interface InVaultOptions {
  readonly receiver: ReceiverId;
  readonly layout: VaultLayout;
  readonly files: Files;
  /** Documents may be dropped after so long: what is older may be missing in order. */
  readonly documentsDays: number;
  readonly clock: Clock;
}

/** Looks into one vault. */
export class InVault {
  readonly #options: InVaultOptions;
  readonly #ours = new Map<string, boolean>();

  constructor(options: InVaultOptions) {
    this.#options = options;
  }

  /** That receiver gave a receipt for it at that time, and it is not here. Errors: the system's. */
  async misses(
    station: StationId,
    recording: RecordingId,
    receiver: string,
    receiptedAt: string,
  ): Promise<boolean> {
    const { clock, documentsDays } = this.#options;
    if (clock.wallMs() - Date.parse(receiptedAt) > documentsDays * DAY_MS) return false;
    if (!(await this.#isOfThisVault(receiver))) return false;
    return !(await this.holds({ station, recording }));
  }

  /**
   * A receipt stays whatever is deleted, and is the last to come: what has none was not whole when the vault was saved.
   * Errors: the system's.
   */
  async holds(name: RecordingName): Promise<boolean> {
    const { files, layout } = this.#options;
    return (await files.stat(join(layout.recording(name), RECEIPT))) !== undefined;
  }

  /** A station may have been another store's before. */
  async #isOfThisVault(receiver: string): Promise<boolean> {
    const { files, layout } = this.#options;
    if (receiver === this.#options.receiver) return true;
    const known = this.#ours.get(receiver);
    if (known !== undefined) return known;
    const isOurs = (await files.stat(layout.keeper(receiver as ReceiverId)))?.kind === 'folder';
    if (this.#ours.size < RECEIVERS_MAX) this.#ours.set(receiver, isOurs);
    return isOurs;
  }
}
