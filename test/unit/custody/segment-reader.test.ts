// Reading lines out of long segments, also by several who read at once: what one gets no other one's reading changes.
import { expect, test } from 'vitest';
import { segmentPath } from '../../../agent/custody/custody-segments.ts';
import { newPiece, SegmentReader } from '../../../agent/custody/segment-reader.ts';
import { makeSegmentId } from '../../../protocol/format/ids.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const FOLDER = '/custody';
const LINES = 900;

function longSegment(): { disk: CrashDisk; known: Parameters<SegmentReader['read']>[0]; lines: string[] } {
  const lines = Array.from({ length: LINES }, (_, at) => `${at + 1} ${'x'.repeat(700 + (at % 90))}\n`);
  const known = { segment: makeSegmentId(seededRandom(1)), lastSequence: LINES, lastSha256: '' };
  const disk = new CrashDisk();
  disk.plant(segmentPath(FOLDER, known.segment), lines.join(''));
  return { disk, known, lines };
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

test('lines of several reads of the disk come as they lie there', async () => {
  const { disk, known, lines } = longSegment();
  const read = await new SegmentReader(disk, FOLDER).read(known, 1, 10_000_000);
  expect([read?.from, read?.to]).toEqual([1, LINES]);
  expect(text(read?.lines) === lines.join('')).toBe(true);
});

test('readers at once, and one behind the other, each get their own lines', async () => {
  const { disk, known, lines } = longSegment();
  const reader = new SegmentReader(disk, FOLDER);
  const first = await reader.read(known, 3, 5000);
  const from = [1, 40, 320, 600, 899];
  const reads = await Promise.all(from.map((sequence) => reader.read(known, sequence, 300_000)));
  for (const [at, read] of reads.entries()) {
    const wanted = lines.slice((from[at] ?? 0) - 1, read?.to).join('');
    expect(read?.from).toBe(from[at]);
    expect(text(read?.lines) === wanted, `from ${from[at]}`).toBe(true);
  }
  expect(text(first?.lines)).toBe(lines.slice(2, first?.to).join(''));
});

test('lines that are looked at where they were read come as they lie there, from any entry on', async () => {
  const { disk, known, lines } = longSegment();
  const reader = new SegmentReader(disk, FOLDER);
  const piece = newPiece();
  for (const first of [1, 2, 64, 65, 330, 899, 900]) {
    let [seen, from] = ['', first];
    for (let read = await reader.readInto(piece, known, from); read !== undefined;) {
      expect(read.from).toBe(from);
      seen += text(read.lines);
      from = read.to + 1;
      read = await reader.readInto(piece, known, from);
    }
    expect(seen === lines.slice(first - 1).join(''), `from ${first}`).toBe(true);
    expect(from).toBe(LINES + 1);
  }
});

test('nothing is read behind the entry that is known to be the last one', async () => {
  const { disk, known, lines } = longSegment();
  const short = { ...known, lastSequence: 5 };
  const read = await new SegmentReader(disk, FOLDER).readInto(newPiece(), short, 4);
  expect([read?.from, read?.to, text(read?.lines)]).toEqual([4, 5, lines.slice(3, 5).join('')]);
});

test('no more bytes come than are wanted, but always a line, and the disk is read no further than for these', async () => {
  const { disk, known, lines } = longSegment();
  let reads = 0;
  const files = filesWith(disk, {
    open: async (path, mode) => {
      const file = await disk.open(path, mode);
      const read: OpenFile['read'] = (target, position) => {
        reads++;
        return file.read(target, position);
      };
      return {
        read,
        write: (bytes, position) => file.write(bytes, position),
        sizeBytes: () => file.sizeBytes(),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  });
  const reader = new SegmentReader(files, FOLDER);
  for (const bytesMax of [0, 1, 750, 5000, 98_304, 262_144, 400_000]) {
    reads = 0;
    const read = await reader.read(known, 3, bytesMax);
    const wanted: string[] = [];
    for (const line of lines.slice(2)) {
      if (wanted.length > 0 && wanted.join('').length + line.length > bytesMax) break;
      wanted.push(line);
    }
    expect(text(read?.lines) === wanted.join(''), `${bytesMax}`).toBe(true);
    expect(read?.to).toBe(2 + wanted.length);
    expect(reads).toBeLessThanOrEqual(1 + Math.floor(bytesMax / 200_000));
  }
});
