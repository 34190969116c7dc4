// What the receiver gets of receiver.yaml: camelCase, branded ids, absolute paths, parsed keys. Made by load.ts only, after all checks.
import { resolve } from 'node:path';
import { parsePublicKey, type PublicKey } from '../protocol/documents/minisign.ts';
import { DockError } from '../protocol/format/errors.ts';
import { parseReceiverId, parseStationId, type ReceiverId, type StationId } from '../protocol/format/ids.ts';
import { NOTE_COSIGNATURE, type NoteKey, parseNoteKey } from '../protocol/transparency/signed-note.ts';
import {
  type BrokerConfig,
  type BrokerLogin,
  brokerPlaces,
  type BrokerPlaces,
  checkBroker,
  isLoopback,
  mapBroker,
} from './broker-config.ts';
import type { Language } from './language.ts';
import { minuteOf } from './push-limits.ts';
import type { ReceiverFile } from './receiver-schema.ts';
import { checkRoles, mapRoles, type RolesConfig } from './roles-config.ts';
import { goodKeys, placed, type RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';

/** One station whose recordings are taken, with the keys whose manifests count. */
export interface KnownStation {
  readonly id: StationId;
  readonly publicKeys: readonly PublicKey[];
}

/** receiver.yaml. All paths are absolute. */
export interface ReceiverConfig {
  readonly receiver: ReceiverId;
  readonly vault: { readonly path: string; readonly quotaBytes: number };
  readonly keys: { readonly signingFile: string };
  readonly stations: readonly KnownStation[];
  readonly retention: RetentionConfig;
  readonly roles: RolesConfig;
  /** Keys whose signatures make an evaluation (SPEC 4.18). */
  readonly evaluators: readonly PublicKey[];
  readonly witnesses: readonly WitnessConfig[];
  readonly timestamps: TimestampsConfig | null;
  /** Where the numbers are served for tools on this machine; null where they are not. */
  readonly metrics: { readonly port: number } | null;
  readonly desk: DeskConfig | null;
  readonly notify: NotifyConfig | null;
  readonly broker: BrokerConfig & { readonly hasSharedOffers?: boolean };
}

/** How the desk of the office is served (SPEC 7.11). */
export interface DeskConfig {
  readonly address: string;
  readonly port: number;
  readonly caFile: string;
  /** Null: none is revoked. */
  readonly crlFile: string | null;
  readonly certFile: string;
  readonly keyFile: string;
  /** As browsers send them in the header `Origin`. */
  readonly origins: readonly string[];
}

/** The mails of the store (SPEC 7.12). */
export interface NotifyConfig {
  readonly host: string;
  readonly port: number;
  /** "plain" goes to this machine itself only. */
  readonly security: 'tls' | 'starttls' | 'plain';
  /** Null: the authorities of the system. */
  readonly caFile: string | null;
  readonly login: BrokerLogin | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly language: Language;
  /** Minutes since midnight, local time. */
  readonly dailyMinute: number;
}

/** How long the store keeps what it has. */
export interface RetentionConfig {
  /** null where the file does not say: then a policy of both roles does, or 14 and 730. */
  readonly days: number | null;
  readonly documentsDays: number | null;
  /** Hours between two expirations of the running receiver; 0: none. */
  readonly timerHours: number;
}

/** A witness outside (SPEC 4.15.25): its key for cosignatures, with its name, and where it takes checkpoints. */
export interface WitnessConfig {
  readonly key: NoteKey;
  readonly url: string;
}

/** A time-stamp authority (SPEC 4.15.26). */
export interface TimestampsConfig {
  readonly url: string;
  /** Certificate by which its time stamps are verified; null where there is none. */
  readonly caFile: string | null;
}

/** What receiver.yaml names on this machine. A ReceiverConfig is one; of a file that is not good there are those that are. */
export interface ReceiverPlaces {
  readonly receiver?: ReceiverId;
  readonly vault?: Pick<ReceiverConfig['vault'], 'path'>;
  readonly keys?: ReceiverConfig['keys'];
  readonly stations: readonly Pick<KnownStation, 'publicKeys'>[];
  readonly retention?: Pick<RetentionConfig, 'timerHours'>;
  readonly roles: RolesConfig | null;
  readonly broker: BrokerPlaces & { readonly hasSharedOffers?: boolean };
  readonly timestamps?: TimestampsConfig | null;
  readonly desk?: Partial<DeskConfig> | null;
  readonly notify?: NotifyPlaces | null;
}

/** What of the group `notify` can be looked at on this machine. */
export interface NotifyPlaces {
  readonly caFile: string | null;
  readonly login: Pick<BrokerLogin, 'passwordFile'> | null;
}

/** What a file names that did not pass, as far as it is good. Roles with a fault are left out: whether one is empty is not known. */
export function receiverPlaces(file: Good<ReceiverFile>, folder: string): ReceiverPlaces {
  const { receiver, vault, keys, stations = [], retention, roles, broker, desk, notify } = file;
  const timerHours = retention?.timer_hours;
  return {
    ...(receiver !== undefined && { receiver: parseReceiverId(receiver) }),
    ...(vault?.path !== undefined && { vault: { path: resolve(folder, vault.path) } }),
    ...(keys?.signing_file !== undefined && { keys: { signingFile: resolve(folder, keys.signing_file) } }),
    stations: stations.map((station) => ({ publicKeys: goodKeys(station?.public_keys) })),
    ...(timerHours !== undefined && { retention: { timerHours } }),
    roles: rolePlaces(roles),
    broker: { ...brokerPlaces(broker, folder), hasSharedOffers: broker?.shared_offers !== undefined },
    ...(desk && { desk: deskPlaces(desk, folder) }),
    ...(notify && { notify: notifyPlaces(notify, folder) }),
  };
}

function rolePlaces({ officers, supervisors }: Good<ReceiverFile['roles']> = {}): RolesConfig | null {
  if (officers === undefined || supervisors === undefined) return null;
  const places = { officers: goodKeys(officers), supervisors: goodKeys(supervisors) };
  const isWhole =
    places.officers.length === officers.length && places.supervisors.length === supervisors.length;
  return isWhole ? places : null;
}

/** Maps a file that passed schema and rules. Relative paths start at `folder`. */
export function mapReceiver(file: ReceiverFile, folder: string): ReceiverConfig {
  return {
    receiver: parseReceiverId(file.receiver),
    vault: { path: resolve(folder, file.vault.path), quotaBytes: file.vault.quota_bytes },
    keys: { signingFile: resolve(folder, file.keys.signing_file) },
    stations: file.stations.map((station) => ({
      id: parseStationId(station.id),
      publicKeys: station.public_keys.map(parsePublicKey),
    })),
    retention: {
      days: file.retention.days ?? null,
      documentsDays: file.retention.documents_days ?? null,
      timerHours: file.retention.timer_hours,
    },
    roles: mapRoles(file.roles),
    evaluators: file.roles.evaluators.map(parsePublicKey),
    witnesses: file.witnesses.map(({ key, url }) => ({ key: parseNoteKey(key), url })),
    timestamps: mapTimestamps(file.timestamps, folder),
    metrics: file.metrics ?? null,
    desk: file.desk === undefined ? null : mapDesk(file.desk, folder),
    notify: file.notify === undefined ? null : mapNotify(file.notify, folder),
    broker: { ...mapBroker(file.broker, folder), hasSharedOffers: file.broker.shared_offers !== undefined },
  };
}

type DeskGroup = NonNullable<ReceiverFile['desk']>;

function mapDesk(
  { ca_file: ca, crl_file: crl, cert_file: cert, key_file: key, ...rest }: DeskGroup,
  folder: string,
): DeskConfig {
  return {
    ...rest,
    caFile: resolve(folder, ca),
    crlFile: crl === undefined ? null : resolve(folder, crl),
    certFile: resolve(folder, cert),
    keyFile: resolve(folder, key),
  };
}

/** Of a group that may lack some of it. */
function deskPlaces(
  { ca_file: ca, crl_file: crl, cert_file: cert, key_file: key }: Good<DeskGroup>,
  folder: string,
): Partial<DeskConfig> {
  return {
    ...(ca !== undefined && { caFile: resolve(folder, ca) }),
    ...(crl !== undefined && { crlFile: resolve(folder, crl) }),
    ...(cert !== undefined && { certFile: resolve(folder, cert) }),
    ...(key !== undefined && { keyFile: resolve(folder, key) }),
  };
}

type NotifyGroup = NonNullable<ReceiverFile['notify']>;

function mapNotify(group: NotifyGroup, folder: string): NotifyConfig {
  const { from, to, language, username, daily_at: dailyAt } = group;
  const { protocol, hostname, port } = new URL(group.server);
  const places = notifyPlaces(group, folder);
  const isTls = protocol === 'smtps:';
  const isPlain = isLoopback(hostname) && places.caFile === null;
  return {
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? (isTls ? 465 : 587) : Number(port),
    security: isTls ? 'tls' : isPlain ? 'plain' : 'starttls',
    caFile: places.caFile,
    login: places.login && username !== undefined ? { ...places.login, username } : null,
    from,
    to,
    language,
    dailyMinute: minuteOf(dailyAt),
  };
}

function notifyPlaces(group: Good<NotifyGroup>, folder: string): NotifyPlaces {
  const { ca_file: ca, password_file: password } = group;
  return {
    caFile: ca === undefined ? null : resolve(folder, ca),
    login: password === undefined ? null : { passwordFile: resolve(folder, password) },
  };
}

/** The address can be one, and a login has both its parts. */
function checkNotify({ server }: Good<NotifyGroup>, report: RuleReport): void {
  const remedy = 'write smtps://HOST[:PORT] or smtp://HOST[:PORT]';
  if (server !== undefined && !URL.canParse(server))
    report.add(['notify', 'server'], {
      code: 'config.value',
      message: 'is no address of a mail server',
      found: server,
      remedy,
    });
  const names = ['username', 'password_file'] as const;
  const missing = names.filter((name) => !report.isWritten(['notify', name]));
  if (missing.length === 1)
    for (const name of missing)
      report.add(['notify', name], {
        code: 'config.missing',
        message: `"${name}" is missing: a login by password wants username and password_file`,
        remedy: 'add it',
      });
}

function mapTimestamps(
  { url, ca_file: ca }: ReceiverFile['timestamps'],
  folder: string,
): TimestampsConfig | null {
  return url === undefined ? null : { url, caFile: ca === undefined ? null : resolve(folder, ca) };
}

// What must hold between the values of the receiver's file. Values that did not pass the schema are absent.

/** Reports every rule that the file breaks. */
export function checkReceiver(file: Good<ReceiverFile>, report: RuleReport): void {
  const stations = file.stations ?? [];
  const ids = stations.map((station) => station?.id);
  report.unique(placed(ids, ['stations'], 'id'), 'station');
  // One key of two stations would let either speak for the other, so keys are compared over all of them as well.
  const keys = stations.flatMap((station, at) =>
    placed(station?.public_keys, ['stations', at, 'public_keys']).filter(
      ({ value }, number, all) => all.findIndex((other) => other.value === value) === number,
    ),
  );
  checkRoles(file.roles, keys, report);
  for (const [at, station] of stations.entries())
    report.publicKeys(station?.public_keys, ['stations', at, 'public_keys']);
  checkDays(file.retention, report);
  checkWitnesses(file.witnesses ?? [], report);
  if (file.notify !== undefined) checkNotify(file.notify, report);
  if (file.broker !== undefined) checkBroker(file.broker, report);
}

/** Each signs with a key of its own, of the kind for cosignatures. */
function checkWitnesses(witnesses: NonNullable<Good<ReceiverFile['witnesses']>>, report: RuleReport): void {
  const keys = placed(
    witnesses.map((witness) => witness?.key),
    ['witnesses'],
    'key',
  );
  report.unique(keys, 'key');
  for (const { path, value } of keys) {
    const message = cosignerFault(value);
    const remedy = 'copy the key as the witness publishes it: name, id and base64, joined by "+"';
    if (message !== undefined) report.add(path, { code: 'config.key', message, found: value, remedy });
  }
}

function cosignerFault(text: string): string | undefined {
  try {
    return parseNoteKey(text).type === NOTE_COSIGNATURE ? undefined : 'is the key of a log, not of a witness';
  } catch (error) {
    if (error instanceof DockError) return 'is no key of a witness';
    throw error;
  }
}

/** Documents are the proof of a deletion: they must not be gone before it. */
function checkDays(retention: Good<ReceiverFile['retention']> | undefined, report: RuleReport): void {
  const { days, documents_days: documentsDays } = retention ?? {};
  if (days === undefined || documentsDays === undefined || documentsDays >= days) return;
  report.add(['retention', 'documents_days'], {
    code: 'config.value',
    message: 'is less than `days`',
    found: documentsDays,
    allowed: `at least ${days}`,
    remedy: 'keep documents at least as long as recordings',
  });
}
