import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { open } from '../../../agent/cli/open.ts';
import { OriginalFile } from '../../../agent/cli/original-file.ts';
import { restoreOriginal } from '../../../agent/evidence/verify/restore-original.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { parseDisclosure } from '../../../protocol/documents/order.ts';
import { revokeKey } from '../../fakes/vault-builder-keys.ts';
import { type BuiltRecording, VaultBuilder, type RecordingWish } from '../../fakes/vault-builder.ts';
import { BrokenVault, change, flip } from '../evidence/verify/broken-vault.ts';
import { runCommand, type CommandRun } from './io-memory.ts';
import { canBeOthers } from '../../fakes/other-user.ts';

let builder: VaultBuilder;
let out: string;
/** Who opens, and why. */
const identity = (): string[] => ['--identity', builder.identityFile, '--reason', 'court-12-cs-34'];
beforeAll(async () => {
  builder = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-open-')));
});
afterAll(() => rm(builder.root, { recursive: true, force: true }));
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'bodydock-out-'));
});
afterEach(() => rm(out, { recursive: true, force: true }));

const openThere = ({ folder }: Pick<BuiltRecording, 'folder'>, ...more: string[]): Promise<CommandRun> =>
  runCommand(open, folder, ...identity(), '--out', out, ...more);

describe('an original is restored', () => {
  test('with its bytes, its name and its time, for its owner alone', async () => {
    const recording = await builder.record({
      original: builder.random.bytes(700_000),
      path: 'DCIM/100MEDIA/Café 01.MP4',
      modifiedAt: '2026-11-24T17:20:31.500Z',
    });
    const ran = await openThere(recording);
    expect({ exitCode: ran.exitCode, err: ran.err }).toEqual({ exitCode: 0, err: '' });
    expect(await readdir(out)).toEqual(['Café 01.MP4']);
    const path = join(out, 'Café 01.MP4');
    expect(await readFile(path)).toEqual(Buffer.from(recording.original));
    const { mtime, mode } = await stat(path);
    expect(mtime.toISOString()).toBe('2026-11-24T17:20:31.500Z');
    expect(mode & 0o777).toBe(0o600);
    expect(ran.out).toContain(`${path}: 700000 bytes, SHA-256 ${recording.manifest.original.sha256}`);
  });

  test.each<[string, RecordingWish]>([
    ['an empty one', { original: new Uint8Array(0), path: 'E.MP4', rejected: 'empty' }],
    ['one of exactly an age chunk', { original: new Uint8Array(65_536), path: 'F.MP4' }],
    ['one without a time', { path: 'G.MP4', modifiedAt: null }],
  ])('%s too', async (_, wish) => {
    const recording = await builder.record(wish);
    expect((await openThere(recording)).exitCode).toBe(0);
    expect(await readFile(join(out, wish.path as string))).toEqual(Buffer.from(recording.original));
  });

  test('into a folder that is made for it', async () => {
    const recording = await builder.record({ path: 'H.MP4' });
    const ran = await runCommand(open, recording.folder, ...identity(), '--out', join(out, 'a', 'b'));
    expect(ran.exitCode).toBe(0);
    expect(await readdir(join(out, 'a', 'b'))).toEqual(['H.MP4']);
  });

  test('although its receipt does not hold, which is told', async () => {
    const recording = await builder.record({ path: 'R.MP4' });
    await builder.undock();
    await change(join(recording.folder, 'receipt.json.minisig'), flip(-10));
    const ran = await openThere(recording);
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toContain('FINDING receipt.signature-');
    expect(ran.out).not.toContain('all signatures');
    expect(await readdir(out)).toEqual(['R.MP4']);
    await rm(join(out, 'R.MP4'));
    expect((await openThere(recording, '--lang', 'de')).out).not.toContain('alle Signaturen');
  });
});

test('what is refused is told in German, too', async () => {
  const recording = await builder.record({ path: 'X.MP4' });
  await change(join(recording.folder, 'manifest.json'), flip(300));
  const ran = await openThere(recording, '--lang', 'de');
  expect(ran.exitCode).toBe(1);
  expect(ran.out).toMatch(/BEFUND manifest\.signature-wrong.*\n[^]*NICHT WIEDERHERGESTELLT/);
});

