// Judges made recordings, and what we read from recordings, with ffprobe and ffmpeg.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MediaFacts } from '../../agent/media/media-facts.ts';
import { durationFor, makeMedia, type MediaWish } from '../../drivers/simulated/media.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';

const small: MediaWish = {
  widthPx: 160,
  heightPx: 96,
  framesPerSecond: 10,
  durationS: 3,
  seed: 1,
  recordedAtMs: Date.UTC(2026, 10, 24),
};
const cropped: MediaWish = {
  ...small,
  widthPx: 322,
  heightPx: 182,
  framesPerSecond: 7,
  durationS: 2.3,
  seed: -9,
};
const shortest: MediaWish = { ...small, widthPx: 32, heightPx: 32, framesPerSecond: 1, durationS: 1 };
const large = { ...small, widthPx: 640, heightPx: 360, framesPerSecond: 25 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bodydock-media-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Probed {
  readonly streams: readonly { codec_name: string; width: number; height: number; nb_read_frames: string }[];
  readonly format: {
    readonly duration: string;
    readonly format_name: string;
    readonly tags?: { creation_time?: string };
  };
}

function probe(path: string): Probed {
  const asked = ['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', path];
  return JSON.parse(execFileSync(requireTool('ffprobe'), asked, { encoding: 'utf8' })) as Probed;
}

/** Everything that a full decode complains of, and how it ended. */
function decode(path: string): { status: number | null; stderr: string } {
  const asked = ['-v', 'warning', '-xerror', '-err_detect', 'explode', '-i', path, '-f', 'null', '-'];
  const { status, stderr } = spawnSync(requireTool('ffmpeg'), asked, { encoding: 'utf8' });
  return { status, stderr };
}

/** The first row of each picture, as luma. */
function firstRows(path: string, widthPx: number): Buffer[] {
  const asked = [
    '-v',
    'error',
    '-i',
    path,
    '-vf',
    `crop=${widthPx}:2:0:8`,
    '-f',
    'rawvideo',
    '-pix_fmt',
    'gray',
    '-',
  ];
  const all = execFileSync(requireTool('ffmpeg'), asked, { maxBuffer: 1 << 26 });
  return Array.from({ length: all.length / (2 * widthPx) }, (_, at) =>
    all.subarray(2 * at * widthPx, (2 * at + 1) * widthPx),
  );
}

async function write(name: string, wish: MediaWish): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, makeMedia(wish).make());
  return path;
}

describe.skipIf(lacksTools('ffprobe', 'ffmpeg'))('a made recording, as ffprobe and ffmpeg see it', () => {
  test.each([
    ['a few seconds', small],
    ['odd edges and a cut last second', cropped],
    ['a single picture', shortest],
    ['100 MB', { ...large, durationS: durationFor(large, 100_000_000) }],
  ])('of %s is H.264 that decodes without a complaint, with every picture there', async (name, wish) => {
    const path = await write(`${name}.mp4`, wish);
    const { streams, format } = probe(path);
    const frames = Math.round(wish.durationS * wish.framesPerSecond);
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({
      codec_name: 'h264',
      width: wish.widthPx,
      height: wish.heightPx,
      nb_read_frames: `${frames}`,
    });
    expect(Number(format.duration)).toBeCloseTo(frames / wish.framesPerSecond, 3);
    expect(format.tags?.creation_time).toBe('2026-11-24T00:00:00.000000Z');
    expect(decode(path)).toEqual({ status: 0, stderr: '' });
  });

  test('does not decode once a byte that is no sample is damaged', async () => {
    const path = await write('damaged.mp4', small);
    const bytes = readFileSync(path);
    bytes.fill(0xff, 50_000, 50_600);
    await writeFile(path, bytes);
    expect(decode(path)).not.toEqual({ status: 0, stderr: '' });
  });

  test('counts its pictures in the top row, so that a missing one would show', async () => {
    const path = await write('counted.mp4', small);
    const numbers = firstRows(path, small.widthPx).map((row) => {
      const bits = Array.from({ length: small.widthPx / 16 }, (_, block) =>
        (row[block * 16 + 8] ?? 0) > 128 ? 1 : 0,
      );
      return parseInt(bits.join(''), 2);
    });
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, frame) => frame));
  });
});

describe.skipIf(lacksTools('ffprobe', 'ffmpeg'))('media facts of files that ffmpeg wrote', () => {
  const source = [
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=320x180:rate=25:duration=3',
    '-f',
    'lavfi',
    '-i',
    'sine=duration=3',
  ];
  test.each([
    ['a.mp4', ['-c:v', 'libx264', '-c:a', 'aac'], 'mp4', 'h264'],
    ['fast.mp4', ['-c:v', 'libx264', '-c:a', 'aac', '-movflags', '+faststart'], 'mp4', 'h264'],
    ['a.mov', ['-c:v', 'mjpeg', '-c:a', 'pcm_s16le'], 'mov', 'mjpeg'],
    ['a.3gp', ['-c:v', 'mpeg4', '-an'], 'mp4', 'mpeg4'],
    ['a.avi', ['-c:v', 'mjpeg', '-c:a', 'pcm_s16le'], 'avi', 'mjpeg'],
  ])('%s are what ffprobe says', (name, codecs, container, codec) => {
    const path = join(folder, name);
    execFileSync(requireTool('ffmpeg'), ['-v', 'error', '-y', ...source, ...codecs, path]);
    const facts = new MediaFacts();
    facts.push(readFileSync(path));
    const media = facts.facts();
    expect(media).toMatchObject({ container, codec, width_px: 320, height_px: 180 });
    const seconds = Number(probe(path).format.duration);
    expect(Math.abs((media?.duration_ms ?? 0) / 1000 - seconds)).toBeLessThan(0.06);
  });
});
