// age identity files, as age-keygen writes them: comment lines and one identity a line. They open recordings, so they belong to the
// store and to the safe, never on a station.
import { randomBytes } from 'node:crypto';
import { encodeUtf8, parseUtf8 } from '../../protocol/format/bytes.ts';
import { makeIdentity, recipientOf } from '../../protocol/age/age-keys.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { readPrivateFile } from '../guarded-file.ts';
import { writePair } from './keys.ts';

const IDENTITY_FILE_BYTES_MAX = 64 * 1024;
const IDENTITIES_MAX = 64;

/** An identity with the recipient that it opens for. `identity` is the secret. */
export interface OpenedIdentity {
  readonly identity: string;
  readonly recipient: string;
}

/**
 * The identities of a file, at least one, in its order.
 * Errors: those of readPrivateFile; "key.identity" with the line number, never with its text; "key.passphrase" for a file that age
 * itself has encrypted.
 */
export async function readIdentityFile(path: string): Promise<readonly OpenedIdentity[]> {
  const text = parseUtf8(await readPrivateFile(path, IDENTITY_FILE_BYTES_MAX));
  if (text === undefined) throw refusal(path, 'it is not UTF-8 text');
  if (/^(?:age-encryption\.org\/|-----BEGIN AGE)/.test(text)) {
    const message = `${path} is encrypted with a passphrase: decrypt it with age into a file that only you can read`;
    throw new DockError('key.passphrase', message, { retry: 'person' });
  }
  const opened = text.split('\n').flatMap((line, at) => parseLine(line.trim(), path, at + 1));
  if (opened.length === 0 || opened.length > IDENTITIES_MAX)
    throw refusal(path, `it holds ${opened.length} identities, 1 to ${IDENTITIES_MAX} are expected`);
  return opened;
}

function parseLine(line: string, path: string, number: number): OpenedIdentity[] {
  if (line === '' || line.startsWith('#')) return [];
  try {
    return [{ identity: line, recipient: recipientOf(line) }];
  } catch (error) {
    throw refusal(`${path}:${number}`, 'this line is no age identity', error);
  }
}

function refusal(place: string, why: string, cause?: unknown): DockError {
  const message = `${place}: ${why}: name the file that age-keygen or \`bodydock keys make\` wrote`;
  return new DockError('key.identity', message, { retry: 'person', cause });
}

/**
 * Draws an identity and writes it (`path`, 0600) and its recipient (`recipientPath`). Returns the recipient.
 * Errors: "key.exists" where either name is taken, "key.unwritable"; no half is left.
 */
export async function makeIdentityFile(path: string, recipientPath: string, madeAt: string): Promise<string> {
  const { identity, recipient } = makeIdentity({ bytes: (count) => randomBytes(count) });
  const text = `# created: ${madeAt}\n# public key: ${recipient}\n${identity}\n`;
  await writePair(
    { path, bytes: encodeUtf8(text) },
    { path: recipientPath, bytes: encodeUtf8(`${recipient}\n`) },
  );
  return recipient;
}