describe('a name from a camera', () => {
  test('that is no text is kept byte for byte', async () => {
    const name = Buffer.from([0x41, 0xff, 0xfe, 0x2e, 0x4d]);
    const recording = await builder.record({ path: Buffer.concat([Buffer.from('DCIM/'), name]) });
    const { exitCode, json } = await openThere(recording, '--json');
    expect(exitCode).toBe(0);
    expect(await readdir(out, { encoding: 'buffer' })).toEqual([name]);
    expect(json).toMatchObject({
      good: true,
      restored: { file: null, file_base64: name.toString('base64') },
    });
  });

  test.each([
    ['..', 'DCIM/..'],
    ['an escape', 'DCIM/\u001b]0;x\u0007.MP4'],
    ['a text that runs backwards', 'DCIM/gpj.\u202eexe'],
    ['300 bytes', `DCIM/${'x'.repeat(300)}`],
  ])('that could mislead (%s) gives way to the recording’s id, and is told as bytes', async (_, path) => {
    const recording = await builder.record({ path });
    const { exitCode, json, out: text } = await openThere(recording, '--json');
    expect(exitCode).toBe(0);
    expect(await readdir(out)).toEqual([recording.id]);
    const said = Buffer.from(path.slice(5)).toString('base64');
    expect(json).toMatchObject({ restored: { file: recording.id, name_on_camera_base64: said } });
    expect(text).not.toContain('\u001b');
  });

  test('never leads out of the folder', async () => {
    const recording = await builder.record({ path: '../../../../tmp/../outside.MP4' });
    expect((await openThere(recording)).exitCode).toBe(0);
    expect(await readdir(out)).toEqual(['outside.MP4']);
  });
});

