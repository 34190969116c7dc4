import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { keepKeyChange, loadKeyHistory } from '../../../../config/enrolment/key-changes.ts';
import {
  commitNextKey,
  finishRotation,
  prepareNextKey,
  rotationFiles,
  type RotationFiles,
  type RotationWish,
} from '../../../../config/enrolment/key-rotation.ts';
import { makeSigningKey, readPublicKeyFile, readSigningKey } from '../../../../config/enrolment/keys.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { parseStationId } from '../../../../protocol/format/ids.ts';
import { KEY_CHANGE_TRUSTED_COMMENT, type KeyChange } from '../../../../protocol/documents/key-documents.ts';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  verifyDocument,
  type PublicKey,
} from '../../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';
import { withFolder } from '../files.ts';

const HOLDER = parseStationId('kod-1');

interface Place {
  readonly files: RotationFiles;
  readonly folders: readonly [string, string];
  readonly first: PublicKey;
}

/** A holder with its first key. */
async function withKey<T>(use: (place: Place) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const keys = join(folder, 'keys');
    const own = join(folder, 'spool-keys');
    for (const path of [keys, own]) await mkdir(path);
    const first = await makeSigningKey(join(keys, 'station.key'), join(keys, 'station.pub'));
    return use({ files: rotationFiles(join(keys, 'station.key')), folders: [own, keys], first });
  });
}

function wish({ files, folders }: Place, change: Partial<RotationWish> = {}): RotationWish {
  return {
    files,
    holder: HOLDER,
    lostKey: undefined,
    changedAt: '2026-11-25T08:00:00.000Z',
    folders,
    beforeSwitch: () => Promise.resolve(),
    ...change,
  };
}

async function signs({ files }: Place): Promise<string> {
  return publicKeyLine(publicKeyOf(await readSigningKey(files.signingFile)));
}

