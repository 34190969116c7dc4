// A public key of small order, by which one signature holds for every document: stock minisign refuses it, and so does all that reads a key.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, TOOLS } from './attacked-world.ts';

/** Key and sign bit; the last two spell 0 and 1 a second time. */
const WEAK = [
  '01'.padEnd(64, '0'),
  '01'.padEnd(62, '0') + '80',
  '0'.repeat(64),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ec' + 'ff'.repeat(30) + '7f',
  'ed' + 'ff'.repeat(30) + '7f',
  'ee' + 'ff'.repeat(30) + 'ff',
];

describe.skipIf(lacksTools(...TOOLS))('a key of small order', () => {
  let world: AttackedWorld;
  beforeAll(async () => {
    world = await AttackedWorld.open();
  });
  afterAll(() => world.close());

  test.each(WEAK)('%s is taken by no verifier', async (key) => {
    const line = Buffer.concat([Buffer.from('Ed'), Buffer.alloc(8, 7), Buffer.from(key, 'hex')]);
    const text = `untrusted comment: minisign public key\n${line.toString('base64')}\n`;
    await writeFile(join(world.keys, 'station-evil.pub'), text);
    const ran = await world.bodydock('verify', world.vault, '--keys', world.keys, '--lang', 'en');
    expect(ran.exitCode, ran.stdout).toBe(78);
    await expect(world.pythonRefuses()).resolves.toBe(2);
  });
});