describe('nothing is restored and nothing is left', () => {
  test.each<[string, (vault: BrokenVault) => Promise<void>, string]>([
    [
      'a payload was altered',
      (vault) => change(vault.file(0, 'payload.age'), flip(1000)),
      'payload.unit-altered',
    ],
    [
      'a payload was cut',
      (vault) => change(vault.file(0, 'payload.age'), (bytes) => bytes.subarray(0, -1)),
      'payload.size',
    ],
    ['a manifest was altered', (vault) => change(vault.file(0, 'manifest.json'), flip(500)), 'manifest.'],
    ['a manifest is missing', (vault) => rm(vault.file(0, 'manifest.json')), 'manifest.missing'],
    [
      'a signature is missing',
      (vault) => rm(vault.file(0, 'manifest.json.minisig')),
      'manifest.signature-missing',
    ],
    ['the digest list was altered', (vault) => change(vault.file(0, 'chunks.bin'), flip(0)), 'chunks.digest'],
  ])('where %s', async (_, act, code) => {
    const vault = await BrokenVault.copy(builder);
    try {
      await act(vault);
      const ran = await runCommand(open, vault.folder(0), ...identity(), '--out', out, '--json');
      expect(ran.exitCode).toBe(1);
      expect(ran.json).toMatchObject({ good: false, restored: null });
      expect(ran.out).toContain(`"code":"${code}`);
      expect(await readdir(out)).toEqual([]);
    } finally {
      await vault.remove();
    }
  });

  test('where the opened original is not what the manifest says', async () => {
    const recording = await builder.record({
      change: (manifest) => ({ ...manifest, original: { ...manifest.original, sha256: '5'.repeat(64) } }),
    });
    const ran = await openThere(recording);
    expect(ran).toMatchObject({ exitCode: 1 });
    expect(ran.err).toContain('open.differs');
    expect(await readdir(out)).toEqual([]);
  });

  test('where the name is taken: the file there stays as it is', async () => {
    const recording = await builder.record({ path: 'T.MP4' });
    await writeFile(join(out, 'T.MP4'), 'older');
    const ran = await openThere(recording);
    expect(ran.exitCode).toBe(1);
    expect(ran.err).toContain('open.exists');
    expect(await readFile(join(out, 'T.MP4'), 'utf8')).toBe('older');
    expect(await readdir(out)).toEqual(['T.MP4']);
  });

  test('and leaves no word in the vault that something was handed out, where the name is taken', async () => {
    const { vault } = builder;
    const recording = await builder.record({ path: 'V.MP4' });
    await writeFile(join(out, 'V.MP4'), 'older');
    const before = await readdir(vault, { recursive: true });
    const ran = await openThere(recording);
    expect([ran.exitCode, ran.out]).toEqual([1, '']);
    expect((await readdir(vault, { recursive: true })).toSorted()).toEqual(before.toSorted());
  });

  test('where the name is taken while it is being restored', async () => {
    const recording = await builder.record({ path: 'U.MP4' });
    const target = await OriginalFile.create(out, Buffer.from('U.MP4'), Buffer.from('id'));
    await writeFile(join(out, 'U.MP4'), 'faster');
    const question = {
      files: nodeFiles(),
      identities: [builder.store.identity],
      signal: new AbortController().signal,
      ...recording,
    };
    await expect(restoreOriginal(question, target)).rejects.toMatchObject({ code: 'open.exists' });
    expect(await readFile(join(out, 'U.MP4'), 'utf8')).toBe('faster');
    expect(await readdir(out)).toEqual(['U.MP4']);
  });

  test('where a stick without hard links refuses the name in the end', async () => {
    const target = await OriginalFile.create(out, Buffer.from('Y.MP4'), Buffer.from('id'));
    await target.write(Buffer.from('film'));
    const refuse = (code: string) => async (): Promise<never> => {
      throw Object.assign(new Error(code), { code });
    };
    const { link, rename } = fsPromises;
    Object.assign(fsPromises, { link: refuse('EPERM'), rename: refuse('EIO') });
    syncBuiltinESMExports();
    try {
      await expect(target.finish(null)).rejects.toMatchObject({ code: 'open.unwritable' });
    } finally {
      Object.assign(fsPromises, { link, rename });
      syncBuiltinESMExports();
    }
    await target.abandon();
    expect(await readdir(out)).toEqual([]);
  });

  test('where the payload is gone when it is to be opened', async () => {
    const recording = await builder.record({ path: 'X.MP4' });
    const target = await OriginalFile.create(out, Buffer.from('X.MP4'), Buffer.from('id'));
    await rm(join(recording.folder, 'payload.age'));
    const question = {
      files: nodeFiles(),
      identities: [builder.store.identity],
      signal: new AbortController().signal,
      ...recording,
    };
    await expect(restoreOriginal(question, target)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(out)).toEqual([]);
  });

  test('where the user ends it', async () => {
    const recording = await builder.record({ path: 'V.MP4' });
    const ending = new AbortController();
    const target = await OriginalFile.create(out, Buffer.from('V.MP4'), Buffer.from('id'));
    const question = {
      files: nodeFiles(),
      identities: [builder.store.identity],
      signal: ending.signal,
      ...recording,
    };
    ending.abort(new Error('ended by SIGINT'));
    await expect(restoreOriginal(question, target)).rejects.toThrow('ended by SIGINT');
    expect(await readdir(out)).toEqual([]);
  });

  test('where the folder cannot be made', async () => {
    const recording = await builder.record({ path: 'W.MP4' });
    await writeFile(join(out, 'file'), '');
    const ran = await runCommand(open, recording.folder, ...identity(), '--out', join(out, 'file', 'below'));
    expect(ran).toMatchObject({ exitCode: 1 });
    expect(ran.err).toContain('open.unwritable');
  });

  test.each([
    ['no folder', () => identity(), 2],
    ['two folders', () => ['a', 'b', ...identity()], 2],
    ['no identity', () => [builder.recordings[0]?.folder ?? ''], 2],
    ['a whole vault', () => [builder.vault, ...identity()], 2],
    ['a folder that is not there', () => [join(builder.root, 'nowhere'), ...identity()], 1],
    [
      'an identity of somebody else',
      () => [
        builder.recordings[0]?.folder ?? '',
        '--identity',
        join(builder.root, 'other'),
        '--reason',
        'court-12-cs-34',
      ],
      1,
    ],
    [
      'keys that are not there',
      () => [builder.recordings[0]?.folder ?? '', ...identity(), '--keys', builder.vault],
      78,
    ],
  ])('where %s is given', async (_, args, exitCode) => {
    const other = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-other-')), { seed: 7 });
    await writeFile(join(builder.root, 'other'), await readFile(other.identityFile));
    await chmod(join(builder.root, 'other'), 0o600);
    await rm(other.root, { recursive: true });
    await mkdir(out, { recursive: true });
    const ran = await runCommand(open, ...args(), '--out', out);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err).toMatch(/^bodydock: /);
    expect(await readdir(out)).toEqual([]);
  });
});

