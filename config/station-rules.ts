// What must hold between the values of the station's file. Values that did not pass the schema are absent, and the rest is checked
// anyway, so that one run shows everything.
import { dirname, resolve, sep } from 'node:path';
import { identityOf, parseRecipient, sharedSecret } from '../protocol/age/age-keys.ts';
import { checkBayPlaces } from './bay-rules.ts';
import { checkBroker } from './broker-config.ts';
import { checkCameras } from './camera-rules.ts';
import { checkWindows } from './push-limits.ts';
import { showPath } from './problems.ts';
import { placed, type PlacedText, type RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';
import type { StationFile } from './station-schema.ts';

/** Reports every rule that the file breaks. */
export function checkStation(file: Good<StationFile>, report: RuleReport): void {
  checkRecipients(placed(file.recipients, ['recipients']), report);
  report.publicKeys(file.store?.public_keys, ['store', 'public_keys']);
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
