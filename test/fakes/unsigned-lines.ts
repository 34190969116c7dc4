// What anybody can do to a custody log who can write there and has no key: put lines after its end, chained as they should be.
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import {
  encodeCustodyEntry,
  FIRST_PREVIOUS,
  parseCustodyEntry,
  type CustodyEntry,
  type CustodyEvent,
} from '../../protocol/custody/custody-entry.ts';

/** Puts an entry after the end of a segment, without a checkpoint. The newest segment of a running log has no signature over its whole. */
export async function appendUnsigned(
  path: string,
  event: CustodyEvent['event'],
  facts: CustodyEvent['facts'],
): Promise<void> {
  await rm(`${path}.minisig`, { force: true });
  const { line, entry } = await lastOf(path);
  const { at, boot, monotonic_ms } = entry;
  const sequence = entry.sequence + 1;
  await appendFile(
    path,
    textOf({ sequence, previous: sha256Hex(line), at, boot, monotonic_ms, event, facts }),
  );
}

/** Begins a segment after the end of another one; gives its path. */
export async function openUnsigned(before: string, segment: string, station: string): Promise<string> {
  const { line, entry } = await lastOf(before);
  const { at, boot, monotonic_ms, sequence } = entry;
  const facts = {
    segment,
    station,
    version: '0.1.0',
    last_segment: before.slice(before.lastIndexOf('/') + 1).replace('.jsonl', ''),
    last_sequence: sequence,
    last_sha256: sha256Hex(line),
  };
  const path = join(dirname(before), `${segment}.jsonl`);
  const place = { sequence: 1, previous: FIRST_PREVIOUS, at, boot, monotonic_ms };
  await writeFile(path, textOf({ ...place, event: 'segment-opened', facts }));
  return path;
}

/** Takes the last lines of a segment away, as a cut in the middle of a write leaves it. */
export async function cutLines(path: string, lines: number): Promise<void> {
  await rm(`${path}.minisig`, { force: true });
  const all = (await readFile(path, 'utf8')).trimEnd().split('\n');
  await writeFile(path, `${all.slice(0, -lines).join('\n')}\n`);
}

async function lastOf(path: string): Promise<{ readonly line: Buffer; readonly entry: CustodyEntry }> {
  const line = Buffer.from((await readFile(path, 'utf8')).trimEnd().split('\n').at(-1) ?? '');
  return { line, entry: parseCustodyEntry(line) };
}

function textOf(entry: CustodyEntry): Buffer {
  return Buffer.concat([encodeCustodyEntry(entry), Buffer.from('\n')]);
}
