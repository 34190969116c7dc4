// `bodydock-receiver ca`: the authority of this house for certificates, one command for each thing that it does (SPEC 4.12.6).
import { randomBytes, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCertificates } from '../../../config/certificate-files.ts';
import { columns } from '../../../config/columns.ts';
import {
  command,
  group,
  LANG,
  type Line,
  type OptionDeclaration,
  type Options,
  usageError,
  writeJson,
} from '../../../config/command-line.ts';
import { replaceFile } from '../../../config/durable-file.ts';
import {
  CERTIFICATE_ROLES,
  type CertificateRole,
  DESK_ROLES,
  filesOf,
  initAuthority,
  isHost,
  isNameOf,
  isServer,
  issueCertificate,
  type IssuedCertificate,
  listIssued,
  openAuthority,
  revokeName,
} from '../../../config/enrolment/authority.ts';
import {
  makeCertificateRequest,
  readCertificateKey,
  writeCertificateKey,
} from '../../../config/enrolment/certificates.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { isThere, readPublicFile } from '../../../config/guarded-file.ts';
import { AUTHORITY_DE } from '../../../config/texts/de/authority.ts';
import { AUTHORITY_EN } from '../../../config/texts/en/authority.ts';
import { texts } from '../../../config/texts.ts';
import { CERTIFICATE_WARN_DAYS } from '../../../config/tls-files.ts';
import { encodeUtf8, equalBytes } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { makeFolders } from '../../platform/make-folders.ts';
import { openssl } from '../../platform/openssl.ts';

const WORDS = texts(AUTHORITY_EN, AUTHORITY_DE);
const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 730;
const DAYS_MAX = 3650;
const PASSWORD_BYTES = 10;
/** Names of these as the examples of both configurations and of the broker have them; there may be several of the others. */
const ONE_ON_A_MACHINE: readonly CertificateRole[] = ['broker', 'receiver', 'station', 'desk-server'];

/** The folder of the authority, of every command that uses it. */
export const CA_FOLDER_DEFAULT = '/etc/bodydock/authority';
const CA = {
  type: 'string',
  value: 'DIR',
  default: CA_FOLDER_DEFAULT,
  text: 'folder of the authority',
} as const satisfies OptionDeclaration;
const OPTIONS = { ca: CA, lang: LANG } as const satisfies Options;

type Words = (typeof WORDS)['en'];

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const endOf = ({ validTo }: X509Certificate): number => Date.parse(validTo);

/** Errors of the authority in the language of who typed; all others as they are. */
async function inWords<T>({ language }: Pick<Line, 'language'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, facts } = error instanceof DockError ? error : { code: '', facts: {} };
    if (!Object.hasOwn(AUTHORITY_EN, code) || !(error instanceof DockError)) throw error;
    const say = WORDS[language] as (key: string, places: object) => string;
    throw new DockError(code, say(code, facts), { retry: error.retry, facts });
  }
}

/** Errors: "key.*", "tls.*", "openssl.*". */
const init = command(
  {
    name: 'bodydock-receiver ca init',
    usage: ['[--ca DIR] [--lang en|de] [--json]'],
    about: `
Makes an authority in a folder of its own: private key, certificate, list of what is issued, list of what is revoked. Of one that was made
by hand (ca.pem, ca-key.pem) it makes what is missing; certificates that such a one issued before are not in its list.
`,
    options: OPTIONS,
  },
  (line, io) =>
    inWords(line, async () => {
      const { ca } = line.values;
      const nowMs = Date.now();
      const made = await initAuthority(ca, nowMs);
      const until = endOf((await openAuthority(ca, nowMs)).certificate);
      if (line.json) writeJson(io, { folder: ca, made, ends_at: new Date(until).toISOString() });
      else io.out(WORDS[line.language](made ? 'made' : 'kept', { folder: ca, until: dayOf(until) }));
      return EXIT_GOOD;
    }),
);

