// The receiving end as a whole: subscribes, hands each message to whom it concerns, ends in order. Knows no file and no socket.
import type { ReceiverId, StationId } from '../../protocol/format/ids.ts';
import { parseFin } from '../../protocol/transfer/messages.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Broker, BrokerMessage, Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { ReceiverTopics, UpTopic } from '../../protocol/transfer/topics.ts';
import { Claims } from './transfer/claims.ts';
import type { Revocations } from './keys/revocations.ts';
import { RevokedUse } from './keys/revoked-use.ts';
import type { CustodyKeeper } from './custody/custody-keep.ts';
import type { DockingGaps } from './transfer/docking-gaps.ts';
import { STOP_MS } from './limits.ts';
import { CustodyGreeting } from './custody/custody-greeting.ts';
import type { RestoredStatements } from './reconcile/restored-statements.ts';
import { Receipts } from './transfer/receipts.ts';
import { RefusedKeys } from './transfer/refused-keys.ts';
import { Refusals } from './transfer/refusals.ts';
import { Rejections } from './transfer/rejections.ts';
import { Sending, type MessageSigner } from './transfer/sending.ts';
import type { Slabs } from './transfer/slabs.ts';
import { Space } from './vault/space.ts';
import { Transfers } from './transfer/transfers.ts';
import type { UnitStore } from './vault/unit-store.ts';
import type { VaultCount } from './vault/vault-count.ts';
import type { RecordingName, Vault } from './vault/vault.ts';

export interface ReceiverOptions {
  readonly receiver: ReceiverId;
  /** Stations whose manifests count, with all their keys. */
  readonly stations: ReadonlyMap<StationId, readonly PublicKey[]>;
  readonly broker: Broker;
  readonly topics: ReceiverTopics;
  readonly sharedOffers: boolean;
  readonly vault: Vault;
  readonly quotaBytes: number;
  /** See countVault. */
  readonly count: (signal: AbortSignal) => Promise<VaultCount>;
  readonly gaps: DockingGaps;
  /** Finds the statements that the vault was restored; it tells them through the `sending` that it is given. */
  readonly restored: (sending: Sending) => RestoredStatements;
  readonly revocations: Pick<Revocations, 'of'>;
  readonly slabs: Slabs;
  readonly units: UnitStore;
  readonly signer: MessageSigner;
  readonly publicKey: PublicKey;
  /** See storeKeys. */
  readonly storeKeys: () => Promise<readonly PublicKey[]>;
  /** See ReceiptsOptions. */
  readonly isDeletedByUs: (name: RecordingName) => Promise<boolean>;
  /** Keeps the custody logs; it answers through the `sending` that it is given. */
  readonly custody: (sending: Sending, revokedUse: RevokedUse, restored: RestoredStatements) => CustodyKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** One receiver on one vault and one broker. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #transfers: Transfers;
  readonly #space: Space;
  readonly #custody: CustodyKeeper;
  readonly #claims: Claims;
  readonly #revokedUse: RevokedUse;
  readonly #restored: RestoredStatements;
  readonly #greeting: CustodyGreeting;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const sending = new Sending({ ...options, keyId: options.publicKey.keyId });
    this.#transfers = new Transfers(options.slabs.freeCount, options.clock);
    this.#revokedUse = new RevokedUse(options);
    this.#restored = options.restored(sending);
    this.#custody = options.custody(sending, this.#revokedUse, this.#restored);
    const greet = (station: StationId): Promise<void> => this.#custody.greet(station);
    this.#greeting = new CustodyGreeting({ ...options, stations: [...options.stations.keys()], greet });
    this.#space = new Space({
      ...options,
      missingBytes: () => this.#transfers.missingBytes(),
      yieldOne: (station) => this.#transfers.yieldOne(station),
    });
    const custodyHead = (station: StationId): ReturnType<CustodyKeeper['head']> =>
      this.#custody.head(station);
    const receipts = new Receipts({
      ...options,
      sending,
      custodyHead,
      restored: this.#restored,
      refusedKeys: new RefusedKeys(options),
    });
    const refusals = new Refusals({ ...options, sending });
    const own = { space: this.#space, transfers: this.#transfers };
    const rejections = new Rejections({ ...options, refusals, revokedUse: this.#revokedUse });
    this.#claims = new Claims({
      ...options,
      ...own,
      sending,
      receipts,
      refusals,
      rejections,
    });
  }

  /** Listens. Resolves when all filters are granted, or at once while the broker is not reached. Errors: those of Broker.subscribe. */
  async start(): Promise<void> {
    const { broker, topics, sharedOffers } = this.#options;
    this.#space.start();
    this.#options.gaps.start();
    await this.#restored.start();
    this.#greeting.start();
    broker.onMessage((message) => this.#take(message));
    await Promise.all(topics.filters(sharedOffers).map((filter) => broker.subscribe(filter)));
  }

  /**
   * Ends in order: no more offers, what is complete gets its receipt, unfinished work is closed. After STOP_MS it ends all the same:
   * what was not done then is asked for again. Never rejects.
   */
  async stop(): Promise<void> {
    const abort = new AbortController();
    const { clock, log } = this.#options;
    const patience = clock.sleep(STOP_MS, abort.signal).then(
      () => log.warn('stopped before all work was done'),
      () => undefined,
    );
    await Promise.race([this.#finish(), patience]);
    abort.abort(new Error('ended'));
    await patience;
  }

  async #finish(): Promise<void> {
    await Promise.all([this.#claims.stop(), this.#transfers.stop()]);
    await this.#transfers.stop(); // what an offer at hand began in between
    await this.#greeting.stop();
    await this.#custody.stop();
    await this.#restored.stop();
    await this.#space.stop();
    await this.#options.gaps.stop();
    this.#revokedUse.stop();
  }

  #take({ topic, payload, retained }: BrokerMessage): void {
    if (retained) return; // whoever is not connected now asks again
    const up = this.#options.topics.parseUp(topic);
    if (up === undefined) return;
    if ('receiver' in up && up.receiver !== this.#options.receiver) return;
    this.#dispatch(up, payload);
  }

  #dispatch(up: UpTopic, payload: Uint8Array): void {
    switch (up.kind) {
      case 'bytes':
        this.#transfers.get(up)?.bytes(up.offset, payload);
        return;
      case 'digests':
        this.#transfers.get(up)?.digests(up.offset, payload);
        return;
      case 'fin':
        this.#fin(up, payload);
        return;
      case 'offer':
        this.#claims.offer({ station: up.station, recording: up.recording }, payload);
        return;
      case 'custody':
        this.#custody.take(up.station, up.segment, up.from, payload);
        return;
    }
  }

  #fin(up: UpTopic & { kind: 'fin' }, payload: Uint8Array): void {
    try {
      const { epoch } = parseFin(payload);
      const transfer = this.#transfers.get(up);
      if (transfer === undefined) this.#claims.finWithoutTransfer(up);
      else transfer.fin(epoch);
    } catch (error) {
      this.#options.log.debug('no fin', { station: up.station, recording: up.recording, error });
    }
  }
}
