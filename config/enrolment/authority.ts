// An authority that issues certificates for broker, receivers, stations and people, by openssl. One of our own is a folder:
// ca.pem and ca-key.pem; index.txt, the list that openssl keeps; certificates/SERIAL.pem, all that were issued; crl.pem, those that were
// revoked. What a certificate is for is in its name (organizational unit), so the list alone says who may be what.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { openssl } from '../../agent/platform/openssl.ts';
import { folderLockName, takeKernelLock } from '../../agent/platform/kernel-lock.ts';
import { makeFolders } from '../../agent/platform/make-folders.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { isReceiverId, isStationId, NAME_PATTERN } from '../../protocol/format/ids.ts';
import { readCertificates } from '../certificate-files.ts';
import { replaceFile, writeNewFile } from '../durable-file.ts';
import { isThere } from '../guarded-file.ts';
import {
  type CertificateKey,
  checkKeyKind,
  makeCertificateRequest,
  openCertificateRequest,
  readCertificateKey,
  requestPem,
  withFolder,
  writeCertificateKey,
} from './certificates.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AUTHORITY_DAYS = 3650;
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;

/** Who asks the desk of the office (SPEC 7.11); `desk` is a place of work where several do. */
export const DESK_ROLES = ['desk', 'viewer', 'evaluator', 'officer', 'supervisor', 'auditor'] as const;
export type DeskRole = (typeof DESK_ROLES)[number];

/** What a certificate is for. Those of the broker and of the desk's server are for servers, all others are for clients. */
export const CERTIFICATE_ROLES = [
  'broker',
  'receiver',
  'station',
  'monitoring',
  'desk-server',
  ...DESK_ROLES,
] as const;
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number];

/** Whether a certificate of that role is for a server. */
export function isServer(role: CertificateRole): boolean {
  return role === 'broker' || role === 'desk-server';
}

/** Who issues. The private key belongs to the certificate: checkAuthority says so. */
export interface Authority extends CertificateKey {
  readonly certificate: X509Certificate;
  /** Of one of our own, which lists what it issues. */
  readonly folder?: string;
}

/** Errors: "tls.authority" where the two cannot issue at that time, with what to do; "tls.key-kind". */
export function checkAuthority({ certificate, key }: Authority, nowMs: number): void {
  checkKeyKind(key);
  if (!certificate.ca) throw noAuthority('it is no certificate of an authority (CA:TRUE)');
  if (!certificate.checkPrivateKey(key)) throw noAuthority('the key does not belong to it');
  if (nowMs < Date.parse(certificate.validFrom) || nowMs > Date.parse(certificate.validTo))
    throw noAuthority(`it is valid from ${certificate.validFrom} to ${certificate.validTo}`);
}

function noAuthority(why: string): DockError {
  const message = `this authority cannot issue: ${why}. Name its certificate with --ca-cert and the key of it with --ca-key`;
  return new DockError('tls.authority', message, { retry: 'person' });
}

function missing(folder: string): DockError {
  const message = `${folder} holds no authority of certificates: make one with \`bodydock-receiver ca init\`, or name another folder with --ca`;
  return new DockError('authority.missing', message, { retry: 'person', facts: { folder } });
}

/** openssl reads the list and writes it back: of two at once, one would be lost from it. Errors: "authority.in-use"; those of `change`. */
async function alone<T>(folder: string, change: () => Promise<T>): Promise<T> {
  const lock = await takeKernelLock(await folderLockName('authority', folder));
  if (lock === undefined) {
    const message = `another command is changing the authority in ${folder}: try again once it has ended`;
    throw new DockError('authority.in-use', message, { retry: 'later', facts: { folder } });
  }
  try {
    return await change();
  } finally {
    await lock.release();
  }
}

function nameTaken(name: string, role: CertificateRole): DockError {
  const message = `${name} has a certificate as ${role} already, and a broker knows clients by name alone: take another name, or revoke that one first`;
  return new DockError('authority.name-taken', message, { retry: 'person', facts: { name, role } });
}

function keyRevoked(name: string): DockError {
  const message = `the certificate of ${name} with this private key was revoked, and others may have that key: move it away, so that a new one is made`;
  return new DockError('authority.key-revoked', message, { retry: 'person', facts: { name } });
}

function unknownName(folder: string, name: string): DockError {
  const message = `the authority in ${folder} issued nothing for ${name}: \`bodydock-receiver ca list\` shows the names`;
  return new DockError('authority.unknown-name', message, { retry: 'person', facts: { folder, name } });
}

