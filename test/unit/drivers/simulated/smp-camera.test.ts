// The simulated serial camera by itself: what it guards, and what fits into a packet. That clients can talk to it is shown in e2e.
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  encodePacket,
  parseHeader,
  parseMap,
  SMP_HEADER_BYTES,
  type SmpMap,
} from '../../../../drivers/serial/smp/packet.ts';
import { parseSmpFault, SMP_FAULTS } from '../../../../drivers/simulated/smp-camera-line.ts';
import { SmpCamera, type SmpCameraWish } from '../../../../drivers/simulated/smp-camera.ts';
import { folderSmpFiles, MemorySmpFiles, type SmpFiles } from '../../../../drivers/simulated/smp-files.ts';
import { sha256 } from '../../../../protocol/format/bytes.ts';
import { patternBytes } from '../../../contracts/driver-subject.ts';

function memory(files: Readonly<Record<string, Uint8Array>>): MemorySmpFiles {
  const held = new MemorySmpFiles();
  for (const [name, bytes] of Object.entries(files)) held.put(name, bytes);
  return held;
}

type Ask = (group: number, command: number, map: SmpMap, op?: 'read' | 'write') => Promise<SmpMap>;

function asking(
  files: SmpFiles,
  wish: Omit<SmpCameraWish, 'files'> = {},
): { readonly ask: Ask; readonly camera: SmpCamera; readonly lengths: number[] } {
  const camera = new SmpCamera({ files, ...wish });
  const lengths: number[] = [];
  const ask: Ask = async (group, command, map, op = 'read') => {
    const answer = await camera.answer(encodePacket({ version: 1, op, group, command, sequence: 7 }, map));
    if (answer === undefined) throw new Error('no answer');
    lengths.push(answer.length);
    expect(parseHeader(answer)).toMatchObject({ op: `${op}-answer`, group, command, sequence: 7 });
    return parseMap(answer.subarray(SMP_HEADER_BYTES));
  };
  return { ask, camera, lengths };
}

describe('erasing', () => {
  test.each<[string, SmpMap, SmpMap]>([
    ['another digest', { name: 'a', sha256: new Uint8Array(32) }, { err: { group: 66, rc: 11 } }],
    [
      'half a digest',
      { name: 'a', sha256: sha256(patternBytes(100)).subarray(0, 16) },
      { err: { group: 66, rc: 3 } },
    ],
    ['a digest as text', { name: 'a', sha256: 'x'.repeat(32) }, { err: { group: 66, rc: 3 } }],
    ['no digest', { name: 'a' }, { err: { group: 66, rc: 3 } }],
    ['no name', { sha256: sha256(patternBytes(100)) }, { err: { group: 66, rc: 3 } }],
    ['another name', { name: 'b', sha256: sha256(patternBytes(100)) }, { err: { group: 66, rc: 5 } }],
  ])('with %s is refused, and the file stays', async (_, map, answer) => {
    const files = memory({ a: patternBytes(100) });
    expect(await asking(files).ask(66, 2, map, 'write')).toEqual(answer);
    expect(files.bytes('a')).toBeDefined();
  });

  test('is a write: a read of that command is not known', async () => {
    const files = memory({ a: patternBytes(100) });
    const map = { name: 'a', sha256: sha256(patternBytes(100)) };
    expect(await asking(files).ask(66, 2, map, 'read')).toEqual({ rc: 8 });
    expect(files.bytes('a')).toBeDefined();
    expect(await asking(files).ask(66, 2, map, 'write')).toEqual({});
    expect(files.bytes('a')).toBeUndefined();
  });
});

test('no answer is longer than the buffer, whatever the list holds', async () => {
  const names = Array.from({ length: 40 }, (_, at) => `${'x'.repeat(1 + ((at * 37) % 200))}${at}`);
  const files = memory(Object.fromEntries(names.map((name) => [name, patternBytes(1000)])));
  for (const bufSize of [384, 512, 2048]) {
    const { ask, lengths } = asking(files, { bufSize });
    const listed: unknown[] = [];
    while (listed.length < names.length) {
      const { items } = await ask(66, 1, { off: listed.length, max: 1000 });
      if (!Array.isArray(items) || items.length === 0) throw new Error('a page without items');
      listed.push(...(items as unknown[]));
    }
    expect(listed).toHaveLength(names.length);
    for (const off of [0, 500, 999, 1000]) await ask(8, 0, { name: names[0] ?? '', off });
    expect(Math.max(...lengths)).toBeLessThanOrEqual(bufSize);
  }
});

