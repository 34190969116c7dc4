// Puts a receiver together from its configuration and its ports. Which adapters these are is decided in main.ts and by tests.
import type { ReceiverConfig } from '../../config/receiver-config.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { DiskWatch, LOOK_MS } from '../../protocol/format/disk-watch.ts';
import { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import type { StationId } from '../../protocol/format/ids.ts';
import type { Broker, Clock, Conditions, Files, Log, Random } from '../../protocol/format/ports.ts';
import { receiverTopics } from '../../protocol/transfer/topics.ts';
import type { Post } from '../platform/http-post.ts';
import { CustodyGreeting, CustodyKeeper } from './custody/custody-keep.ts';
import { WrittenEnd } from './custody/log-end.ts';
import type { StoreSigner } from './custody/log-tree.ts';
import { currentLogFolder } from './custody/store-log.ts';
import { OutsideWord } from './custody/outside-word.ts';
import { ReceiptLog, StationHeads } from './custody/receipt-log.ts';
import { Revocations, RevokedUse } from './keys/revocations.ts';
import { Receiver } from './receiver.ts';
import { VaultWords } from './reconcile/vault-words.ts';
import { LeftDocuments } from './retention/left-documents.ts';
import { stampsOf } from './retention/outside-time.ts';
import { RetentionTimer } from './retention/retention-timer.ts';
import { StoreCount, type StoreNumbers } from './store-numbers.ts';
import { Claims } from './transfer/claims.ts';
import { DockingDesk } from './transfer/docking-desk.ts';
import { DockingGaps } from './transfer/docking-gaps.ts';
import { Receipts } from './transfer/receipts.ts';
import { Refusals, Rejections } from './transfer/refusals.ts';
import { type MessageSigner, Sending } from './transfer/sending.ts';
import type { Slabs } from './transfer/slabs.ts';
import { Space } from './transfer/space.ts';
import { Transfers } from './transfer/transfers.ts';
import { FilesDockingIndex } from './vault/docking-index-files.ts';
import { UnitsAround, type UnitStore } from './vault/unit-store.ts';
import { FilesVault } from './vault/vault-files.ts';
import type { Locks } from './vault/vault-lock.ts';
import type { RunningProcess } from './vault/vault-run.ts';

/** What of receiver.yaml matters here; how the broker is reached is the adapter's. */
export type ReceiverSettings = Pick<
  ReceiverConfig,
  'receiver' | 'vault' | 'stations' | 'retention' | 'roles' | 'evaluators' | 'witnesses' | 'timestamps'
> & {
  readonly broker: Pick<ReceiverConfig['broker'], 'base'>;
};

export interface ReceiverPorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
  readonly broker: Broker;
  readonly signer: MessageSigner & StoreSigner;
  /** Of the signer's key. */
  readonly publicKey: PublicKey;
  readonly slabs: Slabs;
  /** Over the same slabs. */
  readonly units: UnitStore;
  /** Version of the program, for the store's log. */
  readonly version: string;
  readonly bootId: string | null;
  /** See FilesVaultOptions. */
  readonly process: RunningProcess;
  readonly locks: Locks;
  /** Asks witnesses and time-stamp authorities. */
  readonly post: Post;
  /** See FilesVaultOptions. */
  readonly stateFolder?: string | undefined;
}

/** A receiver on its open vault. */
export interface OpenReceiver {
  readonly vault: FilesVault;
  /** See StoreCount.measure. */
  measure(): Promise<StoreNumbers>;
  /** See StoreCount.stations. */
  stations(): StoreNumbers['stations'];
  /** From now on what is due is deleted, and the store's log tells of this receiver's start and end. See RetentionTimer. */
  startRetention(): void;
  /** See Receiver.start. */
  start(): Promise<void>;
  /** Ends the receiver, and notes its end in the vault where it ended in order; the ports stay open. Never rejects. */
  stop(): Promise<void>;
}

