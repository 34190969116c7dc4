import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { hasAesInstructions } from '../../../agent/platform/broker-socket.ts';
import { readBootId } from '../../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';

describe('small facts of the machine', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-system-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  async function file(text: string): Promise<string> {
    await writeFile(join(folder, 'file'), text);
    return join(folder, 'file');
  }

  test('random bytes come in the wanted count, and never the same', () => {
    const random = nodeRandom();
    assert.deepEqual(
      [0, 1, 16, 1000].map((count) => random.bytes(count).length),
      [0, 1, 16, 1000],
    );
    const seen = new Set(Array.from({ length: 1000 }, () => Buffer.from(random.bytes(16)).toString('hex')));
    assert.equal(seen.size, 1000);
  });

  test('a boot id is taken as the kernel writes it, and nothing else', async () => {
    const id = '0b2f7a58-1f5e-4f0c-8a0e-1d2c3b4a5968';
    assert.equal(await readBootId(await file(`${id}\n`)), id);
    for (const text of ['', 'nonsense\n', id.toUpperCase(), `${id}\n${id}\n`]) {
      assert.equal(await readBootId(await file(text)), null);
    }
    assert.equal(await readBootId(join(folder, 'none')), null);
  });

  test('AES instructions are found on x86 and Arm, and missed on a Raspberry Pi 4', async () => {
    const pi4 = 'processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\n';
    const pi5 = 'processor\t: 0\nFeatures\t: fp asimd evtstrm aes pmull sha1 sha2 crc32\n';
    const x86 = 'flags\t\t: fpu vme aes xsave\n';
    assert.equal(await hasAesInstructions(await file(pi4)), false);
    assert.equal(await hasAesInstructions(await file(pi5)), true);
    assert.equal(await hasAesInstructions(await file(x86)), true);
    assert.equal(await hasAesInstructions(join(folder, 'none')), true);
  });
});
