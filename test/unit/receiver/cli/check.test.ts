import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSigningKey } from '../../../../config/enrolment/keys.ts';
import type { Problem } from '../../../../config/problems.ts';
import { loadChecked } from '../../../../agent/receiver/cli/check.ts';
import { dispatch } from '../../../../agent/receiver/cli/dispatch.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';
import { TestAuthority } from '../../../fakes/tls.ts';
import { exchange, publicLine, put, RECEIVER, withFolder } from '../../config/files.ts';

async function run(...args: readonly string[]): Promise<{ exitCode: number; out: string }> {
  let out = '';
  const exitCode = await dispatch(args, {
    out: (text) => void (out += text),
    err: (text) => void (out += text),
    signal: new AbortController().signal,
    ready: () => undefined,
    onFault: () => undefined,
  });
  return { exitCode, out };
}

const ROLES = `retention: {days: 30, documents_days: 20, timer_hours: 0.5}
roles:
  officers: [${publicLine(4)}, ${publicLine(7)}]
  supervisors: [${publicLine(7)}, REPLACE with a line]
`;
const PLANTED: readonly (readonly [from: string, to: string])[] = [
  ['receiver: r-archive', 'receiver: archive'],
  ['quota_bytes: 1000000000000', 'quota_bytes: 5\n  quota: 1'],
  ['id: townhall-2', 'id: townhall-1'],
  [publicLine(5), `${publicLine(4)}, RW${'A'.repeat(54)}`],
  ['mqtt://127.0.0.1:1883', 'mqtts://broker.example.org\n  ca_file: ca.pem\n  base: A'],
  ['base: A', 'base: A\n  shared_offers: maybe'],
];

test('every mistake in receiver.yaml and in the files that it names is told in one run, in both languages', async () => {
  await withFolder(async (folder) => {
    let text = RECEIVER + ROLES;
    for (const [from, to] of PLANTED) text = exchange(text, from, to);
    const file = await put(folder, 'receiver.yaml', text);
    await writeFile(join(folder, 'vault'), '');
    const problemsIn = async (language: string): Promise<Problem[]> => {
      const { exitCode, out } = await run('check', '--config', file, '--json', '--lang', language);
      expect(exitCode).toBe(78);
      return (JSON.parse(out) as { problems: Problem[] }).problems;
    };
    const [english, german] = [await problemsIn('en'), await problemsIn('de')];
    expect(english.map(({ path, file: where }) => path ?? where.slice(folder.length))).toEqual([
      'receiver',
      'vault.quota_bytes',
      'vault.quota',
      'stations[1].id',
      'stations[1].public_keys[0]',
      'stations[1].public_keys[1]',
      'broker.cert_file',
      'broker.key_file',
      'broker.base',
      'broker.shared_offers',
      'retention.documents_days',
      'retention.timer_hours',
      'roles.officers[0]',
      'roles.supervisors[0]',
      'roles.supervisors[1]',
      '/keys/store.key',
      '/ca.pem',
      '/vault',
    ]);
    const untold = german.filter(({ message }, at) => message === english[at]?.message);
    expect(untold.map(({ message }) => message)).toEqual([]);
    const { out } = await run('check', '--config', file, '--lang', 'de');
    expect(out).toContain(`nicht in Ordnung: 18 Fehler in ${file}\n`);
  });
});

test('a language that is none is a mistake of who typed it, and so is one for the running receiver', async () => {
  expect((await run('check', '--lang', 'fr')).exitCode).toBe(2);
  expect((await run('run', '--lang', 'de')).exitCode).toBe(2);
});

test('a broker that is out of reach is told in the language that is asked for, and by the exit code', async () => {
  await withFolder(async (folder) => {
    const own = 'retention: {days: 30, documents_days: 90}\nroles: {officers: [], supervisors: []}\n';
    const file = await put(folder, 'receiver.yaml', exchange(RECEIVER, ':1883', ':1') + own);
    await mkdir(join(folder, 'keys'), { recursive: true });
    await makeSigningKey(join(folder, 'keys/store.key'), join(folder, 'keys/store.pub'));
    for (const [language, label] of [
      ['en', 'error'],
      ['de', 'Fehler'],
    ] as const) {
      const { exitCode, out } = await run('check', '--connect', '--config', file, '--lang', language);
      expect([exitCode, out.match(/^\w+(?=: broker\.unreachable: )/m)?.[0]]).toEqual([69, label]);
    }
  });
});

test.skipIf(lacksTools('openssl'))(
  'what keeps the desk of the office from being reached is told with the rest, and does not keep the receiver from starting',
  async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'keys'), { recursive: true });
      await makeSigningKey(join(folder, 'keys/store.key'), join(folder, 'keys/store.pub'));
      const group = `desk: {port: 8743, ca_file: desk/ca.pem, crl_file: desk/crl.pem, cert_file: desk/desk-server.pem,
  key_file: desk/desk-server-key.pem, origins: ['null']}\n`;
      const file = await put(folder, 'receiver.yaml', RECEIVER + group);
      const codes = async (): Promise<string[]> => {
        const { exitCode, out } = await run('check', '--config', file, '--json');
        const { good, problems } = JSON.parse(out) as { good: boolean; problems: Problem[] };
        expect([exitCode, good]).toEqual(problems.length > 0 ? [78, false] : [0, true]);
        expect((await loadChecked(file)).config).toBeDefined();
        return problems.map(({ code, file: where }) => `${code} ${where.slice(folder.length + 6)}`);
      };
      expect(await codes()).toEqual(
        ['ca.pem', 'desk-server.pem', 'desk-server-key.pem', 'crl.pem'].map((name) => `key.missing ${name}`),
      );
      const [ca, out] = [join(folder, 'authority'), join(folder, 'desk')];
      await run('ca', 'init', '--ca', ca);
      await run('ca', 'issue', 'store.example.org', '--role', 'desk-server', '--ca', ca, '--out', out);
      expect(await codes()).toEqual([]);
      await writeFile(join(out, 'crl.pem'), await readFile(join(out, 'ca.pem')));
      expect(await codes()).toEqual(['tls.revocations crl.pem']);
      const authority = await TestAuthority.open();
      try {
        const notAfter = new Date(Date.now() - 1000);
        const old = await authority.issue({ commonName: 'store', kind: 'client', notAfter });
        await copyFile(old.certFile, join(out, 'desk-server.pem'));
        await copyFile(old.keyFile, join(out, 'desk-server-key.pem'));
      } finally {
        await authority.close();
      }
      expect(await codes()).toEqual([
        'tls.expired desk-server.pem',
        'tls.no-host desk-server.pem',
        'tls.revocations crl.pem',
      ]);
    });
  },
);
