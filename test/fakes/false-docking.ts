// Plants lies into docking records: documents that a station with its true key could have signed. For judging the judges.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../protocol/format/canonical.ts';
import { DOCKING_RECORD_TRUSTED_COMMENT } from '../../protocol/documents/docking-record.ts';
import { inlineSigner } from '../../protocol/documents/minisign.ts';
import type { DockingDocument, DockingEntrySeen } from './evidence-dockings.ts';

/** A document that a test may change as it likes. */
export type Falsified = Omit<Writable<DockingDocument>, 'entries'> & {
  entries: Writable<DockingEntrySeen>[];
};
type Writable<Seen> = { -readonly [Field in keyof Seen]: Seen[Field] };

/** Folders of all docking records below a station's folder of a vault, or below `dockings/` of a spool. */
export async function dockingFolders(parent: string): Promise<string[]> {
  const names = await readdir(parent);
  const found = await Promise.all(
    names.map(async (name) => {
      const holds = await readdir(join(parent, name)).catch((): string[] => []);
      return holds.includes('docking.json') ? join(parent, name) : undefined;
    }),
  );
  return found.filter((folder) => folder !== undefined);
}

export async function readDocking(folder: string): Promise<Falsified> {
  return JSON.parse(await readFile(join(folder, 'docking.json'), 'utf8')) as Falsified;
}

/** Writes the document with a true signature of the station whose secret key that is. */
export async function signDocking(folder: string, document: Falsified, keyFile: string): Promise<void> {
  const bytes = encodeCanonical(document);
  const signature = await inlineSigner(await readSigningKey(keyFile)).sign(
    bytes,
    DOCKING_RECORD_TRUSTED_COMMENT,
  );
  await writeFile(join(folder, 'docking.json'), bytes);
  await writeFile(join(folder, 'docking.json.minisig'), encodeUtf8(signature));
}