const ISSUE_OPTIONS = {
  role: { type: 'string', value: 'ROLE', text: `what it is for: ${CERTIFICATE_ROLES.join(', ')}` },
  host: {
    type: 'string',
    value: 'HOST',
    multiple: true,
    text: 'a further name or address by which a server is reached; may be given again',
  },
  out: {
    type: 'string',
    value: 'DIR',
    text: 'folder for the files (default: issued/NAME in the folder of the authority)',
  },
  p12: {
    type: 'boolean',
    text: 'also one file with everything in it and a password beside it, for browsers and Windows',
  },
  days: {
    type: 'string',
    value: 'N',
    text: 'days that it is valid (default 730), never longer than the authority',
  },
  ...OPTIONS,
} as const satisfies Options;

/** Errors: "usage"; "authority.*", "key.*", "tls.*", "openssl.*". */
const issue = command(
  {
    name: 'bodydock-receiver ca issue',
    usage: ['NAME --role ROLE [OPTION...]'],
    about: `
Makes a private key and its certificate. A key that is in the folder already is kept and its certificate renewed, so the same command renews.
NAME is what broker and desk know its owner by:
  broker      the name of its machine as all reach it: broker.pem, broker-key.pem, ca.pem, crl.pem
  receiver    the id of receiver.yaml: receiver.pem, receiver-key.pem, ca.pem
  station     the id of station.yaml, where it does not enrol: station.pem, station-key.pem, ca.pem
  monitoring  as the ACL of the broker names it: NAME.pem, NAME-key.pem, ca.pem
  desk-server the store's machine as browsers reach it; files as of a broker
  desk, viewer, evaluator, officer, supervisor, auditor
              a place of work or an office, no person: NAME.pem, NAME-key.pem, ca.pem
`,
    options: ISSUE_OPTIONS,
    wordsMax: 1,
  },
  (line, io) =>
    inWords(line, async () => {
      const words = WORDS[line.language];
      const { name, role, hosts, days } = wishOf(line, words);
      const { ca, out = join(ca, 'issued', name), p12 = false } = line.values;
      const nowMs = Date.now();
      const authority = await openAuthority(ca, nowMs);
      await makeFolders(out, 0o755);
      const base = join(out, ONE_ON_A_MACHINE.includes(role) ? role : name);
      const places = { key: `${base}-key.pem`, certificate: `${base}.pem`, authority: join(out, 'ca.pem') };
      const otherFile = (file: string): DockError =>
        new DockError('key.exists', words('otherFile', { file, name }), { retry: 'person' });
      const caPem = await readFile(filesOf(ca).certFile);
      if ((await isThere(places.authority)) && !equalBytes(await readFile(places.authority), caPem))
        throw otherFile(places.authority);
      if ((await isThere(places.certificate)) && !(await isOf(places.certificate, name, authority)))
        throw otherFile(places.certificate);
      const own = (await isThere(places.key))
        ? await readCertificateKey(places.key, undefined, isServer(role) ? readPublicFile : undefined)
        : await writeCertificateKey(places.key);
      const request = await makeCertificateRequest(name, { key: own, file: places.key });
      const issued = await issueCertificate(authority, { request, days, nowMs, role, name, hosts });
      await replaceFile(places.certificate, encodeUtf8(issued.toString()), 'public');
      await replaceFile(places.authority, caPem, 'public');
      const files = [places.certificate, places.authority];
      if (isServer(role)) {
        files.push(join(out, 'crl.pem'));
        await replaceFile(join(out, 'crl.pem'), await readFile(filesOf(ca).crlFile), 'public');
      }
      const secrets = [places.key, ...(p12 ? await writePkcs12(base, places) : [])];
      const endsAtMs = endOf(issued);
      if (line.json)
        writeJson(io, {
          name,
          role,
          ends_at: new Date(endsAtMs).toISOString(),
          files,
          secret_files: secrets,
        });
      else {
        io.out(words('issued', { name, role, until: dayOf(endsAtMs) }));
        io.out(files.map((file) => words('file', { file })).join(''));
        io.out(secrets.map((file) => words('secret', { file })).join(''));
        if (p12) io.out(words('password', { file: `${base}.p12`, password: `${base}.password` }));
      }
      return EXIT_GOOD;
    }),
);

