// How the page of the desk opens a recording by ranges.
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';

interface Sealed {
  readonly sizeBytes: number;
  read(start: number, end: number): Promise<Uint8Array>;
}
type Fetch = (start: number, end: number) => Promise<Uint8Array>;
const page: string = '../../../agent/desk/page/sealed.js';
const { openSealed } = (await import(page)) as {
  openSealed: (fetch: Fetch, sizeBytes: number, identities: readonly string[]) => Promise<Sealed>;
};

test('a recording that ends after a whole chunk, but before its last one, is not opened', async () => {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const whole = await encrypter.encrypt(new Uint8Array(150_000).fill(7));
  const open = (bytes: Uint8Array): Promise<Sealed> =>
    openSealed(async (start, end) => bytes.slice(start, end), bytes.length, [identity]);
  const opened = await open(whole);
  expect(opened.sizeBytes).toBe(150_000);
  expect(await opened.read(65_530, 65_540)).toEqual(new Uint8Array(10).fill(7));
  const lastBytes = 150_000 - 2 * 65_536 + 16;
  await expect(open(whole.slice(0, -lastBytes))).rejects.toThrow();
});
