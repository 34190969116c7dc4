// Requests and certificates, judged by openssl.
import { execFile } from 'node:child_process';
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeCertificateRequest,
  openCertificateRequest,
  pemOf,
} from '../../../../protocol/documents/certificate-request.ts';
import {
  checkAuthority,
  clientCertificateFault,
  issueClientCertificate,
  type Authority,
} from '../../../../protocol/documents/client-certificate.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';

const DAY_MS = 86_400_000;
const KEYS = {
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: () => generateKeyPairSync('ed25519'),
};
const KINDS = Object.keys(KEYS) as (keyof typeof KEYS)[];

describe('a request for a certificate', () => {
  const { privateKey, publicKey } = KEYS.ec();
  const request = makeCertificateRequest('townhall-1', privateKey);

  test.each(KINDS)('gives its public key back (%s)', (kind) => {
    const pair = KEYS[kind]();
    const opened = openCertificateRequest(makeCertificateRequest('t', pair.privateKey), 't');
    expect(opened.equals(pair.publicKey)).toBe(true);
  });

  test('for another name is refused', () => {
    expect(() => openCertificateRequest(request, 'townhall-2')).toThrow('common name townhall-2 alone');
  });

  test('in which any bit was turned, or that is cut or longer, is refused', () => {
    for (let length = 0; length < request.length; length++)
      expect(() => openCertificateRequest(request.subarray(0, length), 'townhall-1')).toThrow('not taken');
    for (const [at, byte] of request.entries()) {
      const altered = Uint8Array.from(request);
      altered[at] = byte ^ (1 << (at % 8));
      expect(() => openCertificateRequest(altered, 'townhall-1'), `byte ${at}`).toThrow('not taken');
    }
    expect(() => openCertificateRequest(Buffer.concat([request, Buffer.of(0)]), 'townhall-1')).toThrow(
      'not taken',
    );
    expect(openCertificateRequest(request, 'townhall-1').equals(publicKey)).toBe(true);
  });

  test('of any bytes is refused as one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          openCertificateRequest(bytes, 'townhall-1');
          expect.unreachable();
        } catch (error) {
          expect(isDockError(error, 'enrolment.certificate-request')).toBe(true);
        }
      }),
    );
  });
});

describe.skipIf(lacksTools('openssl'))('openssl', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-judge-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const openssl = async (...words: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(requireTool('openssl'), [...words], {
      timeout: 15_000,
    });
    return stdout + stderr;
  };
  const put = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  /** An authority as openssl makes one, with a name of several parts. */
  async function authority(
    kind: string,
    privateKey: KeyObject,
    ...more: string[]
  ): Promise<Authority & { file: string }> {
    const key = await put(`${kind}-key.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const file = join(folder, `${kind}-ca.pem`);
    await openssl(
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
    return { certificate: new X509Certificate(await readFile(file)), privateKey, file };
  }

  test.each(KINDS)(
    'takes our request, and the certificate of an authority with a key of kind %s',
    async (kind) => {
      const issuer = await authority(kind, KEYS[kind]().privateKey);
      const nowMs = Date.now();
      checkAuthority(issuer, nowMs);
      const own = KEYS[kind]();
      const request = await put(
        `${kind}.csr`,
        pemOf('CERTIFICATE REQUEST', makeCertificateRequest('townhall-1', own.privateKey)),
      );
      const judged = await openssl('req', '-in', request, '-noout', '-verify', '-subject');
      expect(judged).toMatch(/verify OK[^]*subject=CN ?= ?townhall-1\n/);

      for (const days of [7, 730]) {
        const wish = {
          commonName: 'townhall-1',
          publicKey: own.publicKey,
          days,
          nowMs,
          random: new SeededRandom(days),
        };
        const issued = issueClientCertificate(issuer, wish);
        const file = await put(`${kind}.pem`, pemOf('CERTIFICATE', issued));
        const words = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', issuer.file, '-purpose'];
        expect(await openssl(...words, 'sslclient', file)).toContain('OK');
        await expect(openssl(...words, 'sslserver', file)).rejects.toThrow('unsuitable');
        const certificate = new X509Certificate(issued);
        expect(certificate.checkPrivateKey(own.privateKey)).toBe(true);
        expect(certificate.checkIssued(issuer.certificate)).toBe(true);
        // No longer than its authority, which has 100 days.
        const endMs = Math.min(nowMs + days * DAY_MS, Date.parse(issuer.certificate.validTo));
        expect(Math.abs(Date.parse(certificate.validTo) - endMs)).toBeLessThan(1000);
        expect(clientCertificateFault(certificate, { ...wish, nowMs })).toBeUndefined();
      }
    },
  );

  test('issues certificates that are no client certificate of this station, and each is named', async () => {
    const pair = KEYS.ec();
    const issuer = await authority('odd', pair.privateKey);
    const nowMs = Date.now();
    const wish = {
      commonName: 'townhall-1',
      publicKey: pair.publicKey,
      days: 9,
      nowMs,
      random: new SeededRandom(1),
    };
    const certificate = new X509Certificate(issueClientCertificate(issuer, wish));
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
    expect(() => checkAuthority({ ...issuer, privateKey: KEYS.ec().privateKey }, nowMs)).toThrow(
      'does not belong',
    );
    expect(() => checkAuthority({ ...server, privateKey: pair.privateKey }, nowMs)).toThrow('CA:TRUE');
  });
});
