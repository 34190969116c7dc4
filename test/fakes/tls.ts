// A certificate authority for tests, run by openssl in a temporary folder: server and client certificates with chosen names and dates.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTool } from './stock-tools.ts';

const run = promisify(execFile);

/** A certificate with its key, as PEM bytes and as files. */
export interface TestCertificate {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface IssueOptions {
  readonly commonName: string;
  readonly kind: 'server' | 'client';
  /** Subject alternative names, "DNS:localhost" or "IP:127.0.0.1". */
  readonly names?: readonly string[];
  /** By default from an hour ago to in a day. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** Key usages as mosquitto and Node want them. `unique_subject` off: renewals carry the same name. */
const CONFIGURATION = (folder: string): string => `
[ca]
default_ca = this
[this]
database = ${folder}/index.txt
new_certs_dir = ${folder}/issued
rand_serial = yes
default_md = sha256
default_crl_days = 30
policy = names
unique_subject = no
certificate = ${folder}/ca.pem
private_key = ${folder}/ca-key.pem
[names]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = empty
[empty]
`;

const DAY_MS = 86_400_000;

/** openssl's GENERALIZEDTIME. */
function opensslTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}

/** One authority in one folder. `close` removes the folder and every key in it. */
export class TestAuthority {
  readonly folder: string;
  readonly caFile: string;
  readonly ca: Uint8Array;
  private issuedCount = 0;
  /** openssl renames the list of what it issued: one call at a time. */
  private listing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, ca: Uint8Array) {
    this.folder = folder;
    this.caFile = join(folder, 'ca.pem');
    this.ca = ca;
  }

  static async open(commonName = 'test authority'): Promise<TestAuthority> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-tls-'));
    await mkdir(join(folder, 'issued'));
    await writeFile(join(folder, 'index.txt'), '');
    await writeFile(join(folder, 'ca.cnf'), CONFIGURATION(folder));
    const files = ['-keyout', join(folder, 'ca-key.pem'), '-out', join(folder, 'ca.pem')];
    const config = ['-config', join(folder, 'ca.cnf'), '-extensions', 'authority'];
    await openssl([
      'req',
      '-x509',
      ...EC_KEY,
      ...files,
      ...config,
      '-days',
      '30',
      '-subj',
      `/CN=${commonName}`,
    ]);
    return new TestAuthority(folder, await readFile(join(folder, 'ca.pem')));
  }

  async issue(options: IssueOptions): Promise<TestCertificate> {
    const path = join(this.folder, `${options.kind}-${++this.issuedCount}`);
    const config = ['-config', join(this.folder, 'ca.cnf')];
    const request = [
      '-keyout',
      `${path}-key.pem`,
      '-out',
      `${path}.csr`,
      '-subj',
      `/CN=${options.commonName}`,
    ];
    await openssl(['req', '-new', ...EC_KEY, ...config, ...request]);
    await this.certify(`${path}.csr`, options.kind, options);
    const [cert, key] = await Promise.all([readFile(`${path}.pem`), readFile(`${path}-key.pem`)]);
    return { cert, key, certFile: `${path}.pem`, keyFile: `${path}-key.pem` };
  }

  /** What the authority does with somebody's request: the certificate lies beside it. Gives its path. */
  async certify(
    request: string,
    kind: IssueOptions['kind'],
    options: Pick<IssueOptions, 'names' | 'notBefore' | 'notAfter'> = {},
  ): Promise<string> {
    const path = request.replace(/\.csr$/, '');
    const names = options.names === undefined ? '' : `subjectAltName=${options.names.join(',')}\n`;
    await writeFile(`${path}.ext`, `extendedKeyUsage=${kind}Auth\n${names}`);
    const dates = [
      ['-startdate', opensslTime(options.notBefore ?? new Date(Date.now() - DAY_MS / 24))],
      ['-enddate', opensslTime(options.notAfter ?? new Date(Date.now() + DAY_MS))],
    ].flat();
    const files = ['-in', request, '-out', `${path}.pem`, '-extfile', `${path}.ext`];
    await this.list(['-batch', '-notext', ...files, ...dates]);
    return `${path}.pem`;
  }

  /** Revokes the certificates and returns the list of all that are revoked, as PEM. */
  async revoke(...certificates: readonly TestCertificate[]): Promise<Uint8Array> {
    for (const { certFile } of certificates) await this.list(['-revoke', certFile]);
    await this.list(['-gencrl', '-out', join(this.folder, 'crl.pem')]);
    return readFile(join(this.folder, 'crl.pem'));
  }

  private async list(words: readonly string[]): Promise<void> {
    const listing = this.listing.then(() =>
      openssl(['ca', '-config', join(this.folder, 'ca.cnf'), ...words]),
    );
    this.listing = listing.catch(() => undefined);
    await listing;
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** Elliptic keys: made in a millisecond, where RSA takes a second. */
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

async function openssl(words: readonly string[]): Promise<void> {
  await run(requireTool('openssl'), [...words], { timeout: 15_000 });
}
