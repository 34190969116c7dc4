import { execFile } from 'node:child_process';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  findChallenge,
  installProof,
  keepChallenge,
  loadProofs,
} from '../../../../config/enrolment/proofs.ts';
import { makeIdentity } from '../../../../protocol/age/age-keys.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { parseStationId } from '../../../../protocol/format/ids.ts';
import {
  inlineSigner,
  makeSecretKey,
  publicKeyOf,
  signDocument,
} from '../../../../protocol/documents/minisign.ts';
import { answerChallenge, makeChallenge } from '../../../../protocol/documents/recipient-challenge.ts';
import {
  encodeRecipientProof,
  parseRecipientProof,
  RECIPIENT_PROOF_TRUSTED_COMMENT,
  recipientProofName,
} from '../../../../protocol/documents/recipient-proof.ts';
import { sealSmall } from '../../../../protocol/age/sealed-file.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';
import { withFolder } from '../files.ts';

const random = new SeededRandom(7);
const station = parseStationId('townhall-1');
const key = makeSecretKey(random);
const otherKey = makeSecretKey(random);
const keys = [publicKeyOf(key)];
const store = makeIdentity(random);
const escrow = makeIdentity(random);

async function install(
  folder: string,
  { recipient, identity } = store,
  by = key,
  at = station,
): Promise<void> {
  const challenge = makeChallenge(recipient, random);
  const answer = answerChallenge(challenge.sealed, [identity]);
  const provenAt = '2026-11-25T09:30:00.000Z';
  const signer = inlineSigner(by);
  await installProof(folder, {
    station: at,
    recipient,
    challengeSha256: challenge.sha256,
    answer,
    provenAt,
    signer,
  });
}

async function load(folder: string): Promise<{ proven: string[]; refused: string[] }> {
  const refused: string[] = [];
  const proofs = await loadProofs(folder, station, keys, (_file, error) => {
    refused.push(isDockError(error) ? error.code : String(error));
  });
  return { proven: [...proofs.keys()], refused };
}

describe('proofs of a folder', () => {
  test('a folder that is not there holds none', async () => {
    await withFolder(async (folder) => {
      expect(await load(join(folder, 'proofs'))).toEqual({ proven: [], refused: [] });
    });
  });

  test('what was installed is there again, also after it was proven anew', async () => {
    await withFolder(async (folder) => {
      await install(folder);
      await install(folder, escrow);
      await install(folder);
      const { proven, refused } = await load(folder);
      expect([proven.toSorted(), refused]).toEqual([[store.recipient, escrow.recipient].toSorted(), []]);
    });
  });

  test('a proof by another key, for another station or under another name counts as none', async () => {
    await withFolder(async (folder) => {
      await install(folder, store, otherKey);
      expect(await load(folder)).toEqual({ proven: [], refused: ['signature.unknown-key'] });
      await install(folder, store, key, parseStationId('townhall-2'));
      expect(await load(folder)).toEqual({ proven: [], refused: ['proof.other-station'] });
      await install(folder);
      const name = join(folder, `${recipientProofName(store.recipient)}.json`);
      const other = join(folder, `${'0'.repeat(16)}.json`);
      await rename(name, other);
      await rename(`${name}.minisig`, `${other}.minisig`);
      expect(await load(folder)).toEqual({ proven: [], refused: ['proof.misnamed'] });
    });
  });

  test('a proof with any byte altered, cut, empty or without signature counts as none', async () => {
    await withFolder(async (folder) => {
      await install(folder);
      const path = join(folder, `${recipientProofName(store.recipient)}.json`);
      const bytes = await readFile(path);
      for (let at = 0; at < bytes.length; at += 23) {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ 1;
        await writeFile(path, altered);
        expect((await load(folder)).proven).toEqual([]);
      }
      for (const content of [bytes.subarray(1), Buffer.alloc(0), Buffer.alloc(100_000)]) {
        await writeFile(path, content);
        expect((await load(folder)).proven).toEqual([]);
      }
      await writeFile(path, bytes);
      await rename(`${path}.minisig`, `${path}.gone`);
      expect(await load(folder)).toEqual({ proven: [], refused: ['key.missing'] });
    });
  });

  test('a well signed document whose answer is wrong counts as none', async () => {
    await withFolder(async (folder) => {
      await install(folder);
      const path = join(folder, `${recipientProofName(store.recipient)}.json`);
      const proof = parseRecipientProof(await readFile(path));
      const bytes = encodeRecipientProof({ ...proof, challenge_sha256: '0'.repeat(64) });
      await writeFile(path, bytes);
      await writeFile(`${path}.minisig`, signDocument(key, bytes, RECIPIENT_PROOF_TRUSTED_COMMENT));
      expect(await load(folder)).toEqual({ proven: [], refused: ['proof.wrong-answer'] });
    });
  });

  test('a signature for another kind of document does not make a proof', async () => {
    await withFolder(async (folder) => {
      await install(folder);
      const path = join(folder, `${recipientProofName(store.recipient)}.json`);
      await writeFile(`${path}.minisig`, signDocument(key, await readFile(path), 'bodydock receipt'));
      expect(await load(folder)).toEqual({ proven: [], refused: ['signature.comment'] });
    });
  });
});

