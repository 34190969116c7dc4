// The one reader of custody segments: lines whole wherever pieces of the file end, of bounded memory, and the digest of all.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodeUtf8, parseUtf8 } from '../../../../protocol/format/bytes.ts';
import { encodeCustodyEntry, FIRST_PREVIOUS } from '../../../../protocol/custody/custody-entry.ts';
import {
  eventNeedle,
  firstEntry,
  type Needle,
  readSegment,
  segmentEntries,
  segmentLines,
  type SegmentReading,
} from '../../../../protocol/custody/segment-file.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../../../protocol/format/limits.ts';
import type { OpenFile } from '../../../../protocol/format/ports.ts';

/** A disk of one file; `closed` counts. */
function holding(bytes: Uint8Array): SegmentReading & { closed: number } {
  const disk = {
    closed: 0,
    signal: new AbortController().signal,
    files: {
      open: () =>
        Promise.resolve({
          read: (into: Uint8Array, at: number) => {
            const part = bytes.subarray(at, at + into.length);
            into.set(part);
            return Promise.resolve(part.length);
          },
          close: () => {
            disk.closed++;
            return Promise.resolve();
          },
        } as unknown as OpenFile),
    },
  };
  return disk;
}

function lineOf(sequence: number, event: 'seen' | 'spooled', padding: number): string {
  const line = encodeCustodyEntry({
    sequence,
    previous: FIRST_PREVIOUS,
    at: '2026-11-25T08:00:00.000Z',
    boot: null,
    monotonic_ms: 0,
    event,
    facts: { padding: 'x'.repeat(padding) },
  });
  return parseUtf8(line) ?? '';
}

const LINES = Array.from({ length: 200 }, (_, at) =>
  lineOf(at + 1, at % 50 === 0 ? 'spooled' : 'seen', (at * 37) % 1500),
);

test('lines come whole wherever a piece of the file ends, with their places and the digest of all', async () => {
  const text = `${LINES.join('\n')}\ntorn`;
  const disk = holding(encodeUtf8(text));
  const found: string[] = [];
  let place = 0;
  const digest = await readSegment(disk, '/segment', ({ bytes, offset, ended, oversize }) => {
    expect([offset, oversize]).toEqual([place, false]);
    place += bytes.length + 1;
    found.push(`${parseUtf8(bytes) ?? ''}${ended ? '' : ' (rest)'}`);
  });
  expect(found).toEqual([...LINES, 'torn (rest)']);
  expect(Buffer.from(digest).toString('hex')).toBe(createHash('blake2b512').update(text).digest('hex'));
  expect(disk.closed).toBe(1);
});

test('a line that is longer than any entry comes cut, and the lines after it whole', async () => {
  const disk = holding(encodeUtf8(`${'y'.repeat(1_000_000)}\n${LINES[0] ?? ''}\n`));
  const found: [number, boolean, number][] = [];
  for await (const { bytes, oversize, offset } of segmentLines(disk, '/segment'))
    found.push([bytes.length, oversize, offset]);
  expect(found).toEqual([
    [CUSTODY_ENTRY_BYTES_MAX, true, 0],
    [LINES[0]?.length, false, 1_000_001],
  ]);
  expect(await firstEntry(disk.files, '/segment')).toBeUndefined();
});

test('entries are those lines that parse, and with needles only the lines that hold one', async () => {
  const disk = holding(encodeUtf8(['{}', ...LINES, '\u0000'].join('\n') + '\n'));
  const read = async (needles?: readonly Needle[]): Promise<number[]> => {
    const sequences: number[] = [];
    for await (const { sequence } of segmentEntries(disk, '/segment', needles)) sequences.push(sequence);
    return sequences;
  };
  expect(await read()).toEqual(LINES.map((_, at) => at + 1));
  expect(await read([eventNeedle('spooled')])).toEqual([1, 51, 101, 151]);
});

test('the file is closed where a reader looks no further, and reading ends with the signal', async () => {
  const disk = holding(encodeUtf8(LINES.join('\n')));
  for await (const entry of segmentEntries(disk, '/segment')) if (entry.sequence === 3) break;
  expect(disk.closed).toBe(1);
  const stopped = { ...disk, signal: AbortSignal.abort(new Error('stop')) };
  await expect(readSegment(stopped, '/segment', () => undefined)).rejects.toThrow('stop');
});

test('a segment that is gone has no first entry, and one that the disk refuses is an error', async () => {
  const refusing = (code: string) => ({
    open: () => Promise.reject(Object.assign(new Error(code), { code })),
  });
  expect(await firstEntry(refusing('ENOENT'), '/segment')).toBeUndefined();
  await expect(firstEntry(refusing('EIO'), '/segment')).rejects.toThrow('EIO');
  const first = holding(encodeUtf8(`${LINES[0] ?? ''}\n${LINES[1] ?? ''}`));
  expect(await firstEntry(first.files, '/segment')).toMatchObject({ sequence: 1, event: 'spooled' });
});
