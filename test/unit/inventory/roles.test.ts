import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignRoles, type EntryRole } from '../../../agent/inventory/roles.ts';
import type { InventoryEntry } from '../../../drivers/driver.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { SIDECARS_MAX } from '../../../protocol/documents/manifest.ts';
import { timesAsLong } from '../../fakes/growth.ts';

function entry(
  path: string | Uint8Array,
  sizeBytes = 10,
  kind: InventoryEntry['kind'] = 'file',
): InventoryEntry {
  const bytes = typeof path === 'string' ? encodeUtf8(path) : path;
  return {
    path: bytes,
    kind,
    sizeBytes,
    modifiedAt: null,
    modifiedStepMs: 2000,
    stamp: '1',
    locked: false,
    vendor: {},
  };
}

function assigned(entries: readonly InventoryEntry[]): Promise<EntryRole[]> {
  const listed = entries.map((each) => ({ listed: each, pathSha256: sha256Hex(each.path) }));
  return assignRoles(listed, async () => undefined);
}

function rolesOf(...paths: (string | Uint8Array)[]): Promise<EntryRole[]> {
  return assigned(paths.map((path) => entry(path)));
}

const digest = (path: string): string => sha256Hex(encodeUtf8(path));

describe('roles', () => {
  test('what recorders write is a recording, bare streams and the containers of single makers too', async () => {
    const roles = await rolesOf('A.mp4', 'B.DAV', 'C.264', 'D.h265', 'E.WebM', 'F.vob', 'G.opus');
    expect(roles.map(({ role, rejected }) => `${role} ${rejected}`)).toEqual(
      Array.from({ length: 7 }, () => 'media null'),
    );
  });

  test('a file with folder and stem of a recording is its sidecar, and both name each other', async () => {
    const roles = await rolesOf('DCIM/A.GPS', 'DCIM/A.LOG', 'DCIM/A.MP4', 'OTHER/A.GPS');
    expect(roles.map((role) => role.role)).toEqual(['sidecar', 'sidecar', 'media', 'other']);
    expect(roles[0]?.sidecarOf).toBe(digest('DCIM/A.MP4'));
    expect(roles[2]?.sidecars).toEqual([digest('DCIM/A.GPS'), digest('DCIM/A.LOG')].sort());
    expect(roles[3]).toEqual({ role: 'other', rejected: null, sidecarOf: null, sidecars: [] });
  });

  test('a sidecar of a kind that nobody knows is a sidecar and not odd', async () => {
    expect((await rolesOf('A.MP4', 'A.XYZ'))[1]).toMatchObject({ role: 'sidecar', rejected: null });
  });

  test('the small copy of a film is its sidecar, and a recording where no film is beside it', async () => {
    const roles = await rolesOf('A.LRV', 'A.MP4', 'B.LRF', 'B.GPS', 'GL01.LRV', 'GX01.MP4');
    expect(roles.map(({ role, rejected }) => `${role} ${rejected}`)).toEqual([
      'sidecar null',
      'media null',
      'media null',
      'sidecar null',
      'media null',
      'media null',
    ]);
    expect(roles[3]?.sidecarOf).toBe(digest('B.LRF'));
  });

  test('a recording is no sidecar of another one with its stem, and their sidecar belongs to one of them', async () => {
    const roles = await rolesOf('A.AVI', 'A.GPS', 'A.JPG', 'A.MP4');
    expect(roles.map((role) => role.role)).toEqual(['media', 'sidecar', 'media', 'media']);
    expect(roles[1]?.sidecarOf).toBe(digest('A.MP4'));
    expect(roles.map((role) => role.sidecars.length)).toEqual([0, 0, 0, 1]);
  });

  test('stems match whatever their case, the same case before another', async () => {
    const roles = await rolesOf('a.mp4', 'A.MP4', 'A.GPS', 'b.MOV', 'B.gps');
    expect(roles[2]?.sidecarOf).toBe(digest('A.MP4'));
    expect(roles[4]?.sidecarOf).toBe(digest('b.MOV'));
  });

  test('a recording takes no more sidecars than a manifest lists, and the rest is kept as other', async () => {
    const paths = Array.from({ length: SIDECARS_MAX + 3 }, (_, number) => `A.${number}`);
    const roles = await rolesOf('A.MP4', ...paths);
    expect(roles[0]?.sidecars).toHaveLength(SIDECARS_MAX);
    for (const role of roles.slice(-3))
      expect(role).toEqual({ role: 'other', rejected: 'unknown-kind', sidecarOf: null, sidecars: [] });
  });

  test('what is no file is other and not odd, and no recording for sidecars', async () => {
    const roles = await assigned([entry('A.MP4', 0, 'not-a-file'), entry('A.GPS')]);
    expect(roles.map((role) => [role.role, role.rejected])).toEqual([
      ['other', null],
      ['other', null],
    ]);
  });

  test('an empty file says so, whatever its role', async () => {
    const roles = await assigned([entry('A.MP4', 0), entry('A.GPS', 0), entry('README', 0)]);
    expect(roles.map((role) => [role.role, role.rejected])).toEqual([
      ['media', 'empty'],
      ['sidecar', 'empty'],
      ['other', 'empty'],
    ]);
  });

  test('a file without a known kind and without a recording is of unknown kind', async () => {
    const roles = await rolesOf('README', '.hidden', 'A.EXE', 'DCIM.MP4/x', 'A.LOG');
    expect(roles.map((role) => role.rejected)).toEqual([...Array(4).fill('unknown-kind'), null]);
  });

  test.each([
    ['parent parts', '../../etc/x.mp4'],
    ['an absolute path', '/x.mp4'],
    ['an own-folder part', 'a/./x.mp4'],
    ['an empty part', 'a//x.mp4'],
    ['no name', 'a/'],
    ['nothing at all', ''],
    ['a NUL', 'a\0.mp4'],
    ['a newline', 'a\nb.mp4'],
    ['an escape', '\u001b[2J.mp4'],
    ['a C1 control', 'a\u0085.mp4'],
    ['bytes that are no UTF-8', Uint8Array.of(0x61, 0xff, 0x2e, 0x6d, 0x70, 0x34)],
    ['a surrogate in UTF-8', Uint8Array.of(0xed, 0xa0, 0x80, 0x2e, 0x6d, 0x70, 0x34)],
  ])('a name with %s is odd', async (_, path) => {
    expect((await rolesOf(path))[0]?.rejected).toBe('odd-name');
  });

  test.each(['Ümläut.MP4', 'a b.mp4', '..a/b...mp4', '\u202eabc.mp4', '\u{1f4f9}.mp4', 'C:\\x.mp4'])(
    'the name %j is strange and fine',
    async (path) => expect((await rolesOf(path))[0]).toMatchObject({ role: 'media', rejected: null }),
  );

  test('names of any bytes get one role each, and what names another is named by it', async () => {
    const part = fc.constantFrom('a', 'A', 'b', '.', '..', '', 'ä');
    const extension = fc.constantFrom('mp4', 'MP4', 'mov', 'gps', 'GPS', 'zzz', '');
    const path = fc
      .tuple(part, part, extension)
      .map(([folder, stem, extension]) => encodeUtf8(`${folder}/${stem}.${extension}`));
    const any = fc.oneof(
      { weight: 5, arbitrary: path },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(any, { selector: (bytes) => sha256Hex(bytes) }), async (paths) => {
        const roles = await rolesOf(...paths);
        const byDigest = new Map(paths.map((bytes, index) => [sha256Hex(bytes), roles[index]]));
        expect(roles).toHaveLength(paths.length);
        for (const [path, role] of byDigest) {
          for (const sidecar of role?.sidecars ?? []) expect(byDigest.get(sidecar)?.sidecarOf).toBe(path);
          if (role?.sidecarOf == null) continue;
          expect(byDigest.get(role.sidecarOf)).toMatchObject({ role: 'media' });
          expect(byDigest.get(role.sidecarOf)?.sidecars).toContain(path);
        }
      }),
    );
  });

  test.each([
    ['as many stems', (at: number) => `D/${at >> 1}.${at % 2 === 0 ? 'MP4' : 'GPS'}`, 20_000],
    ['one stem', (at: number) => `D/A.${at === 0 ? 'MP4' : at}`, SIDECARS_MAX],
  ])('40,000 entries with %s take no time that grows with their square', async (_, pathOf, sidecars) => {
    const listed = (count: number): InventoryEntry[] =>
      Array.from({ length: count }, (__, at) => entry(pathOf(at)));
    const [few, many] = [listed(4000), listed(40_000)];
    expect((await assigned(many)).filter((role) => role.sidecarOf !== null)).toHaveLength(sidecars);
    const times = await timesAsLong(
      () => assigned(few),
      () => assigned(many),
    );
    expect(times).toBeLessThan(40); // a hundred where each is compared with each
  });
});
