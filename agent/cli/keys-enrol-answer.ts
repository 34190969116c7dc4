// The last step of an enrolment (SPEC 4.12): what the store answered is compared, checked against the private key that is here, and put to
// its places. Nothing is changed before all of it was found good; pins go into the configuration only where that was asked for.
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, chown, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type BrokerConfig, brokerUrlFault, type TlsFiles } from '../../config/broker-config.ts';
import { type Io, writeJson } from '../../config/command-line.ts';
import { replaceFile } from '../../config/durable-file.ts';
import { clientCertificateFault, readCertificateKey } from '../../config/enrolment/certificates.ts';
import { compareFingerprint, readEnrolment } from '../../config/enrolment/enrolment-file.ts';
import {
  pinLines,
  pinnedKeys,
  type PinnedText,
  type StorePins,
  withPins,
} from '../../config/enrolment/pin-lines.ts';
import { readPublicFile } from '../../config/guarded-file.ts';
import { printable } from '../../config/problems.ts';
import { type Say, texts } from '../../config/texts.ts';
import { KEYS_DE } from '../../config/texts/de/keys.ts';
import { KEYS_EN } from '../../config/texts/en/keys.ts';
import type { YamlTree } from '../../config/yaml-tree.ts';
import { fingerprintOf } from '../../protocol/documents/key-documents.ts';
import { keyIdHex, parsePublicKey } from '../../protocol/documents/minisign.ts';
import { encodeUtf8, parseBase64 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { StationId } from '../../protocol/format/ids.ts';
import {
  type Enrolment,
  type EnrolmentAnswer,
  openEnrolmentAnswer,
} from '../../protocol/transfer/enrolment.ts';
import { type Language, shownAt } from '../evidence/page/language.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { askAtTerminal } from '../platform/terminal.ts';

/** What both steps say. */
export const ENROL = texts(KEYS_EN, KEYS_DE);
type EnrolWords = Say<typeof KEYS_EN>;

const PEM_BYTES_MAX = 256 * 1024;

/** The station's file as it is. */
export interface StationText {
  readonly file: string;
  readonly text: string;
  readonly tree: YamlTree;
}

export interface AnswerWish {
  readonly answer: string;
  readonly fingerprint: string | undefined;
  readonly write: boolean;
  readonly language: Language;
  readonly json: boolean;
}

/** Errors: "enrolment.*", "document.*", "key.*", "tls.*", "usage"; nothing was changed then, but by "key.unwritable". */
export async function installAnswer(
  station: EnrollingStation,
  configuration: StationText,
  wish: AnswerWish,
  io: Io,
): Promise<void> {
  const words = ENROL[wish.language];
  const enrolment = await readEnrolment(wish.answer, openEnrolmentAnswer);
  const { document } = enrolment;
  checkIsForUs(station, document, pinnedKeys(configuration.tree));
  if (!wish.json) io.out(shownAnswer(words, enrolment));
  await compareFingerprint({
    fingerprint: enrolment.fingerprint,
    typed: wish.fingerprint,
    ask: () => (wish.json ? Promise.resolve(undefined) : askAtTerminal(words('compare'), io)),
  });
  const installation = await checkCertificates(station, document);
  const pins = pinsOf(document);
  const changed = withPins(configuration.text, configuration.tree, pins);
  if (wish.write && changed === undefined) throw notWritable(configuration.file, pins);
  if (installation !== undefined) await install(installation);
  if (wish.write && changed !== undefined && changed.text !== configuration.text)
    await rewrite(configuration.file, changed.text);
  const told = { enrolment, installation, pins, changed, file: configuration.file };
  if (wish.json) tellJson(told, wish, io);
  else tell(told, words, wish, io);
}

/** Errors: "enrolment.other-station", "enrolment.other-store", "enrolment.broker". */
function checkIsForUs({ id }: EnrollingStation, document: EnrolmentAnswer, pinned: readonly string[]): void {
  if (document.station !== id) {
    const message = `the answer is for station ${document.station}, and this is ${id}: take the one for this station`;
    throw new DockError('enrolment.other-station', message, { retry: 'person' });
  }
  const fault = brokerUrlFault(document.broker.url);
  if (fault !== undefined) {
    const message = `the address of the broker in the answer ${fault.message}: have the answer made anew, with --broker`;
    throw new DockError('enrolment.broker', message, { retry: 'person' });
  }
  const [signer = ''] = document.public_keys;
  if (pinned.length === 0 || pinned.includes(signer)) return;
  const message = `the answer is signed by ${signer}, and the configuration pins ${pinned.join(', ')}: it is of another store, or of a key that this station does not know yet. Only a person changes that: put the key into store.public_keys once you have compared it`;
  throw new DockError('enrolment.other-store', message, { retry: 'person' });
}

/** What is written where. */
interface Installation {
  readonly tls: Required<TlsFiles>;
  readonly certificates: readonly X509Certificate[];
  readonly authorities: readonly X509Certificate[];
}

/** Errors: "enrolment.certificate", "enrolment.older", "enrolment.no-certificate", "key.*", "tls.key". */
async function checkCertificates(
  { id, broker }: EnrollingStation,
  document: EnrolmentAnswer,
): Promise<Installation | undefined> {
  const certificates = document.certificates.map(parseCertificate);
  const authorities = document.authorities.map(parseCertificate);
  const [certificate] = certificates;
  const tls = ofCertificate(broker.tls);
  if (tls === null && certificate === undefined) return undefined;
  if (tls === null || certificate === undefined || authorities.length === 0) {
    const message =
      tls === null
        ? 'the answer has a certificate, and the configuration has no place for one: write mqtts://, with ca_file, cert_file and key_file'
        : 'the answer has no certificate, and the configuration wants one: make the request anew (bodydock keys enrol), it was made for a broker without TLS';
    throw new DockError('enrolment.no-certificate', message, { retry: 'person' });
  }
  const key = await readCertificateKey(tls.keyFile);
  const fault = clientCertificateFault(certificate, {
    commonName: id,
    publicKey: createPublicKey(key),
    nowMs: Date.now(),
  });
  if (fault !== undefined) {
    const message = `the certificate in the answer is not for ${tls.keyFile}: ${fault}. Make a new request (bodydock keys enrol) and have it answered`;
    throw new DockError('enrolment.certificate', message, { retry: 'person' });
  }
  const installedEnd = await endOfInstalled(tls.certFile, key);
  if (installedEnd !== undefined && Date.parse(certificate.validTo) < installedEnd) {
    const message = `the certificate in the answer ends at ${certificate.validTo}, before the one in ${tls.certFile}: it is an old answer. Move that file away where you mean it`;
    throw new DockError('enrolment.older', message, { retry: 'person' });
  }
  return { tls, certificates, authorities };
}

/** Null where the configuration has no place for a client certificate: without TLS, or with a login by password. */
function ofCertificate(tls: TlsFiles | null): Required<TlsFiles> | null {
  if (tls?.certFile === undefined || tls.keyFile === undefined) return null;
  return { caFile: tls.caFile, certFile: tls.certFile, keyFile: tls.keyFile };
}

function parseCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(parseBase64(text) ?? Buffer.alloc(0));
  } catch (error) {
    const message = 'one of the certificates in the answer is none: have it made anew';
    throw new DockError('enrolment.certificate', message, { retry: 'person', cause: error });
  }
}

