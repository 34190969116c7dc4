// A vault that two receivers serve, `r-store` and `r-other`, which began with one key of the store.
import { mkdir } from 'node:fs/promises';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { parseReceiverId, type ReceiverId } from '../../protocol/format/ids.ts';
import type { SecretKey } from '../../protocol/documents/minisign.ts';
import type { StaffKind } from '../../protocol/documents/staff-report.ts';
import { writeKeyChange } from './vault-builder-keys.ts';
import { giveStaffDocument, type BuiltStaffDocument } from './vault-builder-staff.ts';
import { StoreBuilder } from './vault-builder-store.ts';
import type { RecordingWish } from './vault-builder-recordings.ts';
import { VaultBuilder, type BuiltRecording } from './vault-builder.ts';

/** Its station offers to whichever of the two is named. */
export class TwoReceivers {
  readonly builder: VaultBuilder;
  readonly other: StoreBuilder;

  private constructor(builder: VaultBuilder) {
    this.builder = builder;
    const { vault, vaultId, random, clock, receiver } = builder;
    this.other = new StoreBuilder(vault, vaultId, random, clock, 'r-other');
    this.other.key = receiver.key;
  }

  /** Begins one in a folder that is made. */
  static async create(root: string, seed = 1, startMs?: number): Promise<TwoReceivers> {
    await mkdir(root, { recursive: true });
    return new TwoReceivers(
      await VaultBuilder.create(root, { seed, ...(startMs !== undefined && { startMs }) }),
    );
  }

  /** A docking with one recording, both receipted by that receiver; `dock` is another station of the vault. */
  async recordBy(
    receiver: 'r-store' | 'r-other',
    dock: VaultBuilder = this.builder,
    wish: RecordingWish = {},
  ): Promise<BuiltRecording> {
    return this.#by(receiver, async () => {
      await dock.dock();
      const made = await dock.record(wish);
      await dock.undock();
      return made;
    });
  }

  /** What staff said at a station, receipted by that receiver. */
  staffBy(receiver: 'r-store' | 'r-other', dock: VaultBuilder, kind: StaffKind): Promise<BuiltStaffDocument> {
    return this.#by(receiver, () => giveStaffDocument(dock, kind));
  }

  async #by<Made>(receiver: 'r-store' | 'r-other', make: () => Promise<Made>): Promise<Made> {
    const store = this.builder.receiver as { receiver: ReceiverId; key: SecretKey };
    const { receiver: own, key } = store;
    store.receiver = parseReceiverId(receiver);
    if (receiver === 'r-other') store.key = this.other.key;
    const made = await make();
    store.receiver = own;
    store.key = key;
    return made;
  }

  /** One of them changes its key as `rotate` does: a document that both keys signed, and a segment of the new key that tells it. Gives what that says. */
  async changeKey(store: StoreBuilder, fresh: SecretKey): Promise<CustodyEvent['facts']> {
    const { receiver: holder, key: old } = store;
    const at = this.builder.clock.now();
    const facts = await writeKeyChange(this.builder.vault, { holder, old, fresh, at });
    store.key = fresh;
    await store.log.open(fresh);
    store.log.log('key-changed', facts);
    await store.log.flush();
    return facts;
  }

  /** Writes all logs. */
  async close(): Promise<void> {
    await this.builder.close();
    await this.other.write();
  }
}