/** Opens the vault and makes the receiver. Errors: "vault.not-a-vault", "vault.not-there", "vault.in-use", "document.version", the system's. */
export async function openReceiver(settings: ReceiverSettings, given: ReceiverPorts): Promise<OpenReceiver> {
  const { receiver: receiverId, broker } = settings;
  const disk = new DiskWatch(given);
  const ports = {
    ...given,
    files: disk.files(given.files),
    units: new UnitsAround(given.units, disk.around),
  };
  const vault = await FilesVault.open({ ...ports, path: settings.vault.path, receiver: receiverId });
  const { files, clock, log, conditions } = ports;
  const stations = new Map(settings.stations.map((station) => [station.id, station.publicKeys]));
  const base = { ...ports, receiver: receiverId, stations, vault, layout: vault.layout };
  const topics = receiverTopics(broker.base, receiverId);
  const heard = new Map<StationId, number | undefined>(settings.stations.map(({ id }) => [id, undefined]));
  const sending = new Sending({ ...base, topics, keyId: ports.publicKey.keyId });
  const revocations = new Revocations(base);
  const revokedUse = new RevokedUse(base);
  const words = new VaultWords({ ...base, stations: [...stations.keys()], sending });
  const syncs = new FolderSyncs(files);
  const transfers = new Transfers(ports.slabs.freeCount, clock);
  const space = new Space({ ...base, quotaBytes: settings.vault.quotaBytes, words, transfers });
  const custody = new CustodyKeeper({ ...base, syncs, revocations, revokedUse, words, sending, space });
  const greeting = new CustodyGreeting({ ...base, custody });
  const index = new FilesDockingIndex(files, vault.layout);
  const gaps = new DockingGaps({ ...base, index, stations: stations.keys() });
  const store = {
    ...ports,
    vaultPath: settings.vault.path,
    written: new WrittenEnd(),
    receiver: receiverId,
    layout: vault.layout,
    vault: vault.id,
    retention: settings.retention,
    roles: settings.roles,
    evaluators: settings.evaluators,
    witnesses: settings.witnesses.map(({ key }) => key),
    stamps: stampsOf(settings.timestamps),
    stations,
  };
  const receiptLog = new ReceiptLog({ store, stations, sending, conditions });
  const heads = new StationHeads({ stations, custody, receiptLog, clock, log });
  const receipts = new Receipts({
    ...base,
    sending,
    custody,
    receiptLog,
    words,
  });
  const refusals = new Refusals({ ...base, sending });
  const rejections = new Rejections({ ...base, refusals, revokedUse });
  const answering = { space, receipts, refusals, rejections };
  const dockings = new DockingDesk({ ...base, ...answering, gaps });
  const claims = new Claims({ ...base, ...answering, receiptLog, sending, revocations, transfers, dockings });
  const receiver = new Receiver({
    receiver: receiverId,
    broker: ports.broker,
    topics,
    transfers,
    claims,
    space,
    gaps,
    custody,
    receiptLog,
    greeting,
    words,
    revokedUse,
    heard,
    clock,
    log,
  });
  const retention = new RetentionTimer({ deps: store, conditions: conditions });
  const leftDocuments = new LeftDocuments(store);
  const counters = { vault, space, retention, transfers, receipts, words, heard, log: store };
  const count = new StoreCount({ ...counters, quotaBytes: settings.vault.quotaBytes });
  const outside = new OutsideWord({
    ...base,
    witnesses: settings.witnesses,
    timestamps: settings.timestamps,
    folder: () => currentLogFolder({ ...base, vaultPath: settings.vault.path, vault: vault.id }),
  });
  let stopLooking = (): void => undefined;
  const lookAtDisk = (): void => {
    disk.look();
    stopLooking = clock.after(LOOK_MS, lookAtDisk);
  };
  return {
    vault,
    measure: () => count.measure(),
    stations: () => count.stations(),
    startRetention: () => {
      retention.start();
      leftDocuments.start();
      heads.start();
    },
    start: async () => {
      await receiver.start();
      outside.start();
      lookAtDisk();
    },
    stop: async () => {
      stopLooking();
      const stopped = receiver.stop();
      const placed = leftDocuments.stop();
      const last = stopped.then(() => heads.stop());
      const [isInOrder] = await Promise.all([stopped, retention.stop(last), placed]);
      await outside.stop();
      // Without a note of its end no receiver of another machine begins while something of this one may still be written.
      if (isInOrder) await vault.close();
    },
  };
}
