// The three steps of an enrolment between two machines in one process; whole programs with a broker are in test/system/enrolment.test.ts.
import {
  appendFile,
  chmod,
  copyFile,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keys } from '../../../agent/cli/program.ts';
import { makeSigningKey, readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { rotationFiles } from '../../../config/enrolment/key-rotation.ts';
import { loadReceiverConfig, loadStationConfig } from '../../../config/load.ts';
import { keyIdHex, parsePublicKey, publicKeyLine } from '../../../protocol/documents/minisign.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority } from '../../fakes/tls.ts';
import { fingerprintsIn, STATION, TwoMachines } from '../../fakes/two-machines.ts';
import { exchange, publicLine } from '../config/files.ts';
import { callReceiver } from '../receiver/keys/store-folder.ts';
import { runCommand, type CommandRun } from './io-memory.ts';

const BROKER = 'mqtts://mqtt.city.example:8883';

describe.skipIf(lacksTools('openssl'))('an enrolment', () => {
  let authority: TestAuthority;
  let two: TwoMachines;
  beforeAll(async () => {
    authority = await TestAuthority.open();
  });
  afterAll(() => authority.close());
  beforeEach(async () => {
    two = await TwoMachines.open(authority, BROKER);
  });
  afterEach(() => two.close());

  const request = (...words: readonly string[]): Promise<CommandRun> =>
    runCommand(keys, 'enrol', '--config', two.stationFile, '--out', two.carried('request'), ...words);
  const enrol = (...words: readonly string[]): ReturnType<typeof callReceiver> =>
    callReceiver(
      'enrol',
      two.carried('request'),
      '--config',
      two.storeFile,
      '--out',
      two.carried('answer'),
      ...words,
    );
  const install = (...words: readonly string[]): Promise<CommandRun> =>
    runCommand(keys, 'enrol', '--answer', two.carried('answer'), '--config', two.stationFile, ...words);

  /** Both files are carried anew; gives the fingerprint of the answer. */
  async function answered(...words: readonly string[]): Promise<string> {
    for (const name of ['request', 'answer']) await rm(two.carried(name), { force: true });
    const [fingerprint = ''] = fingerprintsIn((await request()).out);
    const { code, out, err } = await enrol(
      '--fingerprint',
      fingerprint,
      ...(words.length > 0 ? words : two.issuing),
    );
    expect([code, err]).toEqual([0, '']);
    return fingerprintsIn(out)[1] ?? '';
  }

  /** Bytes of every file of both machines but the carried ones. */
  async function everything(): Promise<Record<string, string>> {
    const seen: Record<string, string> = {};
    for (const name of await readdir(two.folder, { recursive: true })) {
      const path = join(two.folder, name);
      if (!name.startsWith('carried') && (await stat(path)).isFile())
        seen[name] = await readFile(path, 'base64');
    }
    return seen;
  }

  test('makes strangers of a station and a store that know each other', async () => {
    const made = await request();
    expect([made.exitCode, made.err]).toEqual([0, '']);
    const key = two.station('tls/station-key.pem');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(made.out).toContain(`${key} (made now`);
    const [asked = ''] = fingerprintsIn(made.out);

    const answer = await enrol(
      '--fingerprint',
      asked,
      ...two.issuing,
      '--store',
      'Stadtarchiv',
      '--days',
      '10',
    );
    expect([answer.code, answer.err]).toEqual([0, '']);
    const [compared, fingerprint = ''] = fingerprintsIn(answer.out);
    expect(compared).toBe(asked);
    const line = await two.line('station/keys/station.pub');
    expect(await two.line(`store/keys/station-${STATION}.pub`)).toBe(line);
    // The printed lines, put where the text says, are what the store's file needs.
    const lines = `  - id: ${STATION}\n    public_keys:\n      - ${line}\n`;
    expect(answer.out).toContain(lines);
    const before = await readFile(two.storeFile, 'utf8');
    await writeFile(two.storeFile, before.replace(/(?<=stations:\n)[^]*?(?=broker:)/, lines));
    expect(await loadReceiverConfig(two.storeFile)).toMatchObject({
      kind: 'loaded',
      config: { stations: [{ id: STATION }] },
    });

    const shown = await install('--fingerprint', fingerprint);
    expect([shown.exitCode, shown.err]).toEqual([0, '']);
    expect(shown.out).toMatch(/“Stadtarchiv”[^]*With --write[^]*- {5}- REPLACE[^]*\+ {5}- RW/);
    expect(fingerprintsIn(shown.out)).toEqual([asked, fingerprint]);
    expect(await loadStationConfig(two.stationFile)).toMatchObject({ kind: 'refused' });
    const certificate = new X509Certificate(await readFile(two.station('tls/station.pem')));
    expect([certificate.subject, certificate.checkIssued(new X509Certificate(authority.ca))]).toEqual([
      `CN=${STATION}`,
      true,
    ]);
    expect(new X509Certificate(await readFile(two.station('tls/ca.pem'))).raw).toEqual(
      new X509Certificate(authority.ca).raw,
    );

    const written = await install('--fingerprint', fingerprint, '--write', '--lang', 'de');
    expect([written.exitCode, written.err]).toEqual([0, '']);
    expect(written.out).toContain(`eingetragen in ${two.stationFile}`);
    expect(await loadStationConfig(two.stationFile)).toMatchObject({
      kind: 'loaded',
      config: { store: { receivers: ['r-archive'] }, broker: { url: BROKER } },
    });
    const again = await install('--fingerprint', fingerprint, '--write', '--json');
    expect(again.json).toMatchObject({ pins: 'there', removed: [], added: [], broker: { url: BROKER } });
  });

  test('is answered by the authority beside the file of the store, which lists what it issued', async () => {
    await callReceiver('ca', 'init', '--ca', two.store('authority'));
    const [asked = ''] = fingerprintsIn((await request()).out);
    expect(await enrol('--fingerprint', asked)).toMatchObject({ code: 0, err: '' });
    const { out } = await callReceiver('ca', 'list', '--ca', two.store('authority'));
    expect(out).toMatch(/^townhall-1 +station +valid/m);
    // A key of which the certificate was revoked gets no other one.
    await callReceiver('ca', 'revoke', STATION, '--ca', two.store('authority'));
    await rm(two.carried('answer'));
    expect(await enrol('--fingerprint', asked)).toMatchObject({
      code: 1,
      err: expect.stringContaining('authority.key-revoked'),
    });
  });

  test('pins the keys of both roles that the store names, and shows them to be compared', async () => {
    const [officer, superior] = [publicLine(21), publicLine(22)];
    await appendFile(two.storeFile, `roles:\n  officers: [${officer}]\n  supervisors: [${superior}]\n`);
    const { exitCode, out } = await install('--fingerprint', await answered(), '--write');
    const ids = [officer, superior].map((line) => keyIdHex(parsePublicKey(line).keyId));
    expect([exitCode, out]).toEqual([
      0,
      expect.stringContaining(`keys of recording officers ${ids[0]}, of their superiors ${ids[1]}`),
    ]);
    expect(await loadStationConfig(two.stationFile)).toMatchObject({
      kind: 'loaded',
      config: { roles: { officers: [parsePublicKey(officer)], supervisors: [parsePublicKey(superior)] } },
    });
  });

  test('is done again for another certificate, and changes neither keys nor pins', async () => {
    await install('--fingerprint', await answered(...two.issuing, '--days', '2'), '--write');
    const before = await everything();
    expect((await install('--fingerprint', await answered(...two.issuing, '--days', '9'))).exitCode).toBe(0);
    const after = await everything();
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed).toEqual(['station/tls/station.pem']);
  });

  test('the other way round, an old answer takes no certificate back', async () => {
    const old = await answered(...two.issuing, '--days', '2');
    await copyFile(two.carried('answer'), two.carried('old'));
    await install('--fingerprint', await answered(...two.issuing, '--days', '9'));
    await copyFile(two.carried('old'), two.carried('answer'));
    const before = await everything();
    const outcome = await install('--fingerprint', old, '--write');
    expect([outcome.exitCode, outcome.err]).toEqual([1, expect.stringContaining('enrolment.older')]);
    expect(await everything()).toEqual(before);
  });

  test('takes a certificate that another authority issued from the request', async () => {
    await request();
    const [fingerprint = ''] = fingerprintsIn((await request('--out', two.carried('second'))).out);
    await copyFile(two.carried('second'), two.carried('request'));
    const csr = two.carried('station.csr');
    const { code, out } = await enrol('--fingerprint', fingerprint, '--csr', csr, '--lang', 'de');
    expect([code, out]).toEqual([0, expect.stringContaining(`geschrieben: ${csr}`)]);
    await expect(stat(two.carried('answer'))).rejects.toThrow('ENOENT');
    const elsewhere = await authority.certify(csr, 'client');
    expect((await enrol('--fingerprint', fingerprint, '--certificate', elsewhere)).code).toBe(0);
    const foreign = await authority.issue({ commonName: STATION, kind: 'client' });
    await rm(two.carried('answer'));
    const refused = await enrol('--fingerprint', fingerprint, '--certificate', foreign.certFile);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('another private key')]);
  });

  test('tells the station of a key that the store will sign with next, and of what else was named', async () => {
    const { nextFile, nextPublicFile } = rotationFiles(two.store('keys/store.key'));
    await makeSigningKey(nextFile, nextPublicFile);
    await makeSigningKey(two.store('keys/second.key'), two.store('keys/second.pub'));
    const named = ['--receiver', 'r-second', '--store-key', two.store('keys/second.pub')];
    const { json } = await install('--fingerprint', await answered(...two.issuing, ...named), '--json');
    expect(json).toMatchObject({
      receivers: ['r-archive', 'r-second'],
      public_keys: await Promise.all(
        ['store', 'store.next', 'second'].map((name) => two.line(`store/keys/${name}.pub`)),
      ),
    });
  });

  test('without TLS carries keys and pins alone', async () => {
    const plain = (text: string): string => text.replace(/ {2}\w+_file: tls.*\n/g, '');
    await writeFile(
      two.stationFile,
      plain(
        exchange(
          await readFile(two.stationFile, 'utf8'),
          'mqtts://broker.example.org:8883',
          'mqtt://localhost',
        ),
      ),
    );
    const [fingerprint = ''] = fingerprintsIn((await request()).out);
    expect((await enrol('--fingerprint', fingerprint, ...two.issuing)).code).toBe(2);
    const { code, out } = await enrol('--fingerprint', fingerprint, '--broker', 'mqtt://localhost');
    expect(code).toBe(0);
    expect((await install('--fingerprint', fingerprintsIn(out)[1] ?? '', '--write')).exitCode).toBe(0);
    expect(await loadStationConfig(two.stationFile)).toMatchObject({
      kind: 'loaded',
      config: { broker: { tls: null } },
    });
    await expect(stat(two.station('tls'))).rejects.toThrow('ENOENT');
  });

  test('keeps link, mode and every other line of the file that it writes into', async () => {
    const behind = two.station('behind.yaml');
    await copyFile(two.stationFile, behind);
    await chmod(behind, 0o640);
    await rm(two.stationFile);
    await symlink(behind, two.stationFile);
    const before = (await readFile(behind, 'utf8')).split('\n');
    await install('--fingerprint', await answered(), '--write');
    expect((await stat(behind)).mode & 0o777).toBe(0o640);
    const after = new Set((await readFile(two.stationFile, 'utf8')).split('\n'));
    expect(before.filter((line) => !after.has(line))).toEqual([
      expect.stringContaining('REPLACE'),
      '    - r-example',
      expect.stringContaining('broker.example.org'),
    ]);
    expect([...after]).toContain(`  url: ${BROKER} # by name`);
  });

  test('that was cut off at the station pins nothing, and is finished by typing it again', async () => {
    const typed = ['--fingerprint', await answered(), '--write'];
    const before = await readFile(two.stationFile, 'utf8');
    await two.put('station/tls/station.pem/in-the-way', '');
    const cut = await install(...typed);
    expect([cut.exitCode, cut.err]).toEqual([78, expect.stringContaining('key.unwritable')]);
    expect(await readFile(two.stationFile, 'utf8')).toBe(before);
    await rm(two.station('tls/station.pem'), { recursive: true });
    expect((await install(...typed)).exitCode).toBe(0);
    expect(await readdir(two.station('tls'))).toEqual(['ca.pem', 'station-key.pem', 'station.pem']);
  });

  test('needs no more of a file than who and where, and names what is wrong there alone', async () => {
    const text = await readFile(two.stationFile, 'utf8');
    await writeFile(two.stationFile, exchange(text, 'url: mqtts:', 'url: http:'));
    const station = await request();
    expect([station.exitCode, station.err]).toEqual([
      78,
      expect.stringMatching(/^\S+:\d+:\d+: broker\.url: .*\nbodydock: config\.refused: .*\n$/),
    ]);
    await writeFile(two.stationFile, text);
    await request();
    await writeFile(two.storeFile, exchange(await readFile(two.storeFile, 'utf8'), 'r-archive', 'archive'));
    const store = await enrol(...two.issuing);
    expect([store.code, store.err]).toEqual([
      78,
      expect.stringMatching(/^\S+:\d+:\d+: receiver: .*\nbodydock-receiver: config\.refused: .*\n$/),
    ]);
  });

  test('takes no private key of a kind that it cannot ask with, and makes none over it', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await two.put('station/tls/station-key.pem', pem);
    await chmod(two.station('tls/station-key.pem'), 0o600);
    const { exitCode, err } = await request();
    expect([exitCode, err]).toEqual([78, expect.stringContaining('tls.key-kind')]);
    expect(await readFile(two.station('tls/station-key.pem'), 'utf8')).toBe(pem);
  });

  describe('at the store refuses, and writes nothing,', () => {
    let fingerprint: string;
    beforeEach(async () => {
      [fingerprint = ''] = fingerprintsIn((await request()).out);
    });

    async function refused(code: number, words: RegExp | string, ...typed: readonly string[]): Promise<void> {
      const before = await everything();
      const outcome = await enrol(
        ...(typed.length > 0 ? typed : ['--fingerprint', fingerprint, ...two.issuing]),
      );
      expect([outcome.code, outcome.err]).toEqual([code, expect.stringMatching(words)]);
      expect(await everything()).toEqual(before);
      await expect(stat(two.carried('answer'))).rejects.toThrow('ENOENT');
    }
    const edit = async (from: string, to: string): Promise<void> =>
      writeFile(two.storeFile, exchange(await readFile(two.storeFile, 'utf8'), from, to));
    const TAKEN =
      'townhall-9\n    public_keys:\n      - REPLACE with the second line of station.pub, "RW..."';

    test('what nobody compared', async () => {
      await refused(2, 'nobody can be asked here', ...two.issuing);
      await refused(
        1,
        'enrolment.fingerprint',
        '--fingerprint',
        fingerprint.replace(/^..../, 'ffff'),
        ...two.issuing,
      );
    });

    test('a station that is known with another key, or was kept with one', async () => {
      await edit(TAKEN, `${STATION}\n    public_keys:\n      - ${publicLine(1)}`);
      await refused(1, `enrolment.taken: station ${STATION} is taken`);
      await edit(`${STATION}\n`, 'townhall-8\n');
      await writeFile(two.store(`keys/station-${STATION}.pub`), `untrusted comment: \n${publicLine(1)}\n`);
      await refused(1, /enrolment\.taken: .*station-townhall-1\.pub holds another key/);
    });

    test('a key that is somebody else’s', async () => {
      const line = await two.line('station/keys/station.pub');
      await edit(TAKEN, `townhall-9\n    public_keys:\n      - ${line}`);
      await refused(1, 'enrolment.key-in-use: .* station townhall-9');
      await edit(line, publicLine(1));
      await appendFile(two.storeFile, `roles:\n  officers: [${line}]\n`);
      await refused(1, 'enrolment.key-in-use');
      const key = parsePublicKey(line);
      const renamed = publicKeyLine({ ...key, keyId: new Uint8Array(key.keyId.length).fill(7) });
      await edit(line, renamed);
      await refused(1, 'enrolment.key-in-use');
      await edit(publicLine(1), renamed);
      await refused(1, 'enrolment.key-in-use: .* station townhall-9');
    });

    test('a key that it revoked', async () => {
      const { keyId } = await readPublicKeyFile(two.station('keys/station.pub'));
      await two.put(`store/vault/${STATION}/keys/${keyIdHex(keyId)}.revocation.json`, '{}');
      await refused(1, 'enrolment.revoked');
    });

    test('an authority that cannot issue, and words that do not fit', async () => {
      const compared = ['--fingerprint', fingerprint];
      const { certFile, keyFile } = await authority.issue({ commonName: 'r-archive', kind: 'client' });
      await refused(78, 'tls.authority: .*CA:TRUE', ...compared, '--ca-cert', certFile, '--ca-key', keyFile);
      await refused(
        78,
        'does not belong to it',
        ...compared,
        '--ca-cert',
        authority.caFile,
        '--ca-key',
        keyFile,
      );
      await refused(78, 'key.missing', ...compared, '--ca-cert', authority.caFile, '--ca-key', '/nowhere');
      await refused(2, 'asks for a certificate', ...compared);
      await refused(2, 'take one', ...compared, ...two.issuing, '--csr', two.carried('csr'));
      await refused(2, '--days "x"', ...compared, ...two.issuing, '--days', 'x');
      await refused(2, 'without TLS', ...compared, ...two.issuing, '--broker', 'mqtt://elsewhere.example');
      await edit(BROKER, 'mqtts://localhost:8883');
      await refused(2, 'only this machine reaches', ...compared, ...two.issuing);
    });

    test('a request that is damaged, too long, or none', async () => {
      const file = two.carried('request');
      await truncate(file, 400);
      await refused(1, /enrolment\.truncated: .*request: .*take it again/);
      await truncate(file, 70_000);
      await refused(78, 'key.oversize');
      await writeFile(file, '');
      await refused(78, 'key.empty');
      await copyFile(two.station('keys/station.pub'), file);
      await refused(1, /enrolment\.malformed: .*name the file that `bodydock keys enrol` wrote/);
    });

    test('to write over what lies there', async () => {
      await writeFile(two.carried('answer'), 'mine');
      const { code, err } = await enrol('--fingerprint', fingerprint, ...two.issuing);
      expect([code, err]).toEqual([78, expect.stringContaining('never replaced')]);
      expect(await readFile(two.carried('answer'), 'utf8')).toBe('mine');
      expect((await request()).exitCode).toBe(78);
    });
  });

  describe('at the station refuses, and changes nothing,', () => {
    let fingerprint: string;
    beforeEach(async () => {
      fingerprint = await answered();
    });

    async function refused(code: number, words: RegExp | string, ...typed: readonly string[]): Promise<void> {
      const before = await everything();
      const outcome = await install(
        ...(typed.length > 0 ? typed : ['--fingerprint', fingerprint, '--write']),
      );
      expect([outcome.exitCode, outcome.err]).toEqual([code, expect.stringMatching(words)]);
      expect(await everything()).toEqual(before);
    }
    const edit = async (from: string, to: string): Promise<void> =>
      writeFile(two.stationFile, exchange(await readFile(two.stationFile, 'utf8'), from, to));

    test('what nobody compared', async () => {
      await refused(2, 'nobody can be asked here', '--write');
      await refused(1, 'enrolment.fingerprint', '--write', '--fingerprint', 'ffff');
      await refused(2, '--answer', '--out', 'x');
    });

    test('an answer for another station, or of another store than the one that it pins', async () => {
      await edit(`station: ${STATION}`, 'station: townhall-2');
      await refused(1, 'enrolment.other-station');
      await edit('station: townhall-2', `station: ${STATION}`);
      await edit('REPLACE with the second line of store.pub, "RW..."', publicLine(1));
      await refused(1, `enrolment.other-store: .*pins ${publicLine(1).replaceAll('+', '\\+')}`);
    });

    test('a certificate for a private key that is not here any more', async () => {
      await rm(two.station('tls/station-key.pem'));
      await refused(78, 'key.missing');
      await request('--out', two.carried('other'));
      await refused(1, 'enrolment.certificate: .*another private key');
      await chmod(two.station('tls/station-key.pem'), 0o644);
      await refused(78, 'key.mode');
    });

    test('to write into a file whose lists are written in one line', async () => {
      await edit('\n    - REPLACE with the second line of store.pub, "RW..."', ' [REPLACE]');
      await refused(78, /config\.pins-by-hand[^]*- RW/);
    });

    test('an answer that is damaged, or a request', async () => {
      const file = two.carried('answer');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('r-archive', 'r-archivf'));
      await refused(1, /enrolment\.signature: .*altered/);
      await copyFile(two.carried('request'), file);
      await refused(1, 'enrolment.kind: .*wrote at the store');
    });
  });
});
