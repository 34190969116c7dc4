// What must hold between the values of the station's file. Values that did not pass the schema are absent, and the rest is checked
// anyway, so that one run shows everything.
import { dirname, resolve, sep } from 'node:path';
import { identityOf, parseRecipient, sharedSecret } from '../protocol/age/age-keys.ts';
import { isUnnamedId, plainName, plainSerial } from '../protocol/format/camera-names.ts';
import { checkBayPlaces } from './bay-rules.ts';
import { checkBroker } from './broker-config.ts';
import { showPath } from './problems.ts';
import { checkWindows } from './push-limits.ts';
import { checkRoles } from './roles-config.ts';
import { placed, type PlacedText, type RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';
import type { StationFile } from './station-schema.ts';

/** Reports every rule that the file breaks. */
export function checkStation(file: Good<StationFile>, report: RuleReport): void {
  checkRecipients(placed(file.recipients, ['recipients']), report);
  report.publicKeys(file.store?.public_keys, ['store', 'public_keys']);
  checkRoles(file.roles, [], report);
  report.unique(placed(file.store?.receivers, ['store', 'receivers']), 'receiver');
  if (file.broker !== undefined) {
    checkBroker(file.broker, report);
    checkWindows(file.broker, report);
  }
  checkNames(file, report);
  checkCameras(file, report);
  checkFolders(file, report);
  checkBayPlaces(file.bays ?? [], report);
}

function checkRecipients(recipients: readonly PlacedText[], report: RuleReport): void {
  report.unique(recipients, 'recipient');
  for (const { path, value } of recipients) {
    if (isUsable(value)) continue;
    const message = 'is no age recipient: a character is wrong';
    const remedy = 'copy it again from `age-keygen -y` or `bodydock keys show`';
    report.add(path, { code: 'config.recipient', message, found: value, remedy });
  }
}

function checkNames({ bays = [], cameras = [] }: Good<StationFile>, report: RuleReport): void {
  const ids = (items: readonly ({ readonly id?: string | undefined } | undefined)[], list: string): void =>
    report.unique(
      placed(
        items.map((item) => item?.id),
        [list],
        'id',
      ),
      'id',
    );
  ids(bays, 'bays');
  const named = bays.map((bay) => bay?.camera);
  report.unique(placed(named, ['bays'], 'camera'), 'camera');
  ids(cameras, 'cameras');
  const aliases = cameras.map((camera, at) =>
    report.isWritten(['cameras', at, 'alias']) ? camera?.alias : camera?.id,
  );
  report.unique(placed(aliases, ['cameras'], 'alias'), 'alias');
}

/** A point of low order has the right form, but nothing can be sealed to it. */
function isUsable(recipient: string): boolean {
  try {
    return (
      sharedSecret(identityOf(new Uint8Array(32).fill(1)).secret, parseRecipient(recipient)) !== undefined
    );
  } catch {
    return false;
  }
}

/** A bay inside another one would be emptied twice; one that holds spool or keys would be emptied of them. */
function checkFolders(file: Good<StationFile>, report: RuleReport): void {
  const folder = dirname(resolve(report.file));
  const own: [string, string][] = [['this file', resolve(report.file)]];
  const { signing_file: signing } = file.keys ?? {};
  if (signing !== undefined) own.push(['the signing key', resolve(folder, signing)]);
  const { ca_file: ca, cert_file: cert, key_file: key, password_file: brokerPassword } = file.broker ?? {};
  if (brokerPassword !== undefined) own.push(['a password file', resolve(folder, brokerPassword)]);
  for (const tls of [ca, cert, key])
    if (tls !== undefined) own.push(['a file for TLS', resolve(folder, tls)]);
  for (const { value: password } of placed(
    file.cameras?.map((camera) => camera?.password_file),
    [],
  ))
    own.push(['a password file', resolve(folder, password)]);
  const spool = file.spool?.path;
  const seen: [string, string][] = spool === undefined ? [] : [['the spool', resolve(folder, spool)]];
  const folders = file.bays?.map((bay) => bay?.folder);
  for (const { path, value } of placed(folders, ['bays'], 'folder')) {
    const place = resolve(folder, value);
    const clash =
      seen.find(([, other]) => holds(other, place) || holds(place, other)) ??
      own.find(([, other]) => holds(place, other));
    if (clash !== undefined) {
      const remedy = 'give each bay a folder of its own';
      report.add(path, {
        code: 'config.folder',
        message: `shares its files with ${clash[0]}`,
        found: place,
        remedy,
      });
    }
    seen.push([showPath(path.slice(0, 2)) ?? '', place]);
  }
}

/** True where `inner` is `outer` or lies below it. */
export function holds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

// Rules on which camera is in which bay: every camera that a bay names is listed, every bay that names none can know one, and no serial
// number stands for two cameras.

type File = Good<StationFile>;
type Camera = Good<StationFile['cameras'][number]>;

/** Reports what is wrong with the cameras and with what the bays say of them. */
function checkCameras(file: File, report: RuleReport): void {
  checkListed(file, report);
  checkNamed(file, report);
  checkUnnamed(file, report);
  checkSerials(file.cameras ?? [], report);
  checkPasswords(file, report);
  for (const { path, value: id } of placed(idsOf(file), ['cameras'], 'id')) {
    if (!isUnnamedId(id)) continue;
    const message = 'looks like an id that a station makes for an unregistered camera';
    report.add(path, { code: 'config.camera', message, found: id, remedy: 'take another id' });
  }
}

/** Only a station that takes every camera can do without a list. */
function checkListed({ cameras, unknown_cameras: unknown }: File, report: RuleReport): void {
  if (cameras?.length !== 0 || unknown !== 'refuse') return;
  const message = report.isWritten(['cameras']) ? 'names no camera' : '"cameras" is missing';
  const remedy = 'add the cameras that belong here; `unknown_cameras: accept` takes every camera';
  report.add(['cameras'], { code: 'config.missing', message, remedy });
}

function idsOf({ cameras = [] }: File): (string | undefined)[] {
  return cameras.map((camera) => camera?.id);
}

function checkNamed(file: File, report: RuleReport): void {
  const { cameras } = file;
  if (cameras?.length === 0 && file.unknown_cameras === 'refuse') return; // is told as such
  // A camera whose id is missing may be the one that is meant.
  if (cameras?.every((_camera, at) => report.isWritten(['cameras', at, 'id'])) !== true) return;
  const known = placed(idsOf(file), []).map(({ value }) => value);
  const named = file.bays?.map((bay) => bay?.camera);
  for (const { path, value: camera } of placed(named, ['bays'], 'camera')) {
    if (known.includes(camera)) continue;
    const message = 'no camera of this id stands under cameras';
    const remedy = 'add the camera there, or correct the id';
    const shown = { found: camera, ...(known.length > 0 && { allowed: known.slice(0, 10).join(', ') }) };
    report.add(path, { code: 'config.camera', message, ...shown, remedy });
  }
}

/** Files in a folder do not say whose they are; a port without any camera that could be known there is a mistake. */
function checkUnnamed({ bays = [], cameras, unknown_cameras: unknown }: File, report: RuleReport): void {
  const isKnowable =
    cameras === undefined ||
    cameras.length === 0 ||
    cameras.some((_camera, at) => report.isWritten(['cameras', at, 'serial']));
  for (const at of bays.keys()) {
    if (bays[at] === undefined || report.isWritten(['bays', at, 'camera'])) continue;
    if (report.isWritten(['bays', at, 'folder'])) {
      const message = 'has a folder and names no camera: files in a folder do not say whose they are';
      report.add(['bays', at], { code: 'config.camera', message, remedy: 'add camera, one of cameras' });
    } else if (unknown === 'refuse' && !isKnowable) {
      const message = 'names no camera, and none could be known in it: no camera has a serial number here';
      const remedy =
        'add serial to the cameras that belong here, or camera to this bay; `unknown_cameras: accept` takes every camera';
      report.add(['bays', at], { code: 'config.camera', message, remedy });
    }
  }
}

/** Cameras that want a password are on USB ports: elsewhere nobody would ask for it. */
function checkPasswords({ bays, cameras = [] }: File, report: RuleReport): void {
  if (bays === undefined || bays.some((_bay, at) => report.isWritten(['bays', at, 'usb_port']))) return;
  const passwords = cameras.map((camera) => camera?.password_file);
  for (const { path } of placed(passwords, ['cameras'], 'password_file')) {
    const message = 'is for cameras on a USB port, and no bay has one';
    const remedy = 'give the bay of the camera its usb_port, or take it out';
    report.add(path, { code: 'config.password', message, remedy });
  }
}

/** Two entries for one serial number are two cameras only where both name a model, each another one. */
function checkSerials(cameras: readonly (Camera | undefined)[], report: RuleReport): void {
  for (const [at, camera] of cameras.entries()) {
    const earlier = cameras.slice(0, at).findIndex((other) => areOne(other, camera));
    if (earlier < 0) continue;
    const message = `the same serial number stands at ${showPath(['cameras', earlier, 'serial'])}`;
    const remedy = 'keep one of the two, or give each its model where two makers use the same number';
    report.add(['cameras', at, 'serial'], { code: 'config.duplicate', message, remedy });
  }
}

function areOne(one: Camera | undefined, other: Camera | undefined): boolean {
  if (one?.serial === undefined || other?.serial === undefined) return false;
  if (plainSerial(one.serial) !== plainSerial(other.serial)) return false;
  return (
    one.model === undefined || other.model === undefined || plainName(one.model) === plainName(other.model)
  );
}
