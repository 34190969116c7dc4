// What must hold between the values of the station's file. Groups that did not pass the schema are absent, and the rest is checked
// all the same, so that one run shows everything.
import { dirname, resolve, sep } from 'node:path';
import { identityOf, parseRecipient, sharedSecret } from '../protocol/age-keys.ts';
import { checkBayPlaces } from './bay-rules.ts';
import { checkBroker } from './broker-config.ts';
import { checkCameras } from './camera-rules.ts';
import { checkWindows } from './push-limits.ts';
import { placed, type RuleReport } from './rules.ts';
import type { StationFile } from './station-schema.ts';
import type { Path } from './yaml-tree.ts';

/** Reports every rule that the file breaks. */
export function checkStation(file: Partial<StationFile>, report: RuleReport): void {
  checkRecipients(file.recipients ?? [], report);
  if (file.store !== undefined) {
    report.publicKeys(file.store.public_keys, ['store', 'public_keys']);
    report.unique(placed(file.store.receivers, ['store', 'receivers']), 'receiver');
  }
  if (file.broker !== undefined) {
    checkBroker(file.broker, report);
    checkWindows(file.broker, report);
  }
  checkNames(file, report);
  checkCameras(file, report);
  checkFolders(file, report);
  checkBayPlaces(file.bays ?? [], report);
}

function checkRecipients(recipients: readonly string[], report: RuleReport): void {
  report.unique(placed(recipients, ['recipients']), 'recipient');
  for (const [at, recipient] of recipients.entries()) {
    if (!isUsable(recipient)) {
      const message = 'is no age recipient: a character is wrong';
      const remedy = 'copy it again from `age-keygen -y` or `bodydock keys show`';
      report.add(['recipients', at], { code: 'config.recipient', message, found: recipient, remedy });
    }
  }
}

function checkNames({ bays = [], cameras = [] }: Partial<StationFile>, report: RuleReport): void {
  const unique = (list: string, key: string, values: readonly string[]): void =>
    report.unique(
      values.map((value, at) => ({ path: [list, at, key], value })),
      key,
    );
  unique(
    'bays',
    'id',
    bays.map((bay) => bay.id),
  );
  const named = bays.flatMap(({ camera }, at) =>
    camera === undefined ? [] : [{ path: ['bays', at, 'camera'], value: camera }],
  );
  report.unique(named, 'camera');
  unique(
    'cameras',
    'id',
    cameras.map((camera) => camera.id),
  );
  unique(
    'cameras',
    'alias',
    cameras.map((camera) => camera.alias ?? camera.id),
  );
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
function checkFolders(file: Partial<StationFile>, report: RuleReport): void {
  const folder = dirname(resolve(report.file));
  const own: [string, string][] = [['this file', resolve(report.file)]];
  if (file.keys !== undefined) own.push(['the signing key', resolve(folder, file.keys.signing_file)]);
  const { ca_file: ca, cert_file: cert, key_file: key } = file.broker ?? {};
  for (const tls of [ca, cert, key])
    if (tls !== undefined) own.push(['a file for TLS', resolve(folder, tls)]);
  for (const { password_file: password } of file.cameras ?? [])
    if (password !== undefined) own.push(['a password file', resolve(folder, password)]);
  const spool = file.spool === undefined ? undefined : resolve(folder, file.spool.path);
  const seen: [string, string][] = spool === undefined ? [] : [['the spool', spool]];
  for (const [at, bay] of (file.bays ?? []).entries()) {
    if (bay.folder === undefined) continue;
    const place = resolve(folder, bay.folder);
    const clash =
      seen.find(([, other]) => holds(other, place) || holds(place, other)) ??
      own.find(([, other]) => holds(place, other));
    if (clash !== undefined) {
      const path: Path = ['bays', at, 'folder'];
      const remedy = 'give each bay a folder of its own';
      report.add(path, {
        code: 'config.folder',
        message: `shares its files with ${clash[0]}`,
        found: place,
        remedy,
      });
    }
    seen.push([`bays[${at}]`, place]);
  }
}

/** True where `inner` is `outer` or lies below it. */
export function holds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