interface Wish {
  readonly name: string;
  readonly role: CertificateRole;
  readonly hosts: readonly string[];
  readonly days: number;
}

/** Errors: "usage". */
function wishOf({ words: [name], values }: Line<typeof ISSUE_OPTIONS>, words: Words): Wish {
  if (name === undefined) throw usageError(words('noName', { command: 'issue' }));
  const role = CERTIFICATE_ROLES.find((each) => each === values.role);
  if (role === undefined) throw usageError(words('noRole'));
  const kind = isDeskRole(role) ? 'desk' : role === 'desk-server' ? 'broker' : role;
  if (!isNameOf(role, name)) throw usageError(words(`name.${kind}`, { name: JSON.stringify(name) }));
  const { host = [], days: typed } = values;
  if (host.length > 0 && !isServer(role)) throw usageError(words('noHost'));
  const odd = host.find((each) => !isHost(each));
  if (odd !== undefined) throw usageError(words('badHost', { host: JSON.stringify(odd) }));
  const days = Number(typed ?? DAYS_DEFAULT);
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
    throw usageError(words('badDays', { days: JSON.stringify(typed), most: DAYS_MAX }));
  return { name, role, days, hosts: isServer(role) ? [...new Set([name, ...host])] : [] };
}

function isDeskRole(role: CertificateRole): role is (typeof DESK_ROLES)[number] {
  return DESK_ROLES.some((each) => each === role);
}

/** Whether the certificate that lies there is an earlier one of that name. */
async function isOf(
  path: string,
  name: string,
  { certificate }: { readonly certificate: X509Certificate },
): Promise<boolean> {
  const [there] = await readCertificates(path);
  return (there.subject ?? '').split('\n').includes(`CN=${name}`) && there.checkIssued(certificate);
}

/** Key, certificate and authority in one file, and the password that it wants in another. Gives both. */
async function writePkcs12(
  base: string,
  { key, certificate, authority }: { key: string; certificate: string; authority: string },
): Promise<readonly string[]> {
  const password = randomBytes(PASSWORD_BYTES).toString('hex');
  const words = ['-export', '-inkey', key, '-in', certificate, '-certfile', authority, '-passout', 'stdin'];
  const { stdout } = await openssl(['pkcs12', ...words], { input: encodeUtf8(`${password}\n`) });
  await replaceFile(`${base}.p12`, stdout, 'secret');
  await replaceFile(`${base}.password`, encodeUtf8(`${password}\n`), 'secret');
  return [`${base}.p12`, `${base}.password`];
}

/** Errors: "usage"; "authority.*", "key.*", "tls.*", "openssl.*". */
const revoke = command(
  {
    name: 'bodydock-receiver ca revoke',
    usage: ['NAME [--out DIR] [OPTION...]'],
    about: `
Revokes every certificate of that name, and renews the list of all that are revoked. The broker takes it at its next start.
`,
    options: {
      out: {
        type: 'string',
        value: 'DIR',
        text: "also puts the list there, as crl.pem: the folder of the broker's certificate",
      },
      ...OPTIONS,
    },
    wordsMax: 1,
  },
  (line, io) =>
    inWords(line, async () => {
      const words = WORDS[line.language];
      const { ca, out } = line.values;
      const [name] = line.words;
      if (name === undefined) throw usageError(words('noName', { command: 'revoke' }));
      const revoked = await revokeName(ca, name, Date.now());
      const { crlFile } = filesOf(ca);
      const files = [crlFile, ...(out === undefined ? [] : [join(out, 'crl.pem')])];
      for (const file of files.slice(1)) await replaceFile(file, await readFile(crlFile), 'public');
      if (line.json)
        writeJson(io, { revoked: revoked.map(({ serial, role }) => ({ name, role, serial })), files });
      else {
        io.out(revoked.map(({ role, serial }) => words('revoked', { name, role, serial })).join(''));
        io.out(files.map((file) => words('revocations', { file })).join('') + words('nextRevoke'));
      }
      return EXIT_GOOD;
    }),
);

