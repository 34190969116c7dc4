// Requests and certificates, judged by openssl.
import { execFile } from 'node:child_process';
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openssl } from '../../../agent/platform/openssl.ts';
import { type Authority, checkAuthority, issueCertificate } from '../../../config/enrolment/authority.ts';
import {
  clientCertificateFault,
  makeCertificateRequest,
  openCertificateRequest,
  requestPem,
} from '../../../config/enrolment/certificates.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';

const DAY_MS = 86_400_000;
const KEYS = {
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: () => generateKeyPairSync('ed25519'),
};
const KINDS = Object.keys(KEYS) as (keyof typeof KEYS)[];

const STATION = { role: 'station', name: 'townhall-1' } as const;
/** For townhall-1. */
const REQUEST_OF_0_1_0 =
  'MIHQMHcCAQAwFTETMBEGA1UEAwwKdG93bmhhbGwtMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMtWovvBU+pahmkjLkTbeUcaGautR3o3gLpB68ZKOw4r3PttcO7BNvLM02zdmwhYvA0UAU47bcaXmmB0KQmRNB2gADAKBggqhkjOPQQDAgNJADBGAiEA02xNAZ6MuQ4JC2PcL28FotHZ1oKzCBh8gnfXOHk/WT0CIQDkIPB7UeTtTw7XCfls9wsZHu2BaL+ZCQzdacrspU1+Jw==';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-judge-'));
});
afterAll(() => rm(folder, { recursive: true }));

const put = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

async function requestFor(name: string, key: KeyObject): Promise<Uint8Array> {
  const file = await put('own.key', key.export({ type: 'pkcs8', format: 'pem' }).toString());
  return makeCertificateRequest(name, { key, file });
}

