// Changes a signing key in two steps: the next key is made and shown, and once the far end knows it, it takes the place of the old one.
//
// Invariants:
// 1. At every moment the configured file is a whole key: the next one replaces the old one by one rename. That is the commit; before it
//    the old key signs, behind it the new one.
// 2. The change document with its signatures is durable before the commit, so the new key always knows the old one.
// 3. A step that was cut off is finished by typing it again. Nothing that could sign is left of the old key; its public half is kept.
import { rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import { parseKeyChange, type KeyChange } from '../../protocol/documents/key-documents.ts';
import {
  encodePublicKey,
  keyIdHex,
  publicKeyLine,
  publicKeyOf,
  type PublicKey,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { removeNewFile, replaceFile, syncFolder } from '../durable-file.ts';
import { keepKeyChange } from './key-changes.ts';
import { makeSigningKey, readPublicKeyFile, readSigningKey } from './keys.ts';
import { giveToOwnerOf } from '../owned-files.ts';

/** Where the halves of the keys of one holder lie: beside the configured signing file. */
export interface RotationFiles {
  readonly signingFile: string;
  readonly publicFile: string;
  readonly nextFile: string;
  readonly nextPublicFile: string;
  /** Public half of a key that is used no more. */
  earlierPublicFile(key: PublicKey): string;
}

/** Shape: `signingFile` is the one that the configuration names. */
export function rotationFiles(signingFile: string): RotationFiles {
  const stem = signingFile.replace(/\.key$/, '');
  return {
    signingFile,
    publicFile: `${stem}.pub`,
    nextFile: `${stem}.next.key`,
    nextPublicFile: `${stem}.next.pub`,
    earlierPublicFile: ({ keyId }) => `${stem}.${keyIdHex(keyId)}.pub`,
  };
}

/** First step: makes the next key beside the current one; gives it, also where it was made before. Errors: "key.*". */
export async function prepareNextKey(
  files: RotationFiles,
): Promise<{ readonly key: PublicKey; readonly fresh: boolean }> {
  const { nextFile, nextPublicFile, signingFile } = files;
  const known = await readIfThere(nextFile);
  if (known !== undefined) {
    const key = publicKeyOf(known);
    await writePublic(nextPublicFile, key, nextFile);
    return { key, fresh: false };
  }
  await removeNewFile(nextPublicFile); // a cut came between the two halves: nobody was shown this one
  const key = await makeSigningKey(nextFile, nextPublicFile);
  const model = (await isThere(signingFile)) ? signingFile : dirname(signingFile);
  await giveToOwnerOf(model, [nextFile, nextPublicFile]);
  return { key, fresh: true };
}

/** Whether a next key waits for the second step. Errors: "key.*" where it is no good one. */
export async function isPrepared({ nextFile }: RotationFiles): Promise<boolean> {
  return (await readIfThere(nextFile)) !== undefined;
}

/** What the second step needs to know. */
export interface RotationWish {
  readonly files: RotationFiles;
  /** Station or receiver id. */
  readonly holder: KeyChange['holder'];
  /** The old public key of a lost key; undefined where the old key is there. */
  readonly lostKey: PublicKey | undefined;
  /** RFC 3339 UTC with milliseconds. */
  readonly changedAt: string;
  /** Where the change document is kept; the first one is the holder's own. They must be there. */
  readonly folders: readonly [string, ...string[]];
  /** Does what only the old key may do, before it goes. */
  readonly beforeSwitch: (old: SecretKey) => Promise<void>;
}

export interface Rotated {
  readonly change: KeyChange;
  readonly sha256: string;
  /** The key that signs from now on. */
  readonly key: SecretKey;
}

/**
 * Second step: the next key takes the place of the current one.
 * Errors: "key.not-prepared" where there is no next key; "key.not-lost" where a key that is called lost is there; "key.*"; those of
 * `beforeSwitch`.
 */
export async function commitNextKey(wish: RotationWish): Promise<Rotated> {
  const { files, lostKey } = wish;
  const fresh = await readIfThere(files.nextFile);
  if (fresh === undefined) throw notPrepared(files);
  if (lostKey !== undefined && (await isThere(files.signingFile))) throw notLost(files);
  const old = lostKey === undefined ? await readSigningKey(files.signingFile) : undefined;
  const oldPublic = old === undefined ? lostKey : publicKeyOf(old);
  if (oldPublic === undefined) throw notPrepared(files);
  const bytes = await keepEverywhere(wish, oldPublic, { old, fresh });
  if (old !== undefined) await wish.beforeSwitch(old);
  await writePublic(files.earlierPublicFile(oldPublic), oldPublic, files.nextFile);
  await rename(files.nextFile, files.signingFile);
  await syncFolder(dirname(files.signingFile));
  await finishRotation(files);
  return { change: parseKeyChange(bytes), sha256: sha256Hex(bytes), key: fresh };
}

/** Behind the commit: the public half follows. Does nothing where it did already. Errors: "key.*", the system's. */
export async function finishRotation(files: RotationFiles): Promise<void> {
  await writePublic(
    files.publicFile,
    publicKeyOf(await readSigningKey(files.signingFile)),
    files.signingFile,
  );
  if (!(await isThere(files.nextFile))) await removeNewFile(files.nextPublicFile);
}

async function keepEverywhere(
  { folders, holder, lostKey, changedAt }: RotationWish,
  oldPublic: PublicKey,
  signers: { old: SecretKey | undefined; fresh: SecretKey },
): Promise<Uint8Array> {
  const [own, ...others] = folders;
  const wanted: KeyChange = {
    type: 'key-change',
    version: 1,
    holder,
    old_key: publicKeyLine(oldPublic),
    new_key: publicKeyLine(publicKeyOf(signers.fresh)),
    reason: lostKey === undefined ? 'planned' : 'lost',
    changed_at: changedAt,
  };
  const bytes = await keepKeyChange(own, wanted, signers);
  for (const folder of others) await keepKeyChange(folder, parseKeyChange(bytes), signers);
  return bytes;
}

async function writePublic(path: string, key: PublicKey, model: string): Promise<void> {
  const known = await readPublicKeyFile(path).catch(() => undefined);
  if (known !== undefined && publicKeyLine(known) === publicKeyLine(key)) return;
  await replaceFile(path, encodeUtf8(encodePublicKey(key)), 'public');
  await giveToOwnerOf(model, [path]);
}

async function readIfThere(path: string): Promise<SecretKey | undefined> {
  try {
    return await readSigningKey(path);
  } catch (error) {
    if (isDockError(error, 'key.missing')) return undefined;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function notPrepared({ nextFile }: RotationFiles): DockError {
  const message = `${nextFile} is not there: make the next key first (--prepare), and let the far end know it`;
  return new DockError('key.not-prepared', message, { retry: 'person' });
}

function notLost({ signingFile }: RotationFiles): DockError {
  const message = `${signingFile} is there: change it as planned, or move it away where it is another key or damaged`;
  return new DockError('key.not-lost', message, { retry: 'person' });
}