/** Makes what is missing in the folder, and no more: an authority that was made by hand is taken over. Gives whether its key was made. Errors: "authority.in-use"; "key.*", "tls.*", "openssl.*". */
export async function initAuthority(folder: string, nowMs: number): Promise<boolean> {
  await makeFolders(folder, 0o700);
  await makeFolders(join(folder, 'certificates'));
  return alone(folder, async () => {
    const { keyFile, certFile, indexFile } = filesOf(folder);
    const made = !(await isThere(keyFile));
    if (made) await writeCertificateKey(keyFile);
    if (!(await isThere(certFile))) {
      const request = await makeCertificateRequest('bodydock authority', await keyOf(keyFile));
      const dates = [nowMs - HOUR_MS, nowMs + AUTHORITY_DAYS * DAY_MS] as const;
      const signing = ['-selfsign', '-keyfile', resolve(keyFile)];
      const certificate = await signRequest(request, { extensions: AUTHORITY_EXTENSIONS, dates, signing });
      await writeNewFile(certFile, encodeUtf8(certificate.toString()), 'public');
    }
    if (!(await isThere(indexFile))) await writeNewFile(indexFile, new Uint8Array(), 'public');
    await writeRevocations(await openAuthority(folder, nowMs), nowMs);
    return made;
  });
}

/** Errors: "authority.missing"; "key.*", "tls.*". */
export async function openAuthority(
  folder: string,
  nowMs: number,
): Promise<Authority & { readonly folder: string }> {
  const { keyFile, certFile, indexFile } = filesOf(folder);
  if (!(await isThere(indexFile))) throw missing(folder);
  const [certificate] = await readCertificates(certFile);
  const authority = { ...(await keyOf(keyFile)), certificate, folder };
  checkAuthority(authority, nowMs);
  return authority;
}

async function keyOf(file: string): Promise<CertificateKey> {
  return { key: await readCertificateKey(file), file };
}

/** Whether there is one. */
export function hasAuthority(folder: string): Promise<boolean> {
  return isThere(filesOf(folder).indexFile);
}

export interface CertificateWish {
  /** In DER, with one common name. */
  readonly request: Uint8Array;
  readonly days: number;
  readonly nowMs: number;
  readonly role: CertificateRole;
  readonly name: string;
  /** Names and addresses of a server. */
  readonly hosts?: readonly string[];
}

/**
 * A certificate for the key of a request: valid from an hour ago, since clocks differ, and no longer than its authority.
 * Errors: "openssl.*"; "authority.in-use"; "authority.name-taken" where a certificate that counts has this name for something else: a broker knows clients by
 * name alone; "authority.key-revoked" where one for this very key was revoked.
 */
export function issueCertificate(authority: Authority, wish: CertificateWish): Promise<X509Certificate> {
  const { folder } = authority;
  return folder === undefined ? issue(authority, wish) : alone(folder, () => issue(authority, wish));
}

async function issue(
  { certificate, file, folder }: Authority,
  { request, days, nowMs, role, name, hosts = [] }: CertificateWish,
): Promise<X509Certificate> {
  const issued = folder === undefined ? [] : await listIssued(folder, nowMs);
  const other = issued.find((each) => counts(each) && each.name === name && each.role !== role);
  if (other !== undefined && !isServer(role) && !isServer(other.role)) throw nameTaken(name, other.role);
  for (const { serial } of issued.filter((each) => each.name === name && each.state === 'revoked')) {
    const revoked = new X509Certificate(await readFile(join(folder ?? '', 'certificates', `${serial}.pem`)));
    if (revoked.publicKey.equals(await openCertificateRequest(request, name))) throw keyRevoked(name);
  }
  const endMs = Math.min(nowMs + days * DAY_MS, Date.parse(certificate.validTo));
  const startMs = Math.max(nowMs - HOUR_MS, Date.parse(certificate.validFrom));
  return withFolder(async (own) => {
    await writeFile(join(own, 'ca.pem'), certificate.toString());
    const subject = folder === undefined ? [] : ['-subj', `/OU=${role}/CN=${name}`];
    const signing = ['-cert', join(own, 'ca.pem'), '-keyfile', resolve(file), ...subject];
    const extensions = extensionsOf(role, hosts);
    return signRequest(request, { extensions, dates: [startMs, endMs], signing, folder });
  });
}

/** Where there is no `folder` with a list, it is in none. Of a request only the key is taken, and the name where `signing` has no other one. */
async function signRequest(
  request: Uint8Array,
  {
    extensions,
    dates: [startMs, endMs],
    signing,
    folder,
  }: {
    readonly extensions: string;
    readonly dates: readonly [startMs: number, endMs: number];
    readonly signing: readonly string[];
    readonly folder?: string | undefined;
  },
): Promise<X509Certificate> {
  return withFolder(async (own) => {
    const put = (path: string, text: string): Promise<void> => writeFile(join(own, path), text);
    await put('openssl.cnf', configOf(extensions, folder === undefined ? '.' : 'certificates'));
    await put('request.pem', requestPem(request));
    if (folder === undefined) await put('index.txt', '');
    const dates = ['-startdate', opensslTime(startMs), '-enddate', opensslTime(endMs)];
    const files = ['-in', join(own, 'request.pem'), '-out', join(own, 'issued.pem')];
    const words = ['-batch', '-notext', '-config', join(own, 'openssl.cnf'), ...dates, ...files];
    await openssl(['ca', ...words, ...signing], { folder: folder ?? own });
    return new X509Certificate(await readFile(join(own, 'issued.pem')));
  });
}

/** Whether a certificate of that role may have that name. */
export function isNameOf(role: CertificateRole, name: string): boolean {
  if (isServer(role)) return HOST.test(name);
  if (role === 'receiver') return isReceiverId(name);
  return role === 'station' ? isStationId(name) : NAME_PATTERN.test(name) && !isReceiverId(name);
}

