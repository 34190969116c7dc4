import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VerifyJson } from '../../../agent/cli/verify-json.ts';
import { verify } from '../../../agent/cli/verify.ts';
import { NO_KEYS } from '../../../agent/evidence/verify/trusted-keys.ts';
import { noTotals } from '../../../agent/evidence/verify/verify-place.ts';
import { VaultBuilder } from '../../fakes/vault-builder.ts';
import { change, flip } from '../evidence/verify/broken-vault.ts';
import { runCommand } from './io-memory.ts';

let good: VaultBuilder;
let bad: VaultBuilder;
beforeAll(async () => {
  good = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-cli-')));
  await good.record({ original: new Uint8Array(0), rejected: 'empty' });
  await good.record();
  await good.close();
  bad = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-cli-')));
  await bad.record({ original: bad.random.bytes(1_200_000) });
  await bad.close();
  await change(join(bad.recordings[0]?.folder ?? '', 'payload.age'), flip(600_000));
});
afterAll(async () => {
  for (const { root } of [good, bad]) await rm(root, { recursive: true, force: true });
});

describe('for people', () => {
  test('a good vault has a line for each recording, tells the keys, counts rejected ones, and ends with 0', async () => {
    const { exitCode, out, err } = await runCommand(verify, good.vault, '--identity', good.identityFile);
    const lines = out.trimEnd().split('\n');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain(`keys of ${good.keys}: station: station.pub `);
    for (const { id } of good.recordings)
      expect(lines.filter((line) => line.startsWith(`good  dock-1/${id}  cam-1, media, `))).toHaveLength(1);
    expect(out).toContain('rejected, and kept all the same: 1 empty');
    expect(out).toContain(
      '2 recordings with 0 accompanying files: of all files 2 good, 2 receipted, 2 opened',
    );
    expect(out).toContain('store: 0 orders, 0 disclosures\nkeys: 0 changes, 0 revocations\n');
    expect(lines.at(-1)).toBe('good: no finding, 0 notes');
  });

  test('a finding names the unit, the place in the file, both digests and what it means, and ends with 1', async () => {
    const { exitCode, out } = await runCommand(verify, bad.vault);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /^BAD {3}dock-1\/[a-z2-7]{26} {2}cam-1, media, 1200000 bytes, 2 units good, receipted$/m,
    );
    expect(out).toMatch(
      /FINDING payload\.unit-altered {2}dock-1\/[a-z2-7]{26}\/payload\.age: payload\.age: unit 1 \(bytes 524288 to 1048575\): expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}\n {6}The sealed recording was altered or damaged at this place/,
    );
    expect(out).toMatch(/^ {6}To do: Leave everything as it is and make a copy\./m);
    expect(out.trimEnd().split('\n').at(-1)).toBe('NOT GOOD: 1 findings, 0 notes');
  });

  test('the same in German, but for what was measured', async () => {
    const { exitCode, out, err } = await runCommand(verify, bad.vault, good.vault, '--lang', 'de');
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: '' });
    expect(out).toMatch(
      /^NICHT GUT {2}dock-1\/[a-z2-7]{26} {2}cam-1, Film oder Ton, 1200000 Bytes, 2 Einheiten gut, quittiert$/m,
    );
    expect(out).toMatch(
      /BEFUND payload\.unit-altered .*\n {6}Die versiegelte Aufzeichnung wurde an dieser Stelle verändert/,
    );
    expect(out).toMatch(/^ {6}Zu tun: Alles lassen, wie es ist, und eine Kopie machen\./m);
    expect(out).toMatch(/^NICHT GUT: Befunde: 1, Hinweise: 0$/m);
    expect(out).toContain(
      'alles zusammen:\n3 Aufzeichnungen mit 0 Begleitdateien; von allen Dateien gut 2, quittiert 3',
    );
    expect(out).not.toMatch(/\{\}| findings| good,/);
  });

  test('another language is refused', async () => {
    const { exitCode, out, err } = await runCommand(verify, good.vault, '--lang', 'fr');
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('--lang "fr": en or de');
  });

  test('several folders are all verified, one of them bad, and counted together', async () => {
    const { exitCode, out } = await runCommand(verify, bad.vault, good.vault);
    expect(exitCode).toBe(1);
    expect(out).toContain('all together:\n3 recordings with 0 accompanying files: of all files 2 good');
  });

  test('names from a disk cannot command a terminal', async () => {
    const path = join(good.vault, '\u001b[2Jx');
    await writeFile(path, '');
    try {
      const { exitCode, out } = await runCommand(verify, good.vault);
      expect(exitCode).toBe(1);
      expect(out).not.toContain('\u001b');
      expect(out).toContain('folder.unexpected-entry');
    } finally {
      await rm(path);
    }
  });

  test('help tells the options and exit codes', async () => {
    const { exitCode, out } = await runCommand(verify, '--help');
    expect(exitCode).toBe(0);
    for (const word of ['--keys', '--identity', '--json', 'Exit codes: 0 no finding', 'A finding is'])
      expect(out).toContain(word);
  });
});

