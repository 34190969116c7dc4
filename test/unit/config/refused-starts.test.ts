// What a service manager meets where a configuration or a key is not usable: both programs' `run` end with 78, say the place and what to do, and
// leave the machine as it was. What is wrong with which value is shown in load.test.ts; that whole processes do so, in e2e/refused-starts.
import { chmod, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../agent/cli/run.ts';
import { makeSigningKey } from '../../../config/enrolment/keys.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { dispatch } from '../../../agent/receiver/cli/dispatch.ts';
import { runCommand } from '../cli/io-memory.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../../fakes/tls.ts';
import { exchange, put, RECEIVER, STATION, withFolder } from './files.ts';

const TLS_FILES = `  ca_file: tls/ca.pem
  cert_file: tls/cert.pem
  key_file: tls/key.pem
`;
const RECEIVER_TLS = exchange(
  RECEIVER,
  'url: mqtt://127.0.0.1:1883\n',
  `url: mqtts://127.0.0.1:8883\n${TLS_FILES}`,
);

/** The two programs, each with a good file, its signing key, and how one calls it. */
const PROGRAMS = [
  {
    name: 'bodydock run',
    good: STATION,
    key: 'station.key',
    id: 'townhall-1',
    start: (file: string) => runCommand(run, '--config', file),
  },
  {
    name: 'bodydock-receiver run',
    good: RECEIVER_TLS,
    key: 'store.key',
    id: 'r-archive',
    start: (file: string) =>
      runCommand(
        (args, io) => dispatch(args, { ...io, ready: () => undefined, onFault: () => undefined }),
        'run',
        '--config',
        file,
      ),
  },
] as const;

const linesOf = (text: string): number => text.split('\n').length;

/** What somebody made of a good file; the place that is to be told, counted in lines from the end of the good text; what helps. */
const FILES: readonly {
  readonly what: string;
  readonly make: (good: string) => Uint8Array | string;
  readonly place: (good: string) => string;
  readonly says: string;
}[] = [
  { what: 'empty', make: () => '', place: () => ':1:1', says: 'do: write a value' },
  { what: 'only a remark', make: () => '# later\n', place: () => ':1:1', says: 'do: write a value' },
  {
    what: 'cut within the first key',
    make: (good) => good.slice(0, 4),
    place: () => ':1:1',
    says: 'allowed: a group of keys',
  },
  {
    what: 'cut within a later key',
    make: (good) => good.slice(0, good.indexOf('broker:') + 3),
    place: (good) => `:${linesOf(good.slice(0, good.indexOf('broker:')))}:1`,
    says: 'do: ',
  },
  {
    what: 'not UTF-8',
    make: (good) => Buffer.concat([encodeUtf8(`${good}# gr`), Uint8Array.of(0xfc, 0xdf, 0x65, 0x0a)]),
    place: (good) => `:${linesOf(good)}:5`,
    says: 'do: save it as UTF-8',
  },
  {
    what: 'UTF-16',
    make: (good) => Buffer.from(`\u{FEFF}${good}`, 'utf16le'),
    place: () => ':1:1',
    says: 'do: save it as UTF-8',
  },
  {
    what: 'with a byte-order mark',
    make: (good) => `\u{FEFF}${good}`,
    place: () => ':1:1',
    says: 'do: save it as UTF-8 without byte-order mark',
  },
  {
    what: 'with an unknown key',
    make: (good) => `${good}brokre: x\n`,
    place: (good) => `:${linesOf(good)}:1`,
    says: 'do: did you mean broker?',
  },
  {
    what: 'with a key twice',
    make: (good) => `${good}version: 1\n`,
    place: (good) => `:${linesOf(good)}:1`,
    says: 'do: keep one of the two',
  },
  {
    what: 'with a key that is no plain name',
    make: (good) => `${good}__proto__: {release: after-receipt}\n`,
    place: (good) => `:${linesOf(good)}:1`,
    says: 'do: take it out',
  },
  ...(
    [
      ['a list for a number', '[1]'],
      ['a number as text', '"1"'],
      ['a negative number', '-1'],
      ['a number beyond all numbers', '1e999'],
    ] as const
  ).map(([what, value]) => ({
    what: `with ${what}`,
    make: (good: string) => exchange(good, 'version: 1', `version: ${value}`),
    place: () => ':1:10',
    says: 'allowed: 1',
  })),
  {
    what: 'of 10 MB',
    make: (good) => good.padEnd(10 * 1024 * 1024, '#'),
    place: () => '',
    says: 'do: shorten it',
  },
  {
    what: 'nested 100,000 deep',
    make: (good) => `${good}x: ${'['.repeat(100_000)}`,
    place: (good) => `:${linesOf(good)}:20`,
    says: 'do: write it as the example file does',
  },
  {
    what: 'nested deep by its indentation',
    make: (good) => good + Array.from({ length: 600 }, (_, at) => `${' '.repeat(at)}x:\n`).join(''),
    place: (good) => `:${linesOf(good) + 65}:`,
    says: 'do: write it as the example file does',
  },
];

describe.each(PROGRAMS)('$name', (program) => {
  test.each(FILES)('does not start with a file that is $what', async ({ make, place, says }) => {
    await withFolder(async (folder) => {
      const file = await put(folder, 'file.yaml', make(program.good));
      const { exitCode, out, err } = await program.start(file);
      expect([exitCode, out]).toEqual([78, '']);
      const [first = ''] = err.split('\n');
      expect(first.slice(0, file.length)).toBe(file);
      expect(first.slice(file.length)).toMatch(new RegExp(`^${place(program.good)}`));
      expect(first).toContain(says);
      expect(err.length).toBeLessThan(20_000);
      expect(await readdir(folder)).toEqual(['file.yaml']);
    });
  });
});

describe.skipIf(lacksTools('openssl')).each(PROGRAMS)('$name', (program) => {
  let authority: TestAuthority;
  let good: TestCertificate;
  let other: TestCertificate;
  beforeAll(async () => {
    authority = await TestAuthority.open();
    [good, other] = await Promise.all([
      authority.issue({ commonName: program.id, kind: 'client' }),
      authority.issue({ commonName: program.id, kind: 'client' }),
    ]);
  });
  afterAll(() => authority.close());

  /** Calls with all files in place, one of them spoilt; the program shall not start, and nothing else shall become of the folder. */
  async function spoilt(
    spoil: (paths: {
      readonly folder: string;
      readonly signing: string;
      readonly tls: string;
    }) => Promise<unknown>,
    expected: { readonly file: string; readonly says: readonly string[] },
  ): Promise<void> {
    await withFolder(async (folder) => {
      const signing = join(folder, 'keys', program.key);
      const tls = join(folder, 'tls/key.pem');
      await Promise.all([mkdir(join(folder, 'keys')), mkdir(join(folder, 'tls'))]);
      await makeSigningKey(signing, join(folder, 'keys/made.pub'));
      await copyFile(authority.caFile, join(folder, 'tls/ca.pem'));
      await copyFile(good.certFile, join(folder, 'tls/cert.pem'));
      await copyFile(good.keyFile, tls);
      await chmod(tls, 0o600);
      const file = await put(folder, 'file.yaml', program.good);
      await spoil({ folder, signing, tls });
      const before = await contents(folder);
      const { exitCode, out, err } = await program.start(file);
      expect([exitCode, out]).toEqual([78, '']);
      const lines = err.trimEnd().split('\n');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`${join(folder, expected.file)}: `);
      for (const words of expected.says) expect(lines[0]).toContain(words);
      expect(await contents(folder)).toEqual(before);
    });
  }

  const SIGNING: readonly [string, (signing: string) => Promise<unknown>, readonly string[]][] = [
    ['missing', (signing) => rm(signing), ['put it there']],
    ['empty', (signing) => writeFile(signing, ''), ['put it back from a copy, or make a new one']],
    ['readable for others', (signing) => chmod(signing, 0o644), ['mode 0644', 'chmod 0600 ']],
    ['a folder', async (signing) => (await rm(signing), mkdir(signing)), ['not a regular file']],
    [
      'the public half',
      (signing) => overwrite(signing, join(signing, '../made.pub')),
      ['the secret key file is needed'],
    ],
    ['a key for TLS', (signing) => overwrite(signing, good.keyFile), ['`bodydock keys make`']],
    [
      'cut',
      async (signing) => writeFile(signing, (await readFile(signing, 'utf8')).slice(0, 150)),
      ['put it back from a copy'],
    ],
    [
      'locked by a passphrase',
      async (signing) => writeFile(signing, locked(await readFile(signing, 'utf8'))),
      ['has a passphrase', 'bodydock keys make'],
    ],
  ];
  test.each(SIGNING)('does not start with a signing key that is %s, and makes none', (_what, spoil, says) =>
    spoilt(({ signing }) => spoil(signing), { file: `keys/${program.key}`, says }),
  );

  const TLS: readonly [string, (tls: string) => Promise<unknown>, readonly string[]][] = [
    ['missing', (tls) => rm(tls), ['put it there']],
    ['empty', (tls) => writeFile(tls, ''), ['is empty']],
    ['readable for others', (tls) => chmod(tls, 0o644), ['chmod 0600 ']],
    ['not that of the certificate', (tls) => overwrite(tls, other.keyFile), ['name the key that']],
    ['a certificate', (tls) => overwrite(tls, good.certFile), ['without passphrase']],
    [
      'locked by a passphrase',
      (tls) =>
        writeFile(tls, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n'),
      ['without passphrase'],
    ],
  ];
  test.each(TLS)('does not start with a key for TLS that is %s', (_what, spoil, says) =>
    spoilt(({ tls }) => spoil(tls), { file: 'tls/key.pem', says }),
  );

  test('does not start with its spool or vault behind a link', () =>
    spoilt(({ folder }) => symlink('/tmp', join(folder, program.key === 'station.key' ? 'spool' : 'vault')), {
      file: program.key === 'station.key' ? 'spool' : 'vault',
      says: ['name the folder itself'],
    }));
});

/** Other bytes under the old name and mode. */
async function overwrite(path: string, from: string): Promise<void> {
  await writeFile(path, await readFile(from));
}

/** A minisign key file as it is with a passphrase: the name of the function that makes a key of it stands where there were zeros. */
function locked(text: string): string {
  const [comment = '', body = ''] = text.split('\n');
  const bytes = Buffer.from(body, 'base64');
  bytes.write('Sc', 2);
  return `${comment}\n${bytes.toString('base64')}\n`;
}

/** Every file below a folder, with its bytes. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (path) => [path, await readFile(path, 'base64')] as const)),
  );
}
