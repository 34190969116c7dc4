// What commands of the store that write into the vault share: configuration, the store's key, the vault that is there, the store's log.
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Io } from '../../../config/command-line.ts';
import { readSigningKey } from '../../../config/enrolment/keys.ts';
import { ownedFiles } from '../../../config/owned-files.ts';
import { refusedFile } from '../../../config/problems.ts';
import { readVersion } from '../../../config/program-version.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { inlineSigner, publicKeyOf, type SecretKey } from '../../../protocol/documents/minisign.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import type { SessionId, StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Files, Log, Signer } from '../../../protocol/format/ports.ts';
import { nodeClock, readBootId } from '../../platform/clock-node.ts';
import { nodeFiles } from '../../platform/files-node.ts';
import { nodeRandom } from '../../platform/random-node.ts';
import { WrittenEnd } from '../custody/log-end.ts';
import { isEntered } from '../custody/log-read.ts';
import {
  appendStoreEvents,
  endStoreSegment,
  type StoreLogDeps,
  storeLogFolder,
} from '../custody/store-log.ts';
import { stampsOf } from '../retention/outside-time.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import { underPolicy, type Unsettled } from '../retention/policies.ts';
import { stationsIn } from '../retention/survey.ts';
import { readVaultId } from '../vault/vault-id.ts';
import { VaultLayout } from '../vault/vault-layout.ts';
import { VaultLocks } from '../vault/vault-lock.ts';
import { readRun, refuseOther } from '../vault/vault-run.ts';
import { loadChecked } from './check.ts';

/** The store as a command works on it; its receiver may run beside it, on this machine. */
export interface StoreCommand {
  readonly config: ReceiverConfig;
  readonly layout: VaultLayout;
  readonly files: Files;
  readonly clock: Clock;
  readonly signer: Signer;
  /** Id of the vault. */
  readonly vault: SessionId;
  /** The store's log with the configured key. */
  readonly logDeps: StoreLogDeps;
  /** Enters events into the store's log, signed by the configured key or by another one. Errors: those of appendStoreEvents. */
  enter(events: readonly CustodyEvent[], key?: SecretKey): Promise<void>;
  /** Ends the open segment of the store's log with the configured key. Errors: those of endStoreSegment. */
  endLog(): Promise<void>;
  /** Whether an event stands in the store's log. See isEntered. */
  isEntered(event: CustodyEvent, needle: string): Promise<boolean>;
}

/**
 * Opens what a command needs.
 * Errors: "config.refused" after the problems of the file were told; "key.*"; "vault.not-a-vault" where none is there; "vault.owner" where its files belong to somebody else; "vault.in-use" where a receiver of another machine works on it.
 */
export async function openStoreCommand(file: string, io: Io): Promise<StoreCommand> {
  const { config, problems } = await loadChecked(file);
  if (config === undefined) throw refusedFile(file, problems, 'bodydock-receiver', io);
  const [clock, random] = [nodeClock(), nodeRandom()];
  const layout = new VaultLayout(config.vault.path);
  const vaultId = await checkVault(nodeFiles(), layout);
  refuseOther(layout, await readRun(nodeFiles(), layout), hostname());
  const files = await ownedFiles(layout.root);
  const own = await readSigningKey(config.keys.signingFile);
  const { receiver, vault } = config;
  const version = await readVersion();
  const process = { version, bootId: await readBootId(), log: logTo(io), signal: io.signal };
  const once = { locks: new VaultLocks(layout.root, clock), written: new WrittenEnd() };
  const common = {
    vaultPath: vault.path,
    vault: vaultId,
    receiver,
    files,
    clock,
    random,
    ...process,
    ...once,
  };
  const deps = (key: SecretKey): StoreLogDeps => ({
    ...common,
    signer: inlineSigner(key),
    publicKey: publicKeyOf(key),
  });
  return {
    config,
    layout,
    files,
    clock,
    signer: inlineSigner(own),
    vault: vaultId,
    logDeps: deps(own),
    enter: async (events, key = own) => {
      await appendStoreEvents(deps(key), events);
    },
    endLog: () => endStoreSegment(deps(own)),
    isEntered: (event, needle) => isEntered(files, storeLogFolder(vault.path, receiver), event, needle),
  };
}

/** Root may, who leaves all to the owner of the vault; anybody else would leave files that the service cannot read or go on with. */
async function checkVault(files: Files, layout: VaultLayout): Promise<SessionId> {
  const vault = await readVaultId(files, layout);
  if (vault === undefined)
    throw new DockError(
      'vault.not-a-vault',
      `${layout.root} holds no vault: mount its disk, or start the receiver once`,
      { retry: 'person' },
    );
  const { uid } = await stat(layout.root);
  const own = process.geteuid?.();
  if (own === 0 || own === uid) return vault;
  throw new DockError(
    'vault.owner',
    `${layout.root} belongs to user ${uid}: type this command as root (sudo bodydock-receiver ...), or as that user where it can read the key`,
    { retry: 'person' },
  );
}

function logTo(io: Io): Log {
  const say = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const { error, ...facts } = fields;
    const code = systemCode(error);
    io.err(`${message}: ${JSON.stringify(code === undefined ? facts : { ...facts, system_code: code })}\n`);
  };
  return { error: say, warn: say, info: () => undefined, debug: () => undefined };
}

// What commands that give orders or delete work with: the store as other commands have it, and what receiver.yaml says of retention.

/** Stations that a message names. */
const SHOWN_MAX = 20;

/** Errors: those of openStoreCommand; "policy.missing". */
export async function openRetentionCommand(file: string, io: Io): Promise<RetentionDeps> {
  return underPolicy(await openPolicyCommand(file, io));
}

/** The same, before it was asked for the policy in force. Errors: those of openStoreCommand. */
export async function openPolicyCommand(file: string, io: Io): Promise<Unsettled<RetentionDeps>> {
  const { config, layout, logDeps, vault } = await openStoreCommand(file, io);
  return {
    ...logDeps,
    layout,
    vault,
    retention: config.retention,
    roles: config.roles,
    evaluators: config.evaluators,
    witnesses: config.witnesses.map(({ key }) => key),
    stations: new Map(config.stations.map(({ id, publicKeys }) => [id, publicKeys])),
    stamps: stampsOf(config.timestamps),
  };
}

/** Nothing is found of a station that nobody knows, and nothing found would read as good. Errors: "station.unknown"; the system's. */
export async function checkKnown(deps: RetentionDeps, station: StationId | undefined): Promise<void> {
  const known = new Set([...deps.stations.keys(), ...(await stationsIn(deps))]);
  if (station === undefined || known.has(station)) return;
  throw new DockError(
    'station.unknown',
    `neither the file nor the vault knows station ${station}, only ${[...known].toSorted().slice(0, SHOWN_MAX).join(', ') || 'none'}: look at its id`,
    { retry: 'person' },
  );
}