/** When the certificate ends that is there for this key; undefined where there is none. */
async function endOfInstalled(path: string, key: KeyObject): Promise<number | undefined> {
  try {
    const installed = new X509Certificate(await readPublicFile(path, PEM_BYTES_MAX));
    return installed.checkPrivateKey(key) ? Date.parse(installed.validTo) : undefined;
  } catch {
    return undefined; // none, or none that a station could use
  }
}

async function install({ tls, certificates, authorities }: Installation): Promise<void> {
  const pem = (list: readonly X509Certificate[]): Uint8Array =>
    encodeUtf8(list.map((certificate) => certificate.toString()).join(''));
  for (const [path, list] of [
    [tls.caFile, authorities],
    [tls.certFile, certificates],
  ] as const) {
    await makeFolders(dirname(path));
    await replaceFile(path, pem(list), 'public');
  }
}

/** Keeps owner and mode of the file, and a link to it. */
async function rewrite(file: string, text: string): Promise<void> {
  const path = await realpath(file);
  const { uid, gid, mode } = await stat(path);
  await replaceFile(path, encodeUtf8(text), 'public');
  await chmod(path, mode & 0o777);
  if (process.geteuid?.() === 0) await chown(path, uid, gid);
}

function pinsOf({ public_keys: publicKeys, receivers, broker, roles }: EnrolmentAnswer): StorePins {
  return { publicKeys, receivers, ...broker, roles: roles ?? { officers: [], supervisors: [] } };
}

