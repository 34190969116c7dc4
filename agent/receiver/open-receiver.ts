// Puts a receiver together from its configuration and its ports. Which adapters these are is decided in main.ts and by tests.
import type { ReceiverConfig } from '../../config/receiver-config.ts';
import { DiskWatch, LOOK_MS } from '../../protocol/format/disk-watch.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { Broker, Clock, Conditions, Files, Log, Random } from '../../protocol/format/ports.ts';
import { receiverTopics } from '../../protocol/transfer/topics.ts';
import { CustodyKeeper } from './custody/custody-keep.ts';
import { DockingGaps } from './transfer/docking-gaps.ts';
import { FilesDockingIndex } from './vault/docking-index-files.ts';
import { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { Revocations } from './keys/revocations.ts';
import type { RevokedUse } from './keys/revoked-use.ts';
import { RestoredStatements } from './reconcile/restored-statements.ts';
import { Receiver } from './receiver.ts';
import type { MessageSigner, Sending } from './transfer/sending.ts';
import type { Slabs } from './transfer/slabs.ts';
import type { UnitStore } from './vault/unit-store.ts';
import { clockDoubt } from './retention/expire.ts';
import { readMemory } from './retention/log-memory.ts';
import { readRecording } from './retention/recording-facts.ts';
import { RetentionTimer } from './retention/retention-timer.ts';
import { storeKeys } from './retention/store-keys.ts';
import { UnitsAround } from './units-around.ts';
import { countVault } from './vault/vault-count.ts';
import { FilesVault } from './vault/vault-files.ts';
import { checkVaultThere } from './vault/vault-id.ts';
import type { Locks } from './vault/locks.ts';
import type { RunningProcess } from './vault/vault-run.ts';
import { WrittenEnd } from './custody/log-end.ts';
import { DailyWitness } from './custody/daily-witness.ts';

/** What of receiver.yaml matters here; how the broker is reached is the adapter's. */
export type ReceiverSettings = Pick<
  ReceiverConfig,
  'receiver' | 'vault' | 'stations' | 'retention' | 'roles'
> & {
  readonly broker: Pick<ReceiverConfig['broker'], 'base' | 'sharedOffers'>;
};

export interface ReceiverPorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
  readonly broker: Broker;
  readonly signer: MessageSigner;
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
  /** See RetentionDeps. */
  readonly isSynchronised: () => Promise<boolean | null>;
  /** See FilesVaultOptions. */
  readonly stateFolder?: string | undefined;
}

/** A receiver on its open vault. */
export interface OpenReceiver {
  readonly vault: FilesVault;
  /** From now on what is due is deleted, and the store's log tells of this receiver's start and end. See RetentionTimer. */
  startRetention(): void;
  /** See Receiver.start. */
  start(): Promise<void>;
  /** Ends the receiver and closes its vault; the ports stay open. Never rejects. */
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
  const stations = new Map(settings.stations.map((station) => [station.id, station.publicKeys]));
  const revocations = new Revocations({ ...ports, layout: vault.layout });
  const ownKeys = (): Promise<PublicKey[]> =>
    storeKeys({ ...ports, layout: vault.layout, receiver: receiverId });
  const receiver = new Receiver({
    ...ports,
    revocations,
    receiver: receiverId,
    stations,
    vault,
    topics: receiverTopics(broker.base, receiverId),
    sharedOffers: broker.sharedOffers,
    quotaBytes: settings.vault.quotaBytes,
    gaps: new DockingGaps({
      ...ports,
      index: new FilesDockingIndex(ports.files, vault.layout),
      stations: stations.keys(),
    }),
    storeKeys: ownKeys,
    isDeletedByUs: async (name) => {
      const keys = { store: await ownKeys(), station: stations.get(name.station) ?? [] };
      const deps = { files: ports.files, layout: vault.layout };
      return (await readRecording(deps, name, keys)).kind === 'deleted';
    },
    count: (signal) => countVault(ports.files, vault.layout, signal),
    restored: (sending: Sending) =>
      new RestoredStatements({
        ...ports,
        stations: [...stations.keys()],
        layout: vault.layout,
        say: (station, document) => sending.restored(station, document),
      }),
    custody: (sending: Sending, revokedUse: RevokedUse, restored: RestoredStatements) =>
      new CustodyKeeper({
        ...ports,
        revocations,
        revokedUse,
        restored,
        receiver: receiverId,
        stations,
        syncs: new FolderSyncs(ports.files),
        folder: (station) => vault.custodyFolder(station),
        note: (note) => vault.note(note),
        setAside: (path, reason) => vault.setAsidePath(path, reason),
        answer: (station, body) => sending.custody(station, body),
      }),
  });
  const store = {
    ...ports,
    vaultPath: settings.vault.path,
    written: new WrittenEnd(),
    receiver: receiverId,
    layout: vault.layout,
    vault: vault.id,
    retention: settings.retention,
    roles: settings.roles,
    stations,
  };
  const witness = new DailyWitness({
    deps: store,
    conditions: ports.conditions,
    clockDoubt: async (signal) => {
      await checkVaultThere(ports.files, vault.layout, vault.id);
      // A day is over by the log's clock; whether the system calls it synchronised does not matter for that.
      const deps = { ...store, isSynchronised: () => Promise.resolve(true), signal };
      return clockDoubt(deps, await readMemory(deps), undefined);
    },
  });
  const retention = new RetentionTimer({ deps: store, conditions: ports.conditions });
  let stopLooking = (): void => undefined;
  const lookAtDisk = (): void => {
    disk.look();
    stopLooking = ports.clock.after(LOOK_MS, lookAtDisk);
  };
  return {
    vault,
    startRetention: () => retention.start(),
    start: async () => {
      await receiver.start();
      witness.start();
      lookAtDisk();
    },
    stop: async () => {
      stopLooking();
      await Promise.all([receiver.stop(), witness.stop(), retention.stop()]);
      await vault.close();
    },
  };
}
