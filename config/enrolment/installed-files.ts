// Looks at everything that a configuration names on this machine: keys, TLS files, spool or vault, bays, proofs.
// Reads only. load.ts has checked the text before; of one that is not good what could be read of it is looked at anyway.
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type PublicKey, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { SPOOL_DAYS_MAX, STATION_LOG_DAYS } from '../../protocol/documents/retention.ts';
import { equalBytes } from '../../protocol/format/bytes.ts';
import { describeError } from '../../protocol/format/errors.ts';
import type { BrokerPlaces, TlsFiles } from '../broker-config.ts';
import { readBrokerPassword, readCameraPassword } from '../broker-credentials.ts';
import { checkDiskPlace, checkStarter } from '../disk-place.ts';
import { FileFinds } from '../file-finds.ts';
import { readQuestions } from '../questions.ts';
import type { ReceiverPlaces } from '../receiver-config.ts';
import { checkSerialPorts } from '../serial-ports.ts';
import type { StationConfig, StationPlaces } from '../station-config.ts';
import { holds } from '../station-rules.ts';
import { checkCertificates, checkTlsFiles } from '../tls-files.ts';
import { isUnfoundPort } from '../usb-buses.ts';
import { keyChangesFolder, loadKeyHistory } from './key-changes.ts';
import { readSigningKey } from './keys.ts';
import { readCertificates } from '../certificate-files.ts';
import { loadProofs, proofsFolder } from './proofs.ts';

/** What a look at a station's files gave. */
export interface StationFinds extends FileFinds {
  /** Recipients of the configuration without a proof that holds: as long as there is one, nothing is released. */
  readonly unprovenRecipients: readonly string[];
}

/**
 * Checks the files without which a station does not start: nothing that heals by itself is a reason, so neither the date of a certificate
 * (the clock may be wrong until there is a network) nor a bay or the password of one camera.
 */
export async function checkStationStart(config: StationConfig): Promise<FileFinds> {
  const finds = new FileFinds();
  await checkOwnKey(config.keys.signingFile, config.store.publicKeys, finds);
  if (config.broker.tls !== null) await checkTlsFiles(config.broker.tls, finds);
  await checkLogin(config.broker, undefined, finds);
  await checkDiskPlace(config.spool.path, finds);
  await checkStarter(config.spool.path, { code: 'spool.owner', unit: 'bodydock' }, finds);
  warnOfStation(config, finds);
  return finds;
}

/** Checks the files of a station. `nowMs` is the wall time, for the dates of certificates. */
export async function checkStationFiles(config: StationPlaces, nowMs: number): Promise<StationFinds> {
  const finds = new FileFinds();
  const { keys, spool, station } = config;
  const key = keys && (await checkOwnKey(keys.signingFile, config.store.publicKeys, finds));
  if (config.broker.tls !== null) await checkTls(config.broker.tls, station, nowMs, finds);
  await checkLogin(config.broker, station, finds);
  if (spool !== undefined) await checkDiskPlace(spool.path, finds);
  for (const { folder } of config.bays) if (folder !== null) await checkBayFolder(folder, finds);
  await checkBayLinks(config, finds);
  await checkSerialPorts(config.bays, finds);
  for (const { usbPort } of config.bays)
    if (usbPort !== null && isUnfoundPort(usbPort))
      finds.warning(
        'bay.absent',
        usbPort,
        'names a USB controller that is not there: the bay is empty until it is; `bodydock bays` shows which there are',
      );
  for (const { passwordFile } of config.cameras)
    if (passwordFile !== null) await checkPassword(passwordFile, finds);
  if (typeof config.screen?.questions === 'string') checkQuestions(config.screen.questions, finds);
  warnOfStation(config, finds);
  const unprovenRecipients = await checkProofs(config, key, finds);
  return Object.assign(finds, { unprovenRecipients });
}

function warnOfStation({ hasRetention, release, roles }: StationPlaces, finds: FileFinds): void {
  const isEmpty = roles?.officers.length === 0 || roles?.supervisors.length === 0;
  if (release === 'after-receipt' && isEmpty)
    finds.warning(
      'roles.empty',
      'roles',
      'has no keys of both roles, so no policy is taken, and nothing is erased once the store was restored',
    );
  if (hasRetention === true)
    finds.warning(
      'retention.without-effect',
      'retention',
      `has no effect any more: a copy that the store holds goes after spool.keep_hours and ${SPOOL_DAYS_MAX} days at most, or fewer by a policy, its part of the log after ${STATION_LOG_DAYS}; take the group out`,
    );
}

