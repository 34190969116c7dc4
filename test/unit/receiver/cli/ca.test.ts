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
  const call = (...words: readonly string[]): ReturnType<typeof callReceiver> =>
    callReceiver('ca', ...words, '--ca', authority);
  async function good(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await call(...words);
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
    for (const words of [['list'], ['revoke', 'townhall-1'], ['issue', 'r-archive', '--role', 'receiver']]) {
      const { code, err } = await call(...words);
      expect([code, err]).toEqual([1, expect.stringContaining('make one with `bodydock-receiver ca init`')]);
      expect((await call(...words, '--lang', 'de')).err).toContain('mit `bodydock-receiver ca init` anlegen');
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
    for (const words of [['init'], ['issue', 'r-archive', '--role', 'receiver'], ['revoke', 'r-archive']]) {
      const { code, err } = await call(...words);
      expect([code, err]).toEqual([1, expect.stringContaining('another command is changing the authority')]);
      expect((await call(...words, '--lang', 'de')).err).toContain('ändert gerade ein anderer Befehl');
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
    const out = await good(
      'issue',
      'townhall-1',
      '--role',
      'station',
      '--out',
      at('station'),
      '--lang',
      'de',
    );
    expect(out).toContain(`${at('station/station-key.pem')} (geheim)`);
    expect(await modes(at('broker'))).toEqual({
      'broker-key.pem': 0o600,
      'broker.pem': 0o644,
      'ca.pem': 0o644,
      'crl.pem': 0o644,
    });
    expect(Object.keys(await modes(at('store'))).toSorted()).toEqual([
      'ca.pem',
      'receiver-key.pem',
      'receiver.pem',
    ]);
    const broker = await certificate('broker/broker.pem');
    expect(broker.subjectAltName).toBe('DNS:broker.example.org, IP Address:192.0.2.7, DNS:localhost');
    const uses = {
      'broker/broker.pem': 'sslserver',
      'store/receiver.pem': 'sslclient',
      'station/station.pem': 'sslclient',
    };
    for (const [name, use] of Object.entries(uses)) {
      const checked = [
        '-CAfile',
        at('broker/ca.pem'),
        '-CRLfile',
        at('broker/crl.pem'),
        '-crl_check',
        '-purpose',
      ];
      expect(verify(...checked, use, at(name))).toContain('OK');
      const other = use === 'sslserver' ? 'sslclient' : 'sslserver';
      expect(() => verify(...checked, other, at(name)), name).toThrow('unsuitable');
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
    expect([second.serialNumber === first.serialNumber, second.publicKey.equals(first.publicKey)]).toEqual([
      false,
      true,
    ]);
    const other = await call('issue', 'r-other', ...words);
    expect([other.code, other.err]).toEqual([
      78,
      expect.stringContaining('receiver.pem is there and is not of r-other'),
    ]);
    await callReceiver('ca', 'init', '--ca', at('another'));
    const { code, err } = await callReceiver(
      'ca',
      'issue',
      'r-archive',
      ...words,
      '--ca',
      at('another'),
      '--lang',
      'de',
    );
    expect([code, err]).toEqual([78, expect.stringContaining('ca.pem ist schon da')]);
    expect((await certificate('tls/receiver.pem')).serialNumber).toBe(second.serialNumber);
  });

  test('gives no name twice to clients of different kinds, until it is revoked', async () => {
    await good('init');
    await good('issue', 'office', '--role', 'desk');
    const refused = await call('issue', 'office', '--role', 'station');
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining('office has a certificate as desk'),
    ]);
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
    const host = ['--host', 'a,DNS:other'];
    expect((await call('issue', 'b.example', '--role', 'broker', ...host)).err).toContain(
      'no name of a machine',
    );
    expect((await call('issue', 'office', '--role', 'desk', '--host', 'a')).err).toContain(
      'for the broker alone',
    );
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
    const dates = execFileSync(requireTool('openssl'), [
      'crl',
      '-in',
      at('authority/crl.pem'),
      '-noout',
      '-nextupdate',
    ]);
    const ends = Date.parse(dates.toString().replace('nextUpdate=', ''));
    expect(ends).toBe(Date.parse((await certificate('authority/ca.pem')).validTo));
    // Typed once more, as after a cut before the list was written.
    await rm(join(authority, 'crl.pem'));
    await good('revoke', 'townhall-1', '--lang', 'de');
    expect(() => verify(...checked.with(3, at('authority/crl.pem')), at('first.pem'))).toThrow('revoked');
    // The key of a revoked certificate may be in other hands.
    const again = ['issue', 'townhall-1', '--role', 'station', '--out', at('townhall-1')];
    expect(await call(...again)).toMatchObject({ code: 1, err: expect.stringContaining('was revoked') });
    await rm(at('townhall-1/station-key.pem'));
    await good(...again);
    expect(verify(...checked, at('townhall-1/station.pem'))).toContain('OK');
    const unknown = await call('revoke', 'townhall-9');
    expect([unknown.code, unknown.err]).toEqual([
      1,
      expect.stringContaining('issued nothing for townhall-9'),
    ]);
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
