// Key files for signatures: reads them with all the refusals that a key deserves, writes new ones, and never makes one in silence.
import { randomBytes } from 'node:crypto';
import { parseUtf8, encodeUtf8 } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import {
  encodePublicKey,
  encodeSecretKey,
  makeSecretKey,
  parsePublicKey,
  parseSecretKey,
  publicKeyOf,
  type PublicKey,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { removeNewFile, writeNewFile } from '../durable-file.ts';
import { readPrivateFile, readPublicFile } from '../guarded-file.ts';

/** A minisign secret key file has 300 bytes. */
const KEY_FILE_BYTES_MAX = 4096;
/** A parser knows of no file; a new key would be none that the other end knows. */
const MALFORMED_REMEDY =
  ': name the file that `bodydock keys make` or `minisign -G -W` made, or put it back from a copy';

/**
 * The signing key of a file.
 * Errors: "key.missing", "key.unreadable", "key.owner", "key.mode", "key.empty", "key.oversize", "key.malformed", "key.public",
 * "key.passphrase"; all name the file and what to do.
 */
export async function readSigningKey(path: string): Promise<SecretKey> {
  const bytes = await readPrivateFile(path, KEY_FILE_BYTES_MAX);
  return named(path, () => parseSecretKey(textOf(bytes)));
}

/** The public key of a file. Errors: "key.missing", "key.unreadable", "key.empty", "key.oversize", "key.malformed". */
export async function readPublicKeyFile(path: string): Promise<PublicKey> {
  const bytes = await readPublicFile(path, KEY_FILE_BYTES_MAX);
  return named(path, () => parsePublicKey(textOf(bytes)));
}

/**
 * Draws a signing key and writes both halves: `path` (0600) and `publicPath`, synced.
 * Errors: "key.exists" where either name is taken (nothing is replaced, and no half is left); "key.unwritable".
 */
export async function makeSigningKey(path: string, publicPath: string): Promise<PublicKey> {
  const key = makeSecretKey({ bytes: (count) => randomBytes(count) });
  await writePair(
    { path, bytes: encodeUtf8(encodeSecretKey(key)) },
    { path: publicPath, bytes: encodeUtf8(encodePublicKey(publicKeyOf(key))) },
  );
  return publicKeyOf(key);
}

interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Writes the public half first: without a secret beside it, it can only be in the way, never be in use. */
export async function writePair(secret: NewFile, open: NewFile): Promise<void> {
  await writeNewFile(open.path, open.bytes, 'public');
  try {
    await writeNewFile(secret.path, secret.bytes, 'secret');
  } catch (error) {
    await removeNewFile(open.path);
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  return parseUtf8(bytes) ?? '';
}

/** Puts the file's name into the error of a parser that knows only its text. */
function named<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    const remedy = error.code === 'key.malformed' ? MALFORMED_REMEDY : '';
    throw new DockError(error.code, `${path}: ${error.message}${remedy}`, {
      retry: error.retry,
      cause: error,
    });
  }
}