describe('for programs', () => {
  test('one document says what was verified, with which keys, and what was found', async () => {
    const { exitCode, out, json } = await runCommand(verify, bad.vault, '--json');
    expect(exitCode).toBe(1);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(json).toMatchObject({
      good: false,
      totals: { recordings: 1, good: 0, findings: 1, units: 2 },
      folders: [
        {
          kind: 'vault',
          good: false,
          keys: { folder: bad.keys, station: [{ file: 'station.pub' }], store: [{ file: 'store.pub' }] },
          recordings: [{ camera: 'cam-1', station: 'dock-1', receipted: true, good: false, rejected: null }],
          recordings_left_off: 0,
          remarks: [
            {
              kind: 'finding',
              code: 'payload.unit-altered',
              facts: { unit: 1, units: 1, offset_bytes: 524_288, size_bytes: 524_288 },
            },
          ],
        },
      ],
    });
  });

  test('a good vault is good, with the reasons of rejected recordings', async () => {
    const { exitCode, json } = await runCommand(verify, good.vault, '--json');
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ good: true, totals: { rejected: { empty: 1 }, findings: 0 } });
  });

  test('a folder that cannot be verified stands beside those that were', async () => {
    const { exitCode, json } = await runCommand(verify, join(good.root, 'nowhere'), good.vault, '--json');
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      good: false,
      folders: [{ good: false, error: { code: 'verify.missing' } }, { good: true }],
    });
  });
});

describe('what cannot be verified', () => {
  test.each([
    ['no folder at all', () => [], 2, 'usage'],
    ['an unknown option', () => ['--fast', good.vault], 2, 'usage'],
    ['a folder that is not there', () => [join(good.root, 'nowhere')], 1, 'verify.missing'],
    ['a file', () => [join(good.vault, 'vault.json')], 1, 'verify.missing'],
    ['a folder with other things', () => [good.keys], 1, 'verify.not-recognised'],
    ['keys that are not there', () => [good.vault, '--keys', join(good.root, 'nowhere')], 78, 'key.missing'],
    ['a folder with a vault and keys in it', () => [good.root], 78, 'key.unnamed'],
    ['a folder of keys without a key', () => [good.vault, '--keys', good.vault], 78, 'key.missing'],
    [
      'an identity that is not there',
      () => [good.vault, '--identity', join(good.root, 'nowhere')],
      78,
      'key.missing',
    ],
    ['an identity that is none', () => [good.vault, '--identity', join(good.keys, 'store.pub')], 78, 'key.'],
  ])('%s ends with a code of its own and says why', async (_, args, exitCode, code) => {
    const ran = await runCommand(verify, ...args());
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err).toContain(`bodydock: ${code}`);
  });

  test('an identity that others can read is refused', async () => {
    await chmod(good.identityFile, 0o644);
    try {
      expect(await runCommand(verify, good.vault, '--identity', good.identityFile)).toMatchObject({
        exitCode: 78,
      });
    } finally {
      await chmod(good.identityFile, 0o600);
    }
  });

  test('a user who ends it gets no verdict', async () => {
    let out = '';
    const io = {
      out: (text: string) => void (out += text),
      err: () => undefined,
      signal: AbortSignal.abort(new Error('ended by SIGINT')),
    };
    await expect(verify([good.vault], io)).rejects.toThrow('ended by SIGINT');
    expect(out).not.toContain('no finding');
  });
});

test('JSON has the findings of a folder, however many notes there are before them', () => {
  const json = new VerifyJson();
  const add = (kind: 'finding' | 'note', code: 'drop.recording' | 'drop.held'): void =>
    json.remark({ kind, code, where: 'r-a/custody', message: '', facts: {} });
  for (let at = 0; at <= 10_000; at++) add('note', 'drop.recording');
  add('finding', 'drop.held');
  const place = { path: '/vault', kind: 'vault', keysFolder: '' } as const;
  const none = NO_KEYS;
  const said = JSON.stringify(json.document({ place, keys: none, totals: noTotals() }));
  expect(said.split('drop.recording').length - 1).toBe(10_000);
  expect(said).toContain('"drop.held"');
});
