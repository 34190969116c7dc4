// An authority of our own, with openssl itself; what a broker makes of its certificates is in test/system/own-authority.test.ts.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderLockName, takeKernelLock } from '../../../../agent/platform/kernel-lock.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';
import { callReceiver } from '../keys/store-folder.ts';

describe.skipIf(lacksTools('openssl'))('bodydock-receiver ca', () => {
  let folder: string;
  let authority: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-ca-'));
    authority = join(folder, 'authority');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const at = (...names: string[]): string => join(folder, ...names);
  /** Words apart by blanks, then words as they are. */
  const call = (typed: string, ...words: readonly string[]): ReturnType<typeof callReceiver> =>
    callReceiver('ca', ...typed.split(' '), ...words, '--ca', authority);
  const refused = (code: number, text: string): object => ({ code, err: expect.stringContaining(text) });
  async function good(typed: string, ...words: readonly string[]): Promise<string> {
    const { code, out, err } = await call(typed, ...words);
    expect([code, err]).toEqual([0, '']);
    return out;
  }
  const certificate = async (...names: string[]): Promise<X509Certificate> =>
    new X509Certificate(await readFile(at(...names)));
  const modes = async (path: string): Promise<Record<string, number>> => {
    const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    );
    const pairs = names.map(async (each) => {
      const file = join(each.parentPath, each.name);
      return [file.slice(path.length + 1), (await stat(file)).mode & 0o777] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  };
  const verify = (...words: readonly string[]): string =>
    execFileSync(requireTool('openssl'), ['verify', '-x509_strict', ...words], { encoding: 'utf8' });

  test('makes an authority once, and every command says that there is none before', async () => {
    for (const typed of ['list', 'revoke townhall-1', 'issue r-archive --role receiver']) {
      expect(await call(typed)).toMatchObject(refused(1, 'make one with `bodydock-receiver ca init`'));
      expect((await call(typed, '--lang', 'de')).err).toContain('mit `bodydock-receiver ca init` anlegen');
    }
    expect(await good('init')).toContain(`made: ${authority}`);
    const made = await certificate('authority/ca.pem');
    expect([made.ca, (await stat(authority)).mode & 0o777]).toEqual([true, 0o700]);
    expect(await modes(authority)).toMatchObject({ 'ca-key.pem': 0o600, 'ca.pem': 0o644, 'crl.pem': 0o644 });
    expect(await good('init', '--lang', 'de')).toContain('was da war, ist unverändert');
    expect((await certificate('authority/ca.pem')).fingerprint256).toBe(made.fingerprint256);
  });

  test('takes over an authority that was made by hand', async () => {
    await good('init');
    const { fingerprint256 } = await certificate('authority/ca.pem');
    for (const name of ['index.txt', 'crl.pem']) await rm(join(authority, name));
    expect(await good('init')).toContain('is an authority already');
    await good('issue', 'r-archive', '--role', 'receiver');
    expect((await certificate('authority/ca.pem')).fingerprint256).toBe(fingerprint256);
  });

  test('lets one command at a time change the list', async () => {
    await good('init');
    const lock = await takeKernelLock(await folderLockName('authority', authority));
    for (const typed of ['init', 'issue r-archive --role receiver', 'revoke r-archive']) {
      expect(await call(typed)).toMatchObject(refused(1, 'another command is changing the authority'));
      expect((await call(typed, '--lang', 'de')).err).toContain('ändert gerade ein anderer Befehl');
    }
    await lock?.release();
    await good('issue', 'r-archive', '--role', 'receiver');
    await good('revoke', 'r-archive');
  });

  test('issues what broker, receiver and station are configured with, each for its use alone', async () => {
    await good('init');
    const hosts = ['--host', '192.0.2.7', '--host', 'localhost'];
    await good('issue', 'broker.example.org', '--role', 'broker', ...hosts, '--out', at('broker'));
    await good('issue', 'r-archive', '--role', 'receiver', '--out', at('store'), '--days', '9');
    const out = await good('issue townhall-1 --role station --lang de --out', at('station'));
    expect(out).toContain(`${at('station/station-key.pem')} (geheim)`);
    const files = { 'broker-key.pem': 0o600, 'broker.pem': 0o644, 'ca.pem': 0o644, 'crl.pem': 0o644 };
    expect(await modes(at('broker'))).toEqual(files);
    const names = Object.keys(await modes(at('store'))).toSorted();
    expect(names).toEqual(['ca.pem', 'receiver-key.pem', 'receiver.pem']);
    const broker = await certificate('broker/broker.pem');
    expect(broker.subjectAltName).toBe('DNS:broker.example.org, IP Address:192.0.2.7, DNS:localhost');
    const uses = {
      'broker/broker.pem': 'sslserver',
      'store/receiver.pem': 'sslclient',
      'station/station.pem': 'sslclient',
    };
    for (const [name, use] of Object.entries(uses)) {
      const checked = ['-crl_check', '-CAfile', at('broker/ca.pem'), '-CRLfile', at('broker/crl.pem')];
      expect(verify(...checked, '-purpose', use, at(name))).toContain('OK');
      const other = use === 'sslserver' ? 'sslclient' : 'sslserver';
      expect(() => verify(...checked, '-purpose', other, at(name)), name).toThrow('unsuitable');
    }
    const receiver = await certificate('store/receiver.pem');
    expect(receiver.subject).toBe('OU=receiver\nCN=r-archive');
    expect(Date.parse(receiver.validTo) - Date.now()).toBeLessThan(9 * 86_400_000 + 1000);
  });

  test('renews with the key that is there, and never over the files of another one', async () => {
    await good('init');
    const words = ['--role', 'receiver', '--out', at('tls')];
    await good('issue', 'r-archive', ...words);
    const [key, first] = [await readFile(at('tls/receiver-key.pem')), await certificate('tls/receiver.pem')];
    await good('issue', 'r-archive', ...words);
    const second = await certificate('tls/receiver.pem');
    expect(await readFile(at('tls/receiver-key.pem'))).toEqual(key);
    expect(second.serialNumber).not.toBe(first.serialNumber);
    expect(second.publicKey.equals(first.publicKey)).toBe(true);
    const other = await call('issue r-other', ...words);
    expect(other).toMatchObject(refused(78, 'receiver.pem is there and is not of r-other'));
    authority = at('another');
    await good('init');
    const another = await call('issue r-archive --lang de', ...words);
    expect(another).toMatchObject(refused(78, 'ca.pem ist schon da'));
    expect((await certificate('tls/receiver.pem')).serialNumber).toBe(second.serialNumber);
  });

  test('gives no name twice to clients of different kinds, until it is revoked', async () => {
    await good('init');
    await good('issue', 'office', '--role', 'desk');
    const station = await call('issue office --role station');
    expect(station).toMatchObject(refused(1, 'office has a certificate as desk'));
    await good('issue', 'office', '--role', 'broker'); // a server is no client
    await good('revoke', 'office');
    await good('issue', 'office', '--role', 'station');
  });

  test('refuses names that a broker would take for another kind, and says which are right', async () => {
    await good('init');
    const wrong: readonly (readonly [string, string])[] = [
      ['r-archive', 'station'],
      ['r-archive', 'desk'],
      ['r-archive', 'monitoring'],
      ['archive', 'receiver'],
      ['Townhall', 'station'],
      ['a/CN=r-archive', 'desk'],
      ['broker example', 'broker'],
      ['a,DNS:other', 'broker'],
    ];
    for (const [name, role] of wrong)
      expect((await call('issue', name, '--role', role)).code, `${role} ${name}`).toBe(2);
    expect((await call('issue', 'x', '--role', 'boss')).err).toContain('--role is missing');
    expect((await call('issue', '--role', 'desk', '--lang', 'de')).err).toContain('braucht einen Namen');
    const host = await call('issue b.example --role broker --host a,DNS:other');
    expect(host).toMatchObject(refused(2, 'no name of a machine'));
    const desk = await call('issue office --role desk --host a');
    expect(desk).toMatchObject(refused(2, 'for broker and desk-server alone'));
    for (const days of ['0', '3651', 'x'])
      expect((await call('issue', 'office', '--role', 'desk', '--days', days)).code).toBe(2);
    expect(await good('list')).toContain('Nothing has been issued yet');
  });

  test('revokes every certificate of a name, in a list that lasts as long as the authority', async () => {
    await good('init');
    for (const name of ['townhall-1', 'townhall-2'])
      await good('issue', name, '--role', 'station', '--out', at(name));
    const first = await readFile(at('townhall-1/station.pem'));
    await writeFile(at('first.pem'), first);
    await good('issue', 'townhall-1', '--role', 'station', '--out', at('townhall-1'));
    const text = await good('revoke', 'townhall-1', '--out', at('townhall-2'));
    expect(text.match(/^revoked: /gm)).toHaveLength(2);
    const checked = ['-CAfile', at('authority/ca.pem'), '-CRLfile', at('townhall-2/crl.pem'), '-crl_check'];
    expect(verify(...checked, at('townhall-2/station.pem'))).toContain('OK');
    for (const file of ['first.pem', 'townhall-1/station.pem'])
      expect(() => verify(...checked, at(file)), file).toThrow('revoked');
    const dated = ['crl', '-in', at('authority/crl.pem'), '-noout', '-nextupdate'];
    const dates = execFileSync(requireTool('openssl'), dated);
    const ends = Date.parse(dates.toString().replace('nextUpdate=', ''));
    expect(ends).toBe(Date.parse((await certificate('authority/ca.pem')).validTo));
    // Typed once more, as after a cut before the list was written.
    await rm(join(authority, 'crl.pem'));
    await good('revoke', 'townhall-1', '--lang', 'de');
    expect(() => verify(...checked.with(3, at('authority/crl.pem')), at('first.pem'))).toThrow('revoked');
    // The key of a revoked certificate may be in other hands.
    const again = 'issue townhall-1 --role station --out';
    expect(await call(again, at('townhall-1'))).toMatchObject(refused(1, 'was revoked'));
    await rm(at('townhall-1/station-key.pem'));
    await good(again, at('townhall-1'));
    expect(verify(...checked, at('townhall-1/station.pem'))).toContain('OK');
    expect(await call('revoke townhall-9')).toMatchObject(refused(1, 'issued nothing for townhall-9'));
  });

  test('lists what was issued, and ends with 1 where something ends soon', async () => {
    await good('init');
    await good('issue', 'r-archive', '--role', 'receiver');
    await good('issue', 'townhall-1', '--role', 'station', '--days', '29');
    await good('issue', 'townhall-2', '--role', 'station', '--days', '5');
    await good('revoke', 'townhall-2');
    const { code, out } = await call('list');
    expect([code, out]).toEqual([1, expect.stringContaining('One certificate ends within 30 days')]);
    expect(out).toMatch(
      /^name +role +state[^]*^r-archive +receiver +valid[^]*^townhall-2 +station +revoked/m,
    );
    const german = await call('list', '--lang', 'de');
    expect(german.out).toMatch(/^townhall-2 +station +gesperrt/m);
    const json = JSON.parse((await call('list', '--json')).out) as { certificates: object[] };
    expect(json).toMatchObject({ folder: authority, ending_soon: 1 });
    expect(json.certificates[2]).toMatchObject({ name: 'townhall-2', role: 'station', state: 'revoked' });
    await good('issue', 'townhall-1', '--role', 'station');
    expect((await call('list')).code).toBe(0);
  });

  test('packs key and certificate for a browser, and its password apart', async () => {
    await good('init');
    const out = await good('issue', 'office', '--role', 'desk', '--p12', '--out', at('office'));
    const password = await readFile(at('office/office.password'), 'utf8');
    expect(out).not.toContain(password.trim());
    expect(await modes(at('office'))).toMatchObject({ 'office.p12': 0o600, 'office.password': 0o600 });
    const opened = execFileSync(
      requireTool('openssl'),
      ['pkcs12', '-in', at('office/office.p12'), '-passin', 'stdin', '-noenc'],
      { input: password, encoding: 'utf8' },
    );
    expect(opened.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(opened).toContain('BEGIN PRIVATE KEY');
    expect((await certificate('office/office.pem')).subject).toBe('OU=desk\nCN=office');
  });
});
