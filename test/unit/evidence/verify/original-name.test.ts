import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { originalName } from '../../../../agent/evidence/verify/restore-original.ts';

const ID = 'abcdefghijklmnopqrstuvwxya';
const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('the name of an original', () => {
  test.each([
    ['DCIM/100/CLIP 01.MP4', 'CLIP 01.MP4'],
    ['CLIP.MP4', 'CLIP.MP4'],
    ['a/.hidden', '.hidden'],
    ['a/-rf', '-rf'],
    ['C:\\x\\y', 'C:\\x\\y'],
    ['a/Grüße 🎥.mov', 'Grüße 🎥.mov'],
    ['../../etc/x', 'x'],
  ])('is the last part of %j', (path, expected) => {
    const { name, said, replaced } = originalName(bytes(path), ID);
    expect({ name: Buffer.from(name).toString(), replaced }).toEqual({ name: expected, replaced: false });
    expect(said).toEqual(name);
  });

  test('keeps bytes that are no text', () => {
    const path = Buffer.concat([Buffer.from('a/'), Buffer.from([0xff, 0xc3, 0x28])]);
    expect(originalName(path, ID)).toMatchObject({ name: path.subarray(2), replaced: false });
  });

  test.each([
    ['the folder itself', 'a/.'],
    ['the folder above', '..'],
    ['nothing', 'a/'],
    ['a NUL', 'a/x\0y'],
    ['a line feed', 'a\nb'],
    ['an escape', '\u001b[2J'],
    ['a delete', 'a\u007f'],
    ['a C1 control', 'a\u009bb'],
    ['a mark that turns text around', 'gpj.\u202eexe'],
    ['a line separator', 'a\u2028b'],
    ['256 bytes', 'x'.repeat(256)],
  ])('is the recording’s id for %s, and the true one is kept', (_, path) => {
    const { name, said, replaced } = originalName(bytes(path), ID);
    expect({ name: Buffer.from(name).toString(), replaced }).toEqual({ name: ID, replaced: true });
    expect(Buffer.from(said).toString()).toBe(path.slice(path.lastIndexOf('/') + 1));
  });

  test('never leads out of a folder, whatever the path', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (path) => {
        const { name } = originalName(path, ID);
        const text = Buffer.from(name).toString('latin1');
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThanOrEqual(255);
        expect(text).not.toMatch(/[/\0]/);
        expect(['.', '..']).not.toContain(text);
      }),
    );
  });
});