describe('a disclosure', () => {
  const left = (): Promise<string[]> => readdir(join(builder.vault, '.disclosures'));

  test('lies in the vault, durable, before the first byte of the original is there', async () => {
    const recording = await builder.record({ path: 'D1.MP4' });
    await rm(join(builder.vault, '.disclosures'), { recursive: true, force: true });
    const ran = await openThere(recording, '--json');
    const [file = '', ...others] = await left();
    expect(others).toEqual([]);
    const disclosure = parseDisclosure(await readFile(join(builder.vault, '.disclosures', file)));
    expect(disclosure).toMatchObject({
      station: recording.manifest.station,
      recording: recording.id,
      manifest_sha256: sha256Hex(recording.manifestBytes),
      command: 'open',
      reason: 'court-12-cs-34',
    });
    expect(file).toBe(`${disclosure.disclosure}.json`);
    expect(Math.abs(Date.now() - Date.parse(disclosure.asked_at))).toBeLessThan(60_000);
    expect(ran.json).toMatchObject({ good: true, restored: { disclosure: disclosure.disclosure } });
  });

  test.runIf(canBeOthers)('belongs to the receiver, whoever root is', async () => {
    const recording = await builder.record({ path: 'ROOT.MP4' });
    await rm(join(builder.vault, '.disclosures'), { recursive: true, force: true });
    await chmod(join(builder.vault, '..'), 0o711);
    await chown(builder.vault, 65_534, 65_534);
    try {
      expect((await openThere(recording)).exitCode).toBe(0);
    } finally {
      await chown(builder.vault, 0, 0);
    }
    const folder = join(builder.vault, '.disclosures');
    const [file = ''] = await left();
    const owners = await Promise.all([folder, join(folder, file)].map((path) => stat(path)));
    expect(owners.map(({ uid, gid }) => [uid, gid])).toEqual([
      [65_534, 65_534],
      [65_534, 65_534],
    ]);
  });

  test('is told in words, in English and German', async () => {
    const recording = await builder.record({ path: 'D2.MP4' });
    const ran = await openThere(recording);
    expect(ran.out).toMatch(
      /^disclosure [a-z2-7]{26} with reason court-12-cs-34 lies in the vault; the store enters it/,
    );
    await rm(join(out, 'D2.MP4'));
    expect((await openThere(recording, '--lang', 'de')).out).toMatch(
      /^Vermerkt \(Nr\. [a-z2-7]{26}, Grund court-12-cs-34\): [^]*\n.*D2\.MP4: \d+ Bytes, .*\nAufzeichnung .* versiegelt von Station/,
    );
  });

  test.each([
    ['no reason', [], 'disclosure.no-reason'],
    ['a reason in words', ['--reason', 'wegen Frau M.'], 'disclosure.reason'],
    ['an empty reason', ['--reason', ''], 'disclosure.reason'],
  ])(
    'that would have %s keeps the recording in the vault, with a text that says what to type',
    async (_, reason, code) => {
      const recording = await builder.record({ path: 'D3.MP4' });
      const before = (await left()).length;
      const ran = await runCommand(
        open,
        recording.folder,
        '--identity',
        builder.identityFile,
        '--out',
        out,
        ...reason,
      );
      expect({ exitCode: ran.exitCode, out: ran.out }).toEqual({ exitCode: 2, out: '' });
      expect(ran.err).toContain(code);
      expect(ran.err).toContain('1 to 64 of a-z, 0-9 and "-"');
      expect(await left()).toHaveLength(before);
      expect(await readdir(out)).toEqual([]);
    },
  );

  test('that cannot be written keeps the recording in the vault', async () => {
    const vault = await BrokenVault.copy(builder);
    try {
      await rm(join(vault.vault, '.disclosures'), { recursive: true, force: true });
      await writeFile(join(vault.vault, '.disclosures'), 'a file where the folder belongs');
      const ran = await runCommand(open, vault.folder(0), ...identity(), '--out', out);
      expect(ran).toMatchObject({ exitCode: 1, out: '' });
      expect(ran.err).toContain('disclosure.unwritable');
      expect(await readdir(out)).toEqual([]);
    } finally {
      await vault.remove();
    }
  });

  test('is not left for a recording that is refused', async () => {
    const vault = await BrokenVault.copy(builder);
    try {
      await rm(join(vault.vault, '.disclosures'), { recursive: true, force: true });
      await change(vault.file(0, 'payload.age'), flip(1000));
      expect((await runCommand(open, vault.folder(0), ...identity(), '--out', out)).exitCode).toBe(1);
      expect(await readdir(vault.vault)).not.toContain('.disclosures');
    } finally {
      await vault.remove();
    }
  });

  test('is not asked for outside of a vault, which is said', async () => {
    const recording = await builder.record({ path: 'D4.MP4' });
    const elsewhere = join(builder.root, 'expert', recording.id);
    await cp(recording.folder, elsewhere, { recursive: true });
    const ran = await runCommand(
      open,
      elsewhere,
      '--identity',
      builder.identityFile,
      '--keys',
      builder.keys,
      '--out',
      out,
    );
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toContain('no disclosure is needed: the recording lies in no vault\n');
    expect(await readdir(out)).toEqual(['D4.MP4']);
    await rm(join(builder.root, 'expert'), { recursive: true });
  });
});

