// Keys and signatures in minisign form: tweetnacl and node:crypto mean the same, stock minisign agrees, and nothing altered passes.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import nacl from 'tweetnacl';
import { afterAll, describe, expect, test } from 'vitest';
import { isDockError } from '../../../../protocol/format/errors.ts';
import {
  encodePublicKey,
  encodeSecretKey,
  inlineSigner,
  keyIdHex,
  makeSecretKey,
  parsePublicKey,
  parseSecretKey,
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
  signDocument,
  signMessage,
  signNoteText,
  verifyDocument,
  verifyMessage,
} from '../../../../protocol/documents/minisign.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';

const key = makeSecretKey(seededRandom(1));
const pinned = [publicKeyOf(makeSecretKey(seededRandom(2))), publicKeyOf(key)];
const document = Buffer.from('{"type":"receipt","version":1}');
const COMMENT = 'bodydock receipt';
const signature = signDocument(key, document, COMMENT);
const folder = mkdtempSync(join(tmpdir(), 'bodydock-minisign-'));
afterAll(() => rmSync(folder, { recursive: true }));

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'good';
  } catch (error) {
    if (!isDockError(error)) throw error;
    return error.code;
  }
}

const verdict = (text: string): string => codeOf(() => verifyDocument(document, text, COMMENT, pinned));

describe('documents', () => {
  test('a signature verifies and names its key among those that are pinned', () => {
    expect(verifyDocument(document, signature, COMMENT, pinned)).toBe(pinned[1]);
  });

  test('an altered document is refused', () => {
    for (let at = 0; at < document.length; at++) {
      const altered = Buffer.from(document);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(codeOf(() => verifyDocument(altered, signature, COMMENT, pinned))).toBe('signature.wrong');
    }
  });

  test('tampering with any byte of the signature file is refused, but for the text that is not signed', () => {
    const unsigned = 'untrusted comment: '.length;
    const bytes = Buffer.from(signature);
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [1, 0x20, 0x80]) {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ mask;
        const inUnsigned = at >= unsigned && at < bytes.indexOf('\n') && altered[at] !== 10;
        expect(verdict(altered.toString('latin1')) === 'good').toBe(inUnsigned);
      }
    }
  });

  test('a signature file that ends early is refused, but for the last line break', () => {
    for (let length = 0; length < signature.length - 1; length++)
      expect(verdict(signature.slice(0, length))).toBe('signature.malformed');
    expect(verdict(signature.slice(0, -1))).toBe('good');
  });

  test('more lines, other line ends or a second signature in the file are refused', () => {
    for (const text of [
      `${signature}more\n`,
      `${signature}\n`,
      `${signature}\nmore\n`,
      signature + signature,
      signature.replaceAll('\n', '\r\n'),
    ])
      expect(verdict(text)).toBe('signature.malformed');
  });

  test('a signature over one kind of document does not stand for another', () => {
    const other = signDocument(key, document, 'bodydock recording-manifest');
    expect(verdict(other)).toBe('signature.comment');
  });

  test('a trusted comment cannot be moved from one signature to another', () => {
    const lines = signature.split('\n');
    const donor = signDocument(key, Buffer.from('other'), COMMENT).split('\n');
    expect(verdict([lines[0], lines[1], donor[2], donor[3], ''].join('\n'))).toBe('signature.wrong');
  });

  test('a key that is not pinned is told apart from a wrong signature', () => {
    const stranger = signDocument(makeSecretKey(seededRandom(3)), document, COMMENT);
    expect(verdict(stranger)).toBe('signature.unknown-key');
    expect(codeOf(() => verifyDocument(document, signature, COMMENT, []))).toBe('signature.unknown-key');
  });

  test('another key under a pinned id is a wrong signature', () => {
    const stranger = { ...makeSecretKey(seededRandom(3)), keyId: key.keyId };
    expect(verdict(signDocument(stranger, document, COMMENT))).toBe('signature.wrong');
  });

  test('the legacy kind, which hashes nothing before it signs, is refused', () => {
    const secret = nacl.sign.keyPair.fromSeed(key.seed).secretKey;
    const raw = nacl.sign.detached(document, secret);
    const comment = nacl.sign.detached(Buffer.concat([raw, Buffer.from(COMMENT)]), secret);
    const line = Buffer.concat([Buffer.from('Ed'), key.keyId, raw]).toString('base64');
    const legacy = `untrusted comment: x\n${line}\ntrusted comment: ${COMMENT}\n${Buffer.from(comment).toString('base64')}\n`;
    expect(verdict(legacy)).toBe('signature.malformed');
  });

  test('a pinned key that is no point of the curve makes every signature wrong', () => {
    const bad = { keyId: key.keyId, key: new Uint8Array(32).fill(0xff) };
    expect(codeOf(() => verifyDocument(document, signature, COMMENT, [bad]))).toBe('signature.wrong');
  });
});

