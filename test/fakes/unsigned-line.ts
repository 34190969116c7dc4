// Puts a line after the end of a custody segment, chained as it should be and without a checkpoint: anybody who can write there can do so.
import { appendFile, readFile, rm } from 'node:fs/promises';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import {
  encodeCustodyEntry,
  parseCustodyEntry,
  type CustodyEvent,
} from '../../protocol/custody/custody-entry.ts';

/** `path` is that of the segment; a signature over the whole of it goes. */
export async function appendUnsigned(path: string, entry: CustodyEvent): Promise<void> {
  await rm(`${path}.minisig`, { force: true });
  const last = Buffer.from((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? '');
  const { sequence, at, boot, monotonic_ms } = parseCustodyEntry(last);
  const place = { sequence: sequence + 1, previous: sha256Hex(last), at, boot, monotonic_ms };
  await appendFile(path, Buffer.concat([encodeCustodyEntry({ ...place, ...entry }), Buffer.from('\n')]));
}