describe('a planned change of a key', () => {
  test('makes the next key beside the old one, shows it again when asked again, and changes nothing else', async () => {
    await withKey(async (place) => {
      const made = await prepareNextKey(place.files);
      expect(made.fresh).toBe(true);
      const again = await prepareNextKey(place.files);
      expect([publicKeyLine(again.key), again.fresh]).toEqual([publicKeyLine(made.key), false]);
      expect(await signs(place)).toBe(publicKeyLine(place.first));
      expect(((await stat(place.files.nextFile)).mode & 0o777).toString(8)).toBe('600');
      expect((await readdir(place.folders[1])).toSorted()).toEqual([
        'station.key',
        'station.next.key',
        'station.next.pub',
        'station.pub',
      ]);
    });
  });

  test('puts the next key in its place: both signed the change, and nothing that signs is left of the old one', async () => {
    await withKey(async (place) => {
      const { key } = await prepareNextKey(place.files);
      const rotated = await commitNextKey(wish(place));
      expect(await signs(place)).toBe(publicKeyLine(key));
      const name = `${rotated.sha256.slice(0, 16)}.change.json`;
      for (const folder of place.folders) {
        const bytes = await readFile(join(folder, name));
        for (const [suffix, signer] of [
          ['.minisig', place.first],
          ['.new.minisig', key],
        ] as const) {
          const signature = await readFile(join(folder, name + suffix), 'utf8');
          verifyDocument(bytes, signature, KEY_CHANGE_TRUSTED_COMMENT, [signer]);
        }
      }
      const [earlier = ''] = (await readdir(place.folders[1])).filter((each) =>
        /^station\.[0-9a-f]{16}\.pub$/.test(each),
      );
      expect(publicKeyLine(await readPublicKeyFile(join(place.folders[1], earlier)))).toBe(
        publicKeyLine(place.first),
      );
      expect(publicKeyLine(await readPublicKeyFile(place.files.publicFile))).toBe(publicKeyLine(key));
      const texts: string[] = [];
      for (const each of await readdir(place.folders[1]))
        if (each.endsWith('.key')) texts.push(await readFile(join(place.folders[1], each), 'utf8'));
      expect(texts).toHaveLength(1);
    });
  });

  test('without a prepared key does nothing', async () => {
    await withKey(async (place) => {
      await expect(commitNextKey(wish(place))).rejects.toMatchObject({ code: 'key.not-prepared' });
      expect(await signs(place)).toBe(publicKeyLine(place.first));
      expect(await readdir(place.folders[0])).toEqual([]);
    });
  });

  test('that was cut off before any of its steps is finished by doing it again, with a usable key at each moment', async () => {
    for (const stop of ['document', 'old-signature', 'new-signature', 'before-switch', 'public'] as const)
      await withKey(async (place) => {
        const { key } = await prepareNextKey(place.files);
        await expect(interrupted(place, stop)).rejects.toThrow();
        const usable = await signs(place);
        expect([publicKeyLine(place.first), publicKeyLine(key)]).toContain(usable);
        if (usable === publicKeyLine(key)) await finishRotation(place.files);
        else await commitNextKey(wish(place, { changedAt: '2026-11-26T08:00:00.000Z' }));
        expect(await signs(place)).toBe(publicKeyLine(key));
        expect(publicKeyLine(await readPublicKeyFile(place.files.publicFile))).toBe(publicKeyLine(key));
        const changes = (await readdir(place.folders[0])).filter((name) => name.endsWith('.change.json'));
        expect(changes, stop).toHaveLength(1);
        const history = await loadKeyHistory(place.folders[0], HOLDER, key);
        expect(history.earlier.map(publicKeyLine)).toEqual([publicKeyLine(place.first)]);
      });
  });

  /** Leaves what the second step leaves where it is cut off in front of one of its own steps. */
  async function interrupted(place: Place, stop: string): Promise<void> {
    const [own] = place.folders;
    if (stop === 'before-switch')
      return void (await commitNextKey(
        wish(place, { beforeSwitch: () => Promise.reject(new Error('cut')) }),
      ));
    if (stop === 'public') {
      await rm(place.files.publicFile);
      await mkdir(place.files.publicFile);
      try {
        await commitNextKey(wish(place));
      } finally {
        await rm(place.files.publicFile, { recursive: true });
      }
      return;
    }
    const next = await readSigningKey(place.files.nextFile);
    const old = await readSigningKey(place.files.signingFile);
    const change: KeyChange = {
      type: 'key-change',
      version: 1,
      holder: HOLDER,
      old_key: publicKeyLine(publicKeyOf(old)),
      new_key: publicKeyLine(publicKeyOf(next)),
      reason: 'planned',
      changed_at: '2026-11-25T08:00:00.000Z',
    };
    await keepKeyChange(own, change, { old, fresh: next });
    const names = (await readdir(own)).toSorted();
    const kept = { document: 0, 'old-signature': 1, 'new-signature': 2 }[stop] ?? 0;
    for (const name of names.slice(kept)) await rm(join(own, name));
    throw new Error('cut');
  }

  test('three times over leaves a chain of all keys, the last one first', async () => {
    await withKey(async (place) => {
      const lines = [publicKeyLine(place.first)];
      for (let turn = 0; turn < 3; turn++) {
        lines.unshift(publicKeyLine((await prepareNextKey(place.files)).key));
        await commitNextKey(wish(place, { changedAt: `2026-11-2${turn}T08:00:00.000Z` }));
      }
      const current = await readPublicKeyFile(place.files.publicFile);
      const { earlier, change } = await loadKeyHistory(place.folders[0], HOLDER, current);
      expect([publicKeyLine(current), ...earlier.map(publicKeyLine)]).toEqual(lines);
      expect(change?.change.old_key).toBe(lines[1]);
    });
  });

  test('leaves a key that others can read, or that is none, as it is, and says so', async () => {
    await withKey(async (place) => {
      await prepareNextKey(place.files);
      await chmod(place.files.nextFile, 0o644);
      await expect(commitNextKey(wish(place))).rejects.toMatchObject({ code: 'key.mode' });
      await chmod(place.files.nextFile, 0o600);
      await writeFile(place.files.nextFile, 'torn');
      await expect(commitNextKey(wish(place))).rejects.toMatchObject({ code: 'key.malformed' });
      await expect(prepareNextKey(place.files)).rejects.toMatchObject({ code: 'key.malformed' });
      expect(await signs(place)).toBe(publicKeyLine(place.first));
    });
  });
});