describe('challenges', () => {
  test('only the digest is kept, and only the newest challenge has an answer', async () => {
    await withFolder(async (folder) => {
      const first = makeChallenge(store.recipient, random);
      const second = makeChallenge(store.recipient, random);
      const answer = answerChallenge(second.sealed, [store.identity]);
      await keepChallenge(folder, store.recipient, first.sha256);
      await keepChallenge(folder, store.recipient, second.sha256);
      expect(await readdir(folder)).toEqual([`${recipientProofName(store.recipient)}.challenge`]);
      const recipients = [escrow.recipient, store.recipient];
      expect((await findChallenge(folder, recipients, answer))?.recipient).toBe(store.recipient);
      const old = answerChallenge(first.sealed, [store.identity]);
      expect(await findChallenge(folder, recipients, old)).toBeUndefined();
      expect(await findChallenge(folder, [escrow.recipient], answer)).toBeUndefined();
    });
  });

  test('an identity of another recipient cannot answer', () => {
    const { sealed } = makeChallenge(store.recipient, random);
    expect(() => answerChallenge(sealed, [escrow.identity])).toThrow(
      expect.objectContaining({ code: 'sealed.no-identity' }),
    );
  });

  test('a sealed recording that is passed off as a challenge is not opened into an answer', () => {
    const sealed = sealSmall(new Uint8Array(33), [store.recipient], random);
    expect(() => answerChallenge(sealed, [store.identity])).toThrow(
      expect.objectContaining({ code: 'proof.no-challenge' }),
    );
  });

  test('an answer that is wrong installs nothing', async () => {
    await withFolder(async (folder) => {
      const { sha256: challengeSha256 } = makeChallenge(store.recipient, random);
      const answer = new Uint8Array(32);
      const provenAt = '2026-11-25T09:30:00.000Z';
      const { recipient } = store;
      await expect(
        installProof(folder, {
          station,
          recipient,
          challengeSha256,
          answer,
          provenAt,
          signer: inlineSigner(key),
        }),
      ).rejects.toMatchObject({ code: 'proof.wrong-answer' });
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test.skipIf(lacksTools('age'))('stock age answers a challenge', async () => {
    await withFolder(async (folder) => {
      const { sealed, sha256 } = makeChallenge(store.recipient, random);
      await writeFile(join(folder, 'c.age'), sealed);
      await writeFile(join(folder, 'id'), `${store.identity}\n`);
      const words = ['-d', '-i', join(folder, 'id'), '-o', join(folder, 'answer'), join(folder, 'c.age')];
      await promisify(execFile)(requireTool('age'), words);
      await keepChallenge(folder, store.recipient, sha256);
      const answer = await readFile(join(folder, 'answer'));
      expect((await findChallenge(folder, [store.recipient], answer))?.sha256).toBe(sha256);
    });
  });
});