test('digests are over the part that was asked for', async () => {
  const bytes = patternBytes(200_000);
  const { ask } = asking(memory({ a: bytes, check: Buffer.from('123456789') }));
  const part = await ask(8, 2, { name: 'a', type: 'sha256', off: 1000, len: 150_000 });
  expect(part).toEqual({
    type: 'sha256',
    off: 1000,
    len: 150_000,
    output: new Uint8Array(sha256(bytes.subarray(1000, 151_000))),
  });
  expect(await ask(8, 2, { name: 'check', type: 'crc32' })).toMatchObject({ output: 0xcbf43926 });
  expect(await ask(8, 2, { name: 'a', type: 'md5' })).toEqual({ rc: 8 });
  expect(await ask(8, 2, { name: 'a', off: 200_001 })).toEqual({ rc: 3 });
});

test.each<[string, number, number, SmpMap]>([
  ['an unknown group', 77, 0, {}],
  ['an unknown command', 0, 99, {}],
  ['an upload', 8, 0, { name: 'a', off: 0, data: new Uint8Array(1) }],
])('%s is not supported', async (_, group, command, map) => {
  const files = memory({ a: patternBytes(1) });
  expect(await asking(files).ask(group, command, map, 'write')).toEqual({ rc: 8 });
  expect(files.bytes('a')).toEqual(patternBytes(1));
});

test('what is no request has no answer, and what is no CBOR is invalid', async () => {
  const camera = new SmpCamera({ files: memory({}) });
  expect(await camera.answer(Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined();
  expect(
    await camera.answer(
      encodePacket({ version: 1, op: 'read-answer', group: 0, sequence: 1, command: 0 }, {}),
    ),
  ).toBeUndefined();
  const answer = await camera.answer(Uint8Array.of(0x08, 0, 0, 1, 0, 0, 1, 4, 0xff));
  expect(parseMap(answer?.subarray(SMP_HEADER_BYTES) ?? new Uint8Array())).toEqual({ rc: 3 });
});

describe('a folder as a card', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'bodydock-card-'));
    await mkdir(join(root, 'card', 'D'), { recursive: true });
    await writeFile(join(root, 'secret'), 'secret');
    await writeFile(join(root, 'card', 'D', 'a'), patternBytes(100_000));
    await symlink(join(root, 'secret'), join(root, 'card', 'link'));
    await symlink(root, join(root, 'card', 'up'));
    await writeFile(
      Buffer.concat([Buffer.from(join(root, 'card')), Buffer.from([0x2f, 0xff, 0xfe])]),
      'no text',
    );
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const card = (): SmpFiles => folderSmpFiles(join(root, 'card'), (ms) => new Date(ms).toISOString());

  test('shows its regular files whose names are text, and follows no link', async () => {
    expect((await card().list()).map(({ name }) => name)).toEqual(['D/a']);
  });

  test.each([
    '../secret',
    'D/../../secret',
    '/etc/passwd',
    'link',
    'up/secret',
    'D',
    '',
    '.',
    'D//a',
    'D/a\0',
    'x'.repeat(256),
  ])('gives and erases nothing under the name %j', async (name) => {
    expect(await card().find(name)).toBeUndefined();
    expect(await card().read(name, 0, 10)).toHaveLength(0);
    await card().erase(name);
    expect(await readdir(root)).toContain('secret');
    expect((await card().list()).length).toBe(1);
  });

  test('is read at any place, and fewer bytes come only at the end', async () => {
    const bytes = patternBytes(100_000);
    expect(Buffer.from(await card().read('D/a', 99_000, 5000)).equals(bytes.subarray(99_000))).toBe(true);
    expect(await card().read('D/a', 100_000, 5)).toHaveLength(0);
    await card().erase('D/a');
    expect(await card().list()).toEqual([]);
  });
});

test('every fault has a name and words, and its number is from one on', () => {
  for (const [name, words] of Object.entries(SMP_FAULTS)) {
    expect(words.length).toBeGreaterThan(10);
    expect(parseSmpFault(`${name}=12`)).toEqual([name, 12]);
    expect(parseSmpFault(name)).toEqual([name, 1]);
  }
  for (const text of ['noise=0', 'noise=-1', 'noise=1=2', 'noise=x', 'nonsense', '', 'toString'])
    expect(parseSmpFault(text)).toBeUndefined();
});