describe('a lost key', () => {
  test('is followed by a change that only the new key signed, and is known from it', async () => {
    await withKey(async (place) => {
      await rename(place.files.signingFile, `${place.files.signingFile}.gone`);
      const { key } = await prepareNextKey(place.files);
      const { change } = await commitNextKey(wish(place, { lostKey: place.first }));
      expect(change.reason).toBe('lost');
      expect((await readdir(place.folders[0])).map((name) => name.slice(16)).toSorted()).toEqual([
        '.change.json',
        '.change.json.new.minisig',
      ]);
      const history = await loadKeyHistory(place.folders[0], HOLDER, key);
      expect(history.earlier.map(publicKeyLine)).toEqual([publicKeyLine(place.first)]);
    });
  });

  test('that is there after all is not replaced', async () => {
    await withKey(async (place) => {
      await prepareNextKey(place.files);
      const lost = commitNextKey(wish(place, { lostKey: place.first }));
      await expect(lost).rejects.toMatchObject({ code: 'key.not-lost' });
      expect(await signs(place)).toBe(publicKeyLine(place.first));
    });
  });
});

describe('key changes that do not hold', () => {
  const [a, b, c] = [1, 2, 3].map((seed) => makeSecretKey(new SeededRandom(seed)));
  if (a === undefined || b === undefined || c === undefined) throw new Error('no keys');
  const document = (old: typeof a, fresh: typeof a, holder = HOLDER): KeyChange => ({
    type: 'key-change',
    version: 1,
    holder,
    old_key: publicKeyLine(publicKeyOf(old)),
    new_key: publicKeyLine(publicKeyOf(fresh)),
    reason: 'planned',
    changed_at: '2026-11-25T08:00:00.000Z',
  });

  test('count for nothing: of another holder, signed by another key, unsigned, damaged; the rest still counts', async () => {
    await withFolder(async (folder) => {
      await keepKeyChange(folder, document(a, b), { old: a, fresh: b });
      const before = new Set(await readdir(folder));
      await keepKeyChange(folder, document(c, b, parseStationId('kod-9')), { old: c, fresh: b });
      await keepKeyChange(folder, document(c, b), { old: c, fresh: a });
      await writeFile(join(folder, `${'0'.repeat(16)}.change.json`), '{"torn');
      await writeFile(join(folder, 'readme.txt'), 'x');
      const refused: string[] = [];
      const history = await loadKeyHistory(folder, HOLDER, publicKeyOf(b), (file, error) => {
        expect(isDockError(error)).toBe(true);
        refused.push(file);
      });
      expect(history.earlier.map(publicKeyLine)).toEqual([publicKeyLine(publicKeyOf(a))]);
      expect(refused).toHaveLength(3);
      expect(refused.some((name) => before.has(name))).toBe(false);
    });
  });

  test('in a circle end', async () => {
    await withFolder(async (folder) => {
      await keepKeyChange(folder, document(a, b), { old: a, fresh: b });
      await keepKeyChange(folder, document(b, a), { old: b, fresh: a });
      const { earlier } = await loadKeyHistory(folder, HOLDER, publicKeyOf(b));
      expect(earlier.map(publicKeyLine)).toEqual([publicKeyLine(publicKeyOf(a))]);
    });
  });

  test('in a folder that is not there are none', async () => {
    expect(await loadKeyHistory('/nowhere/keys', HOLDER, publicKeyOf(b))).toEqual({
      earlier: [],
      later: [],
      change: undefined,
    });
  });
});

test.skipIf(lacksTools('minisign'))('minisign verifies both signatures of a change', async () => {
  requireTool('minisign');
  await withKey(async (place) => {
    const { key } = await prepareNextKey(place.files);
    const { sha256 } = await commitNextKey(wish(place));
    const file = join(place.folders[0], `${sha256.slice(0, 16)}.change.json`);
    for (const [suffix, signer] of [
      ['.minisig', place.first],
      ['.new.minisig', key],
    ] as const) {
      const args = ['-Vm', file, '-x', file + suffix, '-P', publicKeyLine(signer)];
      const { stdout } = await promisify(execFile)('minisign', args);
      expect(stdout).toContain('Trusted comment: bodydock key-change');
    }
  });
});