/** Errors: "authority.missing", "tls.*". */
const list = command(
  {
    name: 'bodydock-receiver ca list',
    usage: ['[--ca DIR] [--lang en|de] [--json]'],
    about: `
Lists what the authority issued, and when it ends. Of several of one name and role only the last one that is valid matters.
`,
    options: OPTIONS,
    exits: `0 good, 1 the last one of a name, or the authority, ends within ${CERTIFICATE_WARN_DAYS} days, 2 usage, 78 no authority.`,
  },
  (line, io) =>
    inWords(line, async () => {
      const { ca } = line.values;
      const words = WORDS[line.language];
      const nowMs = Date.now();
      const issued = await listIssued(ca, nowMs);
      const [authority] = await readCertificates(filesOf(ca).certFile);
      const daysTo = (ms: number): number => Math.floor((ms - nowMs) / DAY_MS);
      const ends = [endOf(authority), ...lastOnes(issued).map(({ endsAtMs }) => endsAtMs)];
      const soon = ends.filter((endsAtMs) => daysTo(endsAtMs) < CERTIFICATE_WARN_DAYS).length;
      if (line.json)
        writeJson(io, {
          folder: ca,
          ends_at: new Date(endOf(authority)).toISOString(),
          certificates: issued.map(({ endsAtMs, revokedAtMs, ...each }) => ({
            ...each,
            ends_at: new Date(endsAtMs).toISOString(),
            revoked_at: revokedAtMs === undefined ? null : new Date(revokedAtMs).toISOString(),
          })),
          ending_soon: soon,
        });
      else {
        const until = endOf(authority);
        io.out(words('authority', { folder: ca, until: dayOf(until), days: daysTo(until) }));
        io.out(issued.length === 0 ? words('none') : tableOf(issued, words, daysTo));
        if (soon > 0) io.out(words('soon', { count: soon, within: CERTIFICATE_WARN_DAYS }));
      }
      return soon > 0 ? EXIT_FAILURE : EXIT_GOOD;
    }),
);

/** Of each name and role the one that ends last, where it is not revoked. */
function lastOnes(issued: readonly IssuedCertificate[]): IssuedCertificate[] {
  const last = new Map<string, IssuedCertificate>();
  for (const each of issued.filter(({ state }) => state !== 'revoked')) {
    const key = `${each.role} ${each.name}`;
    if (each.endsAtMs >= (last.get(key)?.endsAtMs ?? 0)) last.set(key, each);
  }
  return [...last.values()];
}

function tableOf(issued: readonly IssuedCertificate[], words: Words, daysTo: (ms: number) => number): string {
  const rows = issued.map(({ name, role, state, endsAtMs, serial }) => [
    name,
    role,
    words(state === 'revoked' ? 'is-revoked' : state),
    dayOf(endsAtMs),
    `${daysTo(endsAtMs)}`,
    serial,
  ]);
  return `${columns([words('head').split('|'), ...rows], new Set([4])).join('\n')}\n`;
}

/** `bodydock-receiver ca`. */
export const ca = group({
  name: 'bodydock-receiver ca',
  about: `
An authority that issues certificates for the broker, for all that log in to it, and for the desk of the office. A house that has one of its own needs none of this.
`,
  commands: [
    { name: 'init', summary: 'make the authority', load: () => Promise.resolve(init) },
    { name: 'issue', summary: 'issue a certificate, or renew it', load: () => Promise.resolve(issue) },
    {
      name: 'revoke',
      summary: 'let the certificates of a name count no more',
      load: () => Promise.resolve(revoke),
    },
    { name: 'list', summary: 'list what was issued, and when it ends', load: () => Promise.resolve(list) },
  ],
});
