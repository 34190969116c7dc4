// The folder in which an order or a policy goes from hand to hand: its text, the sheet that says how to sign, and the signatures that came
// so far.
import { join, resolve } from 'node:path';
import { type Role, ROLES, roleSignature } from '../../../protocol/documents/order.ts';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';

const SHEET = 'sign.txt';

/** Makes the folder; gives its absolute path. Errors: "order.folder" where something of that name is there or nothing can be written. */
export async function writeSigningFolder(
  files: Files,
  path: string,
  content: {
    /** Name of the document. */
    readonly file: string;
    readonly bytes: Uint8Array;
    readonly sheet: string;
    readonly signatures?: Readonly<Partial<Record<Role, string>>>;
  },
): Promise<string> {
  const folder = resolve(path);
  try {
    await files.makeFolder(folder);
    await writeAnew(files, join(folder, content.file), content.bytes);
    await writeAnew(files, join(folder, SHEET), encodeUtf8(content.sheet));
    for (const role of ROLES) {
      const text = content.signatures?.[role];
      if (text !== undefined)
        await writeAnew(files, join(folder, roleSignature(content.file, role)), encodeUtf8(text));
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
  return folder;
}

/** What lies in it. Errors: "order.folder" where there is no such document in it; "order.unsigned" where there is no signature. */
export async function readSigningFolder(
  files: Files,
  path: string,
  wanted: {
    readonly file: string;
    readonly bytesMax: number;
    /** How a role signs. */
    readonly command: (role: Role) => string;
  },
): Promise<{ readonly bytes: Uint8Array; readonly signatures: Readonly<Partial<Record<Role, string>>> }> {
  const folder = resolve(path);
  const bytes = await readPart(files, join(folder, wanted.file), wanted.bytesMax);
  if (bytes === undefined)
    throw fail('order.folder', `${folder} holds no ${wanted.file}: name the folder that the command made`);
  const signatures: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const text = await readPart(
      files,
      join(folder, roleSignature(wanted.file, role)),
      SIGNATURE_FILE_BYTES_MAX,
    );
    if (text !== undefined) signatures[role] = parseUtf8(text) ?? '';
  }
  if (Object.keys(signatures).length > 0) return { bytes, signatures };
  const commands = ROLES.map((role) => `\n  ${role}: ${wanted.command(role)}`).join('');
  throw fail('order.unsigned', `${folder} holds no signature yet; in that folder${commands}`);
}

async function readPart(files: Files, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    return await readIfThere(files, path, bytesMax);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw fail('order.folder', `${path} cannot be read (${code})`, error);
  }
}

function unwritable(folder: string, error: unknown): DockError {
  const code = systemCode(error);
  if (code === 'EEXIST')
    return fail('order.folder', `${folder} is there already: name another one with --out`, error);
  return fail(
    'order.folder',
    `${folder} could not be written (${code ?? 'unknown error'}): name another one with --out`,
    error,
  );
}

function fail(code: string, message: string, cause?: unknown): DockError {
  return new DockError(code, message, { retry: 'person', cause });
}