describe('keys count as in a verification of the whole vault:', () => {
  async function inVault(use: (own: VaultBuilder) => Promise<void>): Promise<void> {
    const root = await mkdtemp(join(tmpdir(), 'bodydock-open-keys-'));
    try {
      await use(await VaultBuilder.create(root));
    } finally {
      await rm(root, { recursive: true });
    }
  }
  const opened = (own: VaultBuilder, { folder }: BuiltRecording): Promise<CommandRun> =>
    runCommand(open, folder, '--identity', own.identityFile, '--reason', 'az-1', '--out', out);

  test('a key that a change introduces does', async () => {
    await inVault(async (own) => {
      await own.record();
      await own.changeKey({ publish: false });
      const fresh = await own.record({ path: 'G.MP4' });
      await own.close();
      expect(await opened(own, fresh)).toMatchObject({ exitCode: 0, err: '' });
      expect(await readdir(out)).toEqual(['G.MP4']);
    });
  });

  test('one that was revoked as stolen does only for what the store had confirmed before', async () => {
    await inVault(async (own) => {
      const before = await own.record({ path: 'A.MP4' });
      await own.undock();
      await revokeKey(own.receiver, own.station, own.stationKey, { reason: 'stolen' });
      const behind = await own.record({ path: 'B.MP4', receipted: false });
      await own.close();
      const refused = await opened(own, behind);
      expect([refused.exitCode, refused.out]).toEqual([1, expect.stringContaining('manifest.revoked-key')]);
      expect([await readdir(out), await waiting(own)]).toEqual([[], []]);
      expect(await opened(own, before)).toMatchObject({ exitCode: 0 });
      expect(await readdir(out)).toEqual(['A.MP4']);
    });
  });

  async function waiting({ vault }: VaultBuilder): Promise<string[]> {
    return readdir(join(vault, '.disclosures')).catch(() => []);
  }
});

test('help tells the options and exit codes', async () => {
  const { exitCode, out: text } = await runCommand(open, '--help');
  expect(exitCode).toBe(0);
  for (const word of ['--identity', '--reason', '--out', '--keys', '--json', 'Exit codes'])
    expect(text).toContain(word);
});