describe.skipIf(lacksTools('openssl'))('a request for a certificate', () => {
  const { privateKey, publicKey } = KEYS.ec();
  let request: Uint8Array;
  beforeAll(async () => {
    request = await requestFor('townhall-1', privateKey);
  });
  const opened = (bytes: Uint8Array, name = 'townhall-1'): Promise<KeyObject> =>
    openCertificateRequest(bytes, name);

  test.each(KINDS)('gives its public key back (%s)', async (kind) => {
    const pair = KEYS[kind]();
    expect((await opened(await requestFor('t', pair.privateKey), 't')).equals(pair.publicKey)).toBe(true);
  });

  test('that version 0.1.0 wrote is taken', async () => {
    const key = await opened(Buffer.from(REQUEST_OF_0_1_0, 'base64'));
    expect(key.asymmetricKeyType).toBe('ec');
  });

  test('for another name is refused', async () => {
    await expect(opened(request, 'townhall-2')).rejects.toThrow('common name townhall-2 alone');
  });

  test.each([
    ['a name of two parts', '/O=Town/CN=townhall-1', []],
    ['a second name', '/CN=townhall-1/CN=townhall-1', []],
    ['a wish for further names', '/CN=townhall-1', ['-addext', 'subjectAltName=DNS:townhall-1']],
  ])('with %s is refused', async (_, subject, more) => {
    const words = ['req', '-new', '-key', join(folder, 'own.key'), '-subj', subject, '-outform', 'DER'];
    const { stdout } = await promisify(execFile)(requireTool('openssl'), [...words, ...more], {
      encoding: 'buffer',
    });
    await expect(opened(stdout)).rejects.toThrow('common name townhall-1 alone');
  });

  test('for another name is refused, whatever it says of itself in an attribute', async () => {
    const said = String.raw`\n        Attributes:\n            (none)\nsubject=CN=townhall-1\nverify OK\n`;
    const sections = ['[n]', 'CN = townhall-2', '[a]', `unstructuredName = X${said}`];
    const config = ['[req]', 'prompt = no', 'distinguished_name = n', 'attributes = a', ...sections];
    const words = ['-key', join(folder, 'own.key'), '-config', await put('said.cnf', config.join('\n'))];
    const { stdout } = await promisify(execFile)(
      requireTool('openssl'),
      ['req', '-new', '-outform', 'DER', ...words],
      { encoding: 'buffer' },
    );
    await expect(opened(stdout)).rejects.toThrow('common name townhall-1 alone');
    stdout[stdout.length - 1] = (stdout.at(-1) ?? 0) ^ 1;
    await expect(opened(stdout)).rejects.toThrow('not taken');
  });

  test('in which any bit was turned, or that is cut or longer, is refused', async () => {
    const wrong: Uint8Array[] = [Buffer.concat([request, Buffer.of(0)]), new Uint8Array()];
    for (let length = 1; length < request.length; length += 7) wrong.push(request.subarray(0, length));
    for (const [at, byte] of request.entries()) {
      const altered = Uint8Array.from(request);
      altered[at] = byte ^ (1 << (at % 8));
      wrong.push(altered);
    }
    for (let at = 0; at < wrong.length; at += 16)
      await Promise.all(
        wrong
          .slice(at, at + 16)
          .map((bytes, more) => expect(opened(bytes), `no. ${at + more}`).rejects.toThrow('not taken')),
      );
    expect((await opened(request)).equals(publicKey)).toBe(true);
  }, 60_000);

  test('of any bytes is refused as one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const error: unknown = await opened(bytes).catch((thrown: unknown) => thrown);
        expect(isDockError(error, 'enrolment.certificate-request')).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('takes its folder away again', async () => {
    const place = await mkdtemp(join(folder, 'place-'));
    vi.stubEnv('TMPDIR', place);
    await requestFor('townhall-1', privateKey).finally(() => vi.unstubAllEnvs());
    expect(await readdir(place)).toEqual([]);
  });

  test('is not made by a key of another kind', async () => {
    const { privateKey: agreement } = generateKeyPairSync('x25519');
    await expect(requestFor('t', agreement)).rejects.toThrow('use EC (P-256), RSA or Ed25519');
  });
});

test('a machine without openssl gets a word of what to install', async () => {
  const error: unknown = await openssl(['version'], { path: folder }).catch((thrown: unknown) => thrown);
  expect(isDockError(error, 'openssl.missing')).toBe(true);
  expect(String(error)).toContain('apt install openssl');
});

describe.skipIf(lacksTools('openssl'))('openssl', () => {
  const judge = async (...words: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(requireTool('openssl'), [...words], {
      timeout: 15_000,
    });
    return stdout + stderr;
  };
  /** An authority as openssl makes one, with a name of several parts. */
  async function authority(
    kind: string,
    privateKey: KeyObject,
    ...more: string[]
  ): Promise<Authority & { pem: string }> {
    const key = await put(`${kind}-key.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const file = join(folder, `${kind}-ca.pem`);
    await judge(
      'req',
      '-x509',
      '-key',
      key,
      '-out',
      file,
      '-days',
      '100',
      '-utf8',
      '-subj',
      '/C=DE/O=Stadt Köln/CN=CA',
      '-addext',
      'keyUsage=critical,keyCertSign,digitalSignature',
      ...more,
    );
    return { certificate: new X509Certificate(await readFile(file)), key: privateKey, file: key, pem: file };
  }

  test.each(KINDS)(
    'takes our request, and the certificate of an authority with a key of kind %s',
    async (kind) => {
      const issuer = await authority(kind, KEYS[kind]().privateKey);
      const nowMs = Date.now();
      checkAuthority(issuer, nowMs);
      const own = KEYS[kind]();
      const bytes = await requestFor('townhall-1', own.privateKey);
      const request = await put(`${kind}.csr`, requestPem(bytes));
      const judged = await judge('req', '-in', request, '-noout', '-verify', '-subject');
      expect(judged).toMatch(/verify OK[^]*subject=CN ?= ?townhall-1\n/);

      for (const days of [7, 730]) {
        const certificate = await issueCertificate(issuer, { ...STATION, request: bytes, days, nowMs });
        const file = await put(`${kind}.pem`, certificate.toString());
        const words = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', issuer.pem, '-purpose'];
        expect(await judge(...words, 'sslclient', file)).toContain('OK');
        await expect(judge(...words, 'sslserver', file)).rejects.toThrow('unsuitable');
        expect(certificate.checkPrivateKey(own.privateKey)).toBe(true);
        expect(certificate.checkIssued(issuer.certificate)).toBe(true);
        // No longer than its authority, which has 100 days.
        const endMs = Math.min(nowMs + days * DAY_MS, Date.parse(issuer.certificate.validTo));
        expect(Math.abs(Date.parse(certificate.validTo) - endMs)).toBeLessThan(1000);
        expect(
          clientCertificateFault(certificate, { commonName: 'townhall-1', publicKey: own.publicKey, nowMs }),
        ).toBeUndefined();
      }
    },
  );

  test('issues certificates that are no client certificate of this station, and each is named', async () => {
    const pair = KEYS.ec();
    const issuer = await authority('plain', pair.privateKey);
    const nowMs = Date.now();
    const wish = { commonName: 'townhall-1', publicKey: pair.publicKey, nowMs };
    const request = await requestFor('townhall-1', pair.privateKey);
    const certificate = await issueCertificate(issuer, { ...STATION, request, days: 9, nowMs });
    const fault = (wanted: Partial<typeof wish>, of = certificate): string | undefined =>
      clientCertificateFault(of, { ...wish, ...wanted });
    expect(fault({ commonName: 'townhall-2' })).toContain('common name');
    expect(fault({ publicKey: KEYS.ec().publicKey })).toContain('another private key');
    expect(fault({ nowMs: nowMs + 10 * DAY_MS })).toContain('ended');
    expect(fault({ nowMs: nowMs - DAY_MS })).toContain('begins');
    const own = await authority('self', pair.privateKey, '-subj', '/CN=townhall-1');
    expect(fault({}, own.certificate)).toContain('CA:TRUE');
    const server = await authority(
      'server',
      pair.privateKey,
      '-subj',
      '/CN=townhall-1',
      '-addext',
      'extendedKeyUsage=serverAuth',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    );
    expect(fault({}, server.certificate)).toContain('clientAuth');

    expect(() => checkAuthority(issuer, nowMs + 200 * DAY_MS)).toThrow('valid from');
    expect(() => checkAuthority({ ...issuer, key: KEYS.ec().privateKey }, nowMs)).toThrow('does not belong');
    expect(() => checkAuthority(server, nowMs)).toThrow('CA:TRUE');
  });
});