/** Checks the files of a receiver. */
export async function checkReceiverFiles(config: ReceiverPlaces, nowMs: number): Promise<FileFinds> {
  const finds = new FileFinds();
  const { keys, vault, roles } = config;
  const pins = config.stations.flatMap((station) => station.publicKeys);
  if (roles !== null) pins.push(...roles.officers, ...roles.supervisors);
  if (keys !== undefined) await checkOwnKey(keys.signingFile, pins, finds);
  if (config.broker.tls !== null) await checkTls(config.broker.tls, config.receiver, nowMs, finds);
  await checkLogin(config.broker, config.receiver, finds);
  if (vault !== undefined) await checkDiskPlace(vault.path, finds);
  warnOfRetention(config, finds);
  const stampCa = config.timestamps?.caFile ?? null;
  if (stampCa !== null)
    await readCertificates(stampCa).catch(() =>
      finds.warning(
        'timestamps.ca-file',
        stampCa,
        'cannot be read as a certificate of the time-stamp authority: its stamps are no time from outside, by which alone something is deleted',
      ),
    );
  if (config.broker.hasSharedOffers === true)
    finds.warning(
      'broker.shared-offers',
      'broker',
      'has shared_offers, which has no effect any more: the receiver hears every offer; take the line out',
    );
  return finds;
}

/** Checks the files of the mails (SPEC 7.12), which a store works without. */
export async function checkNotifyFiles(
  { caFile, login }: NonNullable<ReceiverPlaces['notify']>,
  finds: FileFinds,
): Promise<void> {
  if (caFile !== null) await checkTlsFiles({ caFile }, finds);
  if (login !== null)
    await readBrokerPassword(login.passwordFile).catch((error: unknown) =>
      finds.error(login.passwordFile, error),
    );
}

async function checkTls(
  tls: Partial<TlsFiles>,
  commonName: string | undefined,
  nowMs: number,
  finds: FileFinds,
): Promise<void> {
  checkCertificates(await checkTlsFiles(tls, finds), { commonName, nowMs }, finds);
}

/** The password of a login; and, where `id` is known, what such a login does not give. */
async function checkLogin({ login }: BrokerPlaces, id: string | undefined, finds: FileFinds): Promise<void> {
  if (login?.passwordFile === undefined) return;
  const { username, passwordFile } = login;
  await readBrokerPassword(passwordFile).catch((error: unknown) => finds.error(passwordFile, error));
  if (id === undefined) return;
  finds.warning(
    'broker.by-password',
    'broker',
    'logs in by password: the word of the broker alone says which station a message is from. Recordings and receipts stay signed',
  );
  if (username !== undefined && username !== id)
    finds.warning(
      'broker.username',
      'broker',
      `username is not ${id}: the ACL of this package lets each account write below its own name only`,
    );
}

/** What is allowed and yet must be meant. */
function warnOfRetention({ roles, retention }: ReceiverPlaces, finds: FileFinds): void {
  const empty =
    roles === null ? [] : (['officers', 'supervisors'] as const).filter((role) => roles[role].length === 0);
  if (empty.length === 2)
    finds.warning('roles.empty', 'roles', 'has no keys, so no order to hold or to delete can be given');
  else if (empty.length === 1)
    finds.warning(
      'roles.empty',
      'roles',
      `has no ${empty[0]}, so a hold lapses after 7 days and no other order counts`,
    );
  if (retention?.timerHours === 0)
    finds.warning(
      'retention.by-hand',
      'retention',
      'timer_hours is 0, so what is due stays until `bodydock-receiver expire` is called',
    );
}

/** Anybody who holds a key that the other end trusts as its peer's could speak for both ends. */
async function checkOwnKey(
  path: string,
  pins: readonly PublicKey[],
  finds: FileFinds,
): Promise<PublicKey | undefined> {
  try {
    const own = publicKeyOf(await readSigningKey(path));
    const remedy = 'station and store need a key each: make one with `bodydock keys make`';
    if (pins.some((pin) => equalBytes(pin.key, own.key)))
      finds.problem(
        'key.own-pin',
        path,
        'is one of the keys that this configuration pins for the other end',
        remedy,
      );
    return own;
  } catch (error) {
    return finds.error(path, error);
  }
}

