// A public key of small order, by which one signature holds for every document: stock minisign refuses it, and so does all that reads a key.
import { createPublicKey, verify } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

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
/** The neutral point, and the signature that holds by it for whatever is signed: R is that point as well, and S is 0. */
const NEUTRAL = Buffer.from(WEAK[0] ?? '', 'hex');
const ALWAYS = Buffer.concat([NEUTRAL, Buffer.alloc(32)]);
const KEY_ID = Buffer.alloc(8, 7);

/** The second line of a public key file. */
function keyLine(key: Uint8Array, id: Uint8Array = KEY_ID): string {
  return Buffer.concat([Buffer.from('Ed'), id, key]).toString('base64');
}

/** The signature file that holds by the neutral point for every document with that trusted comment. */
function signedByAll(trustedComment: string, id: Uint8Array = KEY_ID): string {
  const signature = Buffer.concat([Buffer.from('ED'), id, ALWAYS]).toString('base64');
  return `untrusted comment: signature\n${signature}\ntrusted comment: ${trustedComment}\n${ALWAYS.toString('base64')}\n`;
}

describe.skipIf(lacksTools(...TOOLS))('a key of small order', () => {
  let world: AttackedWorld;
  beforeAll(async () => {
    world = await AttackedWorld.open();
  });
  afterAll(() => world.close());

  test.each(WEAK)('%s is taken by no verifier', async (key) => {
    const text = `untrusted comment: minisign public key\n${keyLine(Buffer.from(key, 'hex'))}\n`;
    const file = join(world.keys, 'station-evil.pub');
    await writeFile(file, text);
    const ran = await world.bodydock('verify', world.vault, '--keys', world.keys, '--lang', 'en');
    expect(ran.exitCode, ran.stdout).toBe(78);
    await expect(world.pythonRefuses()).resolves.toBe(2);
    await rm(file);
  });

  test('has a signature that holds by the bare mathematics, whatever is signed', () => {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), NEUTRAL]);
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    for (const text of ['a', 'something else'])
      expect(verify(null, Buffer.from(text), key, ALWAYS)).toBe(true);
  });

  test('is enrolled by no store, which takes another one', async () => {
    const request = async (key: string, sign: (document: string) => Promise<string>): Promise<string[]> => {
      const document = canonical({
        type: 'enrolment-request',
        version: 1,
        station: 'evil',
        public_key: key,
        certificate_request: null,
        made_at: new Date().toISOString(),
      });
      const file = join(world.root, 'evil.enrol-request');
      await writeFile(file, `${document}\n${await sign(document)}`);
      return ['enrol', file, '--fingerprint', sha256(document).slice(0, 32), '--broker', 'mqtt://127.0.0.1'];
    };
    const comment = 'bodydock enrolment-request';
    const kept = join(world.root, 'secrets', 'station-evil.pub');
    for (const key of WEAK) {
      const words = await request(keyLine(Buffer.from(key, 'hex')), async () => signedByAll(comment));
      const ran = await world.store(...words);
      expect([ran.exitCode, ran.stdout], ran.stderr).toEqual([1, '']);
      expect(ran.stderr).toMatch(/key/);
      await expect(readFile(kept)).rejects.toThrow('ENOENT');
    }
    // The same file by a key that is one, with a signature of stock minisign: it is the key that is refused above.
    await mkdir(join(world.root, 'evil'));
    await world.bodydock('keys', 'make', 'station', '--out', join(world.root, 'evil'));
    const line = (await readFile(join(world.root, 'evil', 'station.pub'), 'utf8')).split('\n')[1] ?? '';
    const secret = join(world.root, 'evil', 'station.key');
    const ran = await world.store(
      ...(await request(line, (document) => signWithMinisign(document, secret, comment))),
    );
    expect(ran.exitCode, ran.stderr).toBe(0);
    await expect(readFile(kept, 'utf8')).resolves.toContain(line);
  });

  test.each([
    ['of nobody', KEY_ID, 'manifest.signature-unknown-key'],
    ['of the station', undefined, 'manifest.signature-wrong'],
  ])('with the key id %s signs no manifest for a verifier', async (_whose, id, code) => {
    const copy = await world.copy();
    const [named] = await copy.named('manifest.json');
    const file = join(copy.vault, STATION, named?.recording ?? '', 'manifest.json.minisig');
    const own = Buffer.from(await copy.stationKeyId(), 'hex');
    const [, , trusted = ''] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, signedByAll(trusted.replace('trusted comment: ', ''), id ?? own));
    expect(await copy.verdicts()).toEqual(refusing(code));
    // Nor with its key in the folder of keys.
    const text = `untrusted comment: minisign public key\n${keyLine(NEUTRAL, id ?? own)}\n`;
    await writeFile(join(copy.keys, 'station-first-run.pub'), text);
    expect((await copy.bodydock('verify', copy.vault, '--keys', copy.keys)).exitCode).toBe(78);
    await expect(copy.pythonRefuses()).resolves.toBe(2);
    await copy.close();
  });
});
