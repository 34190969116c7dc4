// Which public keys go into a kit, under which names, and which of them signed which document. A key that only a key change introduces
// is written out as a file, since minisign wants one; whether that change holds is checked like any other document.
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { KEY_DOCUMENT_BYTES_MAX, parseKeyChange } from '../../../protocol/documents/key-documents.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import {
  encodePublicKey,
  keyIdHex,
  parsePublicKey,
  publicKeyLine,
  signatureKeyId,
} from '../../../protocol/documents/minisign.ts';
import { readSmall, type ReadFiles } from '../verify/read-files.ts';
import type { NamedKey, TrustedKeys } from '../verify/trusted-keys.ts';
import { claimed } from './kit-documents.ts';
import type { KitFile } from './kit-parts.ts';

/** One key file of a kit. */
export interface KitKey {
  /** Path in the kit, such as `keys/station.pub`. */
  readonly file: string;
  readonly keyId: string;
  /** The line that stands on the label of a station and in its papers. */
  readonly line: string;
  /** The whole file. */
  readonly text: string;
  /** A key change in the kit names it; nobody gave it. */
  readonly introduced: boolean;
}

/** A signature in the kit with the document that it is for and the key that it names. */
export interface KitSignature {
  readonly document: string;
  readonly signature: string;
  /** Hex id of the key that it names; undefined where it is no signature file. */
  readonly keyId: string | undefined;
  /** Path of the key in the kit; undefined where the key is not known. */
  readonly key: string | undefined;
}

/** The keys that any of the signatures names. Errors: those of the machine. */
export async function kitKeys(
  files: ReadFiles,
  trusted: TrustedKeys,
  keyDocuments: readonly KitFile[],
  signers: ReadonlySet<string>,
): Promise<KitKey[]> {
  const given = [trusted.station, trusted.store, trusted.officer, trusted.supervisor].flatMap((keys) =>
    keys.map(ofFile),
  );
  const introduced: KitKey[] = [];
  for (const { from } of keyDocuments.filter(({ to }) => to.endsWith('.change.json')))
    introduced.push(...(await introducedKeys(files, from, trusted)));
  const found = new Map<string, KitKey>();
  for (const key of [...given, ...introduced])
    if (signers.has(key.keyId) && !found.has(key.keyId)) found.set(key.keyId, key);
  return [...found.values()];
}

function ofFile(named: NamedKey): KitKey {
  const { key } = named;
  const own = { keyId: keyIdHex(key.keyId), line: publicKeyLine(key), text: encodePublicKey(key) };
  return { file: `keys/${wordFor(named)}`, ...own, introduced: false };
}

/** The name of its file, where that is one word of a shell as it is: it stands in the lines that the kit has somebody type. */
function wordFor({ file, key, station }: NamedKey): string {
  if (/^[\w@%+=:,.-]+$/.test(file)) return file;
  const [kind = ''] = /^[a-z]+/.exec(file) ?? [];
  return `${kind}${station === null ? '' : `-${station}`}.${keyIdHex(key.keyId)}.pub`;
}

/** Pinned to its station only where those given are: one that is would put the others of that station out of force. */
async function introducedKeys(files: ReadFiles, path: string, trusted: TrustedKeys): Promise<KitKey[]> {
  const change = await claimed(files, path, KEY_DOCUMENT_BYTES_MAX, parseKeyChange);
  if (change === undefined) return [];
  const { holder } = change;
  const isPinned = trusted.station.some(({ station }) => station === holder);
  const name = isReceiverId(holder) ? `store-${holder}` : `station${isPinned ? '-' : '.'}${holder}`;
  return [change.old_key, change.new_key].map((line): KitKey => {
    const key = parsePublicKey(line);
    const keyId = keyIdHex(key.keyId);
    const file = `keys/${name}.${keyId}.pub`;
    return { file, keyId, line, text: encodePublicKey(key), introduced: true };
  });
}

/** The key id that a signature file names; undefined where it is none. Errors: those of the machine. */
export async function signerOf(files: ReadFiles, path: string): Promise<string | undefined> {
  const read = await readSmall(files, path, SIGNATURE_FILE_BYTES_MAX);
  return read.kind === 'bytes' ? signatureKeyId(parseUtf8(read.bytes) ?? '') : undefined;
}