/** Whether it is a name of a machine, or its address. */
export function isHost(text: string): boolean {
  return HOST.test(text) || isIP(text) > 0;
}

/** One line of the authority's list. */
export interface IssuedCertificate {
  readonly serial: string;
  readonly name: string;
  readonly role: CertificateRole;
  readonly endsAtMs: number;
  readonly revokedAtMs: number | undefined;
  readonly state: 'valid' | 'revoked' | 'ended';
}

function counts({ state }: IssuedCertificate): boolean {
  return state === 'valid';
}

/** In the order of issuing. Errors: "authority.missing"; the system's. */
export async function listIssued(folder: string, nowMs: number): Promise<readonly IssuedCertificate[]> {
  if (!(await hasAuthority(folder))) throw missing(folder);
  const text = await readFile(filesOf(folder).indexFile, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, ends = '', revoked = '', serial = '', , subject = ''] = line.split('\t');
      const endsAtMs = timeOf(ends);
      const revokedAtMs = revoked === '' ? undefined : timeOf(revoked);
      const name = /\/CN=([^/]*)/.exec(subject)?.[1] ?? '';
      const unit = /\/OU=([^/]*)/.exec(subject)?.[1];
      const role = CERTIFICATE_ROLES.find((each) => each === unit) ?? 'station';
      const state = revokedAtMs === undefined ? (endsAtMs > nowMs ? 'valid' : 'ended') : 'revoked';
      return { serial, name, role, endsAtMs, revokedAtMs, state };
    });
}

/**
 * Revokes all certificates of that name and writes the list of all that are revoked; gives those of the name, which may have been revoked
 * before. Errors: "authority.unknown-name", "authority.missing", "authority.in-use"; "key.*", "tls.*", "openssl.*".
 */
export async function revokeName(
  folder: string,
  name: string,
  nowMs: number,
): Promise<readonly IssuedCertificate[]> {
  const authority = await openAuthority(folder, nowMs);
  return alone(folder, async () => {
    const named = (await listIssued(folder, nowMs)).filter((each) => each.name === name);
    if (named.length === 0) throw unknownName(folder, name);
    for (const { serial } of named.filter(({ state }) => state !== 'revoked'))
      await byAuthority(authority, ['-revoke', join('certificates', `${serial}.pem`)]);
    await writeRevocations(authority, nowMs);
    return named;
  });
}

/** It holds as long as the authority: a broker whose list has run out lets nobody in. It begins an hour ago, since clocks differ. */
async function writeRevocations(
  authority: Authority & { readonly folder: string },
  nowMs: number,
): Promise<void> {
  const ends = opensslTime(Date.parse(authority.certificate.validTo));
  const dates = ['-crl_lastupdate', opensslTime(nowMs - HOUR_MS), '-crl_nextupdate', ends];
  const { stdout } = await byAuthority(authority, ['-gencrl', ...dates]);
  await replaceFile(filesOf(authority.folder).crlFile, stdout, 'public');
}

function byAuthority(
  { folder, file }: Authority & { readonly folder: string },
  words: readonly string[],
): ReturnType<typeof openssl> {
  return withFolder(async (own) => {
    const config = join(own, 'openssl.cnf');
    await writeFile(config, configOf('', 'certificates'));
    const signing = ['-cert', 'ca.pem', '-keyfile', resolve(file)];
    return openssl(['ca', '-config', config, ...signing, ...words], { folder });
  });
}

/** Places of its files. */
export function filesOf(folder: string): {
  readonly keyFile: string;
  readonly certFile: string;
  readonly indexFile: string;
  readonly crlFile: string;
} {
  return {
    keyFile: join(folder, 'ca-key.pem'),
    certFile: join(folder, 'ca.pem'),
    indexFile: join(folder, 'index.txt'),
    crlFile: join(folder, 'crl.pem'),
  };
}

const AUTHORITY_EXTENSIONS = `basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
`;

function extensionsOf(role: CertificateRole, hosts: readonly string[]): string {
  const names = hosts.map((host) => `${isIP(host) > 0 ? 'IP' : 'DNS'}:${host}`);
  return `basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = ${isServer(role) ? 'serverAuth' : 'clientAuth'}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
${names.length === 0 ? '' : `subjectAltName = ${names.join(',')}\n`}`;
}

function configOf(extensions: string, certificates: string): string {
  return `[ca]
default_ca = authority
[authority]
database = index.txt
rand_serial = yes
new_certs_dir = ${certificates}
default_md = default
policy = name
unique_subject = no
copy_extensions = none
x509_extensions = issued
[name]
organizationalUnitName = optional
commonName = supplied
[issued]
${extensions}`;
}

/** Shape: "20261201103000Z". */
function opensslTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}

/** Shape: "261201103000Z" up to 2049, else with four digits of the year; a reason may follow. */
function timeOf(text: string): number {
  const [digits = ''] = /^\d+/.exec(text) ?? [];
  const full = digits.length === 12 ? `20${digits}` : digits;
  return Date.parse(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'));
}