describe('messages', () => {
  const body = '{"message":"claim"}';
  const id = keyIdHex(key.keyId);

  test('a signed message verifies, and one whose body was altered does not', () => {
    const signed = signMessage(key, body);
    expect(verifyMessage(body, signed, id, pinned)).toBe(pinned[1]);
    expect(codeOf(() => verifyMessage(`${body} `, signed, id, pinned))).toBe('signature.wrong');
    expect(codeOf(() => verifyMessage(body, signed, '0011', pinned))).toBe('signature.unknown-key');
  });

  test('a signature over a message is none over a document, and the other way round', () => {
    const raw = Buffer.from(signature.split('\n')[1] ?? '', 'base64').subarray(10);
    expect(codeOf(() => verifyMessage(document.toString(), raw.toString('base64'), id, pinned))).toBe(
      'signature.wrong',
    );
  });

  test('no text in the place of a signature or a key id does more than be refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String()),
        fc.oneof(fc.string(), fc.constant(id)),
        (text, keyId) => {
          expect(codeOf(() => verifyMessage(body, text, keyId, pinned))).toMatch(/^signature\./);
        },
      ),
    );
  });
});

describe('two libraries', () => {
  const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

  test('tweetnacl and node:crypto sign the same bytes and verify one another', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array(), (seed, message) => {
        const pair = nacl.sign.keyPair.fromSeed(seed);
        const secret = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
        const ours = Buffer.from(nacl.sign.detached(message, pair.secretKey));
        const theirs = nodeSign(null, message, secret);
        expect(ours.equals(theirs)).toBe(true);
        expect(nodeVerify(null, message, createPublicKey(secret), ours)).toBe(true);
        expect(nacl.sign.detached.verify(message, theirs, pair.publicKey)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

test.each([0, 1, 100, 5000])('both ways of signing %i bytes give the same text', async (sizeBytes) => {
  const own = makeSecretKey(seededRandom(sizeBytes));
  const signer = inlineSigner(own);
  const bytes = seededRandom(7).bytes(sizeBytes);
  expect(await signer.sign(bytes, COMMENT)).toBe(signDocument(own, bytes, COMMENT));
  const body = Buffer.from(bytes).toString('hex');
  expect(await signer.signMessage(body)).toBe(signMessage(own, body));
  const note = `bodydock/log\n${body}\n`;
  expect(Buffer.from(await signer.signNote(note))).toEqual(Buffer.from(signNoteText(own, note)));
  await expect(signer.signNote(body)).rejects.toThrow(RangeError);
});

describe('key files', () => {
  test('a key pair keeps through its files', () => {
    const read = parseSecretKey(encodeSecretKey(key));
    expect(encodeSecretKey(read)).toBe(encodeSecretKey(key));
    expect(keyIdHex(read.keyId)).toBe(keyIdHex(key.keyId));
    for (const text of [encodePublicKey(publicKeyOf(key)), publicKeyLine(publicKeyOf(key))])
      expect(publicKeyLine(parsePublicKey(text))).toBe(publicKeyLine(publicKeyOf(key)));
  });

  test('a damaged secret key file is refused at every byte of its secret', () => {
    const [comment, line = ''] = encodeSecretKey(key).split('\n');
    const bytes = Buffer.from(line, 'base64');
    for (let at = 54; at < bytes.length; at += 3) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 4;
      expect(codeOf(() => parseSecretKey(`${comment}\n${altered.toString('base64')}\n`))).toBe(
        'key.malformed',
      );
    }
  });

  test('the public key in it must be that of its seed, also where the file has no checksum', () => {
    const fileOf = (secret: SecretKey): string => {
      const [comment, line = ''] = encodeSecretKey(secret).split('\n');
      const bytes = Buffer.from(line, 'base64');
      return `${comment}\n${Buffer.concat([bytes.subarray(0, -32), Buffer.alloc(32)]).toString('base64')}\n`;
    };
    for (let seed = 1; seed <= 20; seed++) {
      const [one, other] = [makeSecretKey(seededRandom(seed)), makeSecretKey(seededRandom(seed + 1000))];
      expect(encodeSecretKey(parseSecretKey(fileOf(one)))).toBe(encodeSecretKey(one));
      const mixed = { ...one, publicKey: other.publicKey };
      expect(codeOf(() => parseSecretKey(fileOf(mixed)))).toBe('key.malformed');
    }
  });

  test('a public key in the place of the secret one is named as such', () => {
    expect(codeOf(() => parseSecretKey(encodePublicKey(publicKeyOf(key))))).toBe('key.public');
    expect(codeOf(() => parsePublicKey(encodeSecretKey(key)))).toBe('key.malformed');
  });

  test('any text is a key file or is refused by name', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.base64String({ maxLength: 240 }).map((line) => `untrusted comment: x\n${line}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [parseSecretKey, parsePublicKey])
          expect(codeOf(() => parse(text))).toMatch(/^(good|key\.)/);
      }),
    );
  });
});

describe.skipIf(lacksTools('minisign'))('stock minisign', () => {
  const minisign = (...given: string[]): string =>
    execFileSync(requireTool('minisign'), given, { encoding: 'utf8', stdio: 'pipe' });
  const put = (name: string, text: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };

  test('verifies what we signed and reads our public key file', () => {
    const path = put('ours.json', document);
    put('ours.json.minisig', signature);
    const keyPath = put('ours.pub', encodePublicKey(publicKeyOf(key)));
    expect(minisign('-V', '-p', keyPath, '-m', path)).toContain(COMMENT);
    expect(minisign('-V', '-P', publicKeyLine(publicKeyOf(key)), '-m', path)).toContain('verified');
    put('ours.json', `${document.toString()} `);
    expect(() => minisign('-V', '-p', keyPath, '-m', path)).toThrow();
  });

  test('signs with our secret key file, and the result verifies here', () => {
    const path = put('signed.json', document);
    minisign('-S', '-s', put('ours.key', encodeSecretKey(key)), '-m', path, '-t', COMMENT);
    expect(verdict(readFileSync(`${path}.minisig`, 'utf8'))).toBe('good');
  });

  test('makes keys that we read and sign with', () => {
    const [secretPath, publicPath] = [join(folder, 'stock.key'), join(folder, 'stock.pub')];
    minisign('-G', '-W', '-s', secretPath, '-p', publicPath);
    const stock = parseSecretKey(readFileSync(secretPath, 'utf8'));
    expect(publicKeyLine(parsePublicKey(readFileSync(publicPath, 'utf8')))).toBe(
      publicKeyLine(publicKeyOf(stock)),
    );
    const path = put('stock.json', document);
    put('stock.json.minisig', signDocument(stock, document, COMMENT));
    expect(minisign('-V', '-p', publicPath, '-m', path)).toContain(COMMENT);
  });
});