function notWritable(file: string, pins: StorePins): DockError {
  const message = `the lines of ${file} are written in a way that only a person changes safely. Nothing was changed: type this without --write, and put these lines in:\n${pinLines(pins)}`;
  return new DockError('config.pins-by-hand', message, { retry: 'person' });
}

interface Told {
  readonly enrolment: Enrolment<EnrolmentAnswer>;
  readonly installation: Installation | undefined;
  readonly pins: StorePins;
  readonly changed: PinnedText | undefined;
  readonly file: string;
}

function shownAnswer(words: EnrolWords, { document, fingerprint }: Enrolment<EnrolmentAnswer>): string {
  const { store, made_at: madeAt, receivers, broker, request_sha256: request } = document;
  const about = words('answer', {
    store: printable(store),
    at: shownAt(madeAt),
    receivers: receivers.join(', '),
    broker: broker.url,
    fingerprint: fingerprintOf(request),
  });
  return about + shownRoles(words, document) + words('fingerprint', { fingerprint });
}

/** By the key ids that the holders of both roles read out. */
function shownRoles(words: EnrolWords, { roles }: EnrolmentAnswer): string {
  if (roles === undefined) return words('noRoles');
  const ids = (lines: readonly string[]): string =>
    lines.map((line) => keyIdHex(parsePublicKey(line).keyId)).join(', ');
  return words('roles', { officers: ids(roles.officers), supervisors: ids(roles.supervisors) });
}

function tell(
  { installation, pins, changed, file }: Told,
  words: EnrolWords,
  { write }: AnswerWish,
  io: Io,
): void {
  const [certificate] = installation?.certificates ?? [];
  if (installation !== undefined && certificate !== undefined) {
    const { tls, authorities } = installation;
    io.out(words('certificate', { file: tls.certFile, until: shownAt(endOf(certificate)) }));
    io.out(words('authorities', { file: tls.caFile, count: authorities.length }));
  }
  const isSame = changed !== undefined && changed.removed.length + changed.added.length === 0;
  if (isSame) io.out(words('pinned'));
  else if (write) io.out(words('written', { file }) + difference(changed));
  else {
    io.out(words('putLines', { file }) + pinLines(pins));
    if (changed !== undefined) io.out(words('wouldChange') + difference(changed));
  }
  io.out(words('recipients') + words('nextCheck'));
}

function difference(changed: PinnedText | undefined): string {
  const lines = (mark: string, list: readonly string[] = []): string =>
    list.map((line) => `${mark} ${printable(line.trimEnd())}\n`).join('');
  return lines('-', changed?.removed) + lines('+', changed?.added);
}

function tellJson({ enrolment, installation, pins, changed }: Told, { write }: AnswerWish, io: Io): void {
  const [certificate] = installation?.certificates ?? [];
  const isSame = changed !== undefined && changed.removed.length + changed.added.length === 0;
  writeJson(io, {
    store: enrolment.document.store,
    fingerprint: enrolment.fingerprint,
    certificate_file: installation?.tls.certFile ?? null,
    ca_file: installation?.tls.caFile ?? null,
    certificate_ends_at: certificate === undefined ? null : endOf(certificate),
    public_keys: pins.publicKeys,
    receivers: pins.receivers,
    broker: { url: pins.url, base: pins.base },
    roles: pins.roles,
    pins: isSame ? 'there' : write ? 'written' : 'to-write',
    removed: changed?.removed ?? null,
    added: changed?.added ?? null,
  });
}

function endOf(certificate: X509Certificate): string {
  return new Date(certificate.validTo).toISOString();
}

// What both steps of an enrolment need of the station's side: its file, which may not be finished, and the private key of its certificate.

/** What its file says of a station that may have nothing else yet. Paths are absolute. */
export interface EnrollingStation {
  readonly id: StationId;
  readonly signingFile: string;
  readonly broker: BrokerConfig;
}