async function checkPassword(path: string, finds: FileFinds): Promise<void> {
  await readCameraPassword(path).catch((error: unknown) => finds.error(path, error));
}

function checkQuestions(path: string, finds: FileFinds): void {
  try {
    readQuestions(path);
  } catch (error) {
    finds.error(path, error);
  }
}

async function checkBayFolder(path: string, finds: FileFinds): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    finds.warning('bay.absent', path, 'is not there: the bay is empty until it appears');
  else if (!found.isDirectory())
    finds.problem(
      'bay.no-folder',
      path,
      'is no folder',
      'name the folder in which the files of the camera appear',
    );
}

/** The rules of the file compare paths as they are written: links in them can make one folder of two anyway. */
async function checkBayLinks(
  { bays, spool, keys, broker, cameras }: StationPlaces,
  finds: FileFinds,
): Promise<void> {
  const secrets = [
    keys?.signingFile,
    broker.tls?.keyFile,
    broker.login?.passwordFile,
    ...cameras.map(({ passwordFile }) => passwordFile),
  ];
  const files = secrets.filter((file) => typeof file === 'string');
  const own = await Promise.all(files.map(async (file) => [file, await realPath(file)] as const));
  const seen: (readonly [name: string, place: string, path: string])[] = [];
  if (spool !== undefined) seen.push(['the spool', await placeOfSpool(spool.path), spool.path]);
  for (const { folder } of bays) {
    if (folder === null) continue;
    const place = await realPath(folder);
    // What is one folder by its path as well is a mistake in the text, and told there.
    const clash =
      seen.find(([, other, path]) => areNested(other, place) && !areNested(path, folder)) ??
      own.find(([path, file]) => holds(place, file) && !holds(folder, path));
    if (clash !== undefined)
      finds.problem(
        'bay.same-folder',
        folder,
        `leads to ${place}, which shares its files with ${clash[0]}`,
        'give each bay a folder of its own',
      );
    seen.push([folder, place, folder]);
  }
}

function areNested(one: string, other: string): boolean {
  return holds(one, other) || holds(other, one);
}

/** A spool may be yet to be made, and one that is a link itself is refused for that (disk-place.ts). */
async function placeOfSpool(path: string): Promise<string> {
  return join(await realPath(dirname(path)), basename(path));
}

/** Where a path leads; the path itself where nothing is there yet. */
function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** Keys that the station had before. */
async function checkKeyChanges(
  { spool, station }: Pick<StationConfig, 'station'> & { readonly spool: { readonly path: string } },
  key: PublicKey,
  finds: FileFinds,
): Promise<readonly PublicKey[]> {
  const folder = keyChangesFolder(spool.path);
  const history = await loadKeyHistory(folder, station, key, (file, error) =>
    finds.warning(
      'key-change.refused',
      `${folder}/${file}`,
      `counts as no key change: ${describeError(error)}`,
    ),
  ).catch((error: unknown) => {
    finds.warning('folder.unreadable', folder, `cannot be read: ${describeError(error)}`);
    return undefined;
  });
  return history?.earlier ?? [];
}

async function checkProofs(
  { spool, station, recipients, release }: StationPlaces,
  key: PublicKey | undefined,
  finds: FileFinds,
): Promise<readonly string[]> {
  if (spool === undefined || station === undefined) return recipients;
  const folder = proofsFolder(spool.path);
  const keys = key === undefined ? [] : [key, ...(await checkKeyChanges({ spool, station }, key, finds))];
  const proofs = await loadProofs(folder, station, keys, (file, error) =>
    finds.warning('proof.refused', `${folder}/${file}`, `counts as no proof: ${describeError(error)}`),
  ).catch((error: unknown) => {
    finds.warning('folder.unreadable', folder, `cannot be read: ${describeError(error)}`);
    return new Map<string, unknown>();
  });
  const unproven = recipients.filter((recipient) => !proofs.has(recipient));
  if (release === 'after-receipt')
    for (const recipient of unproven)
      finds.warning(
        'proof.missing',
        folder,
        `has no proof that ${recipient} can open, so nothing is released: \`bodydock keys prove\``,
      );
  return unproven;
}
