// Judges made recordings, and what we read from recordings, with ffprobe and ffmpeg.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MediaFacts } from '../../agent/seal/media-facts.ts';
import { FILM, makeFilm } from '../../drivers/simulated/camera.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bodydock-media-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Probed {
  readonly streams: readonly { codec_name: string; width: number; height: number; nb_read_frames: string }[];
  readonly format: { readonly duration: string };
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

async function write(name: string, sizeBytes: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, makeFilm(sizeBytes, -9).make());
  return path;
}

describe.skipIf(lacksTools('ffprobe', 'ffmpeg'))('a film of a simulated camera', () => {
  test.each([
    ['a short clip', 700_000],
    ['100 MB', 100_000_000],
  ])('of %s is H.264 that decodes without a complaint, with every picture there', async (name, sizeBytes) => {
    const path = await write(`${name}.mp4`, sizeBytes);
    const { streams, format } = probe(path);
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({
      codec_name: 'h264',
      width: FILM.widthPx,
      height: FILM.heightPx,
      nb_read_frames: `${FILM.durationS * 25}`,
    });
    expect(Number(format.duration)).toBe(FILM.durationS);
    expect(decode(path)).toEqual({ status: 0, stderr: '' });
  });

  test('does not decode once one of its pictures is damaged', async () => {
    const path = await write('damaged.mp4', 700_000);
    const bytes = readFileSync(path);
    bytes.fill(0xff, 20_000, 20_600);
    await writeFile(path, bytes);
    expect(decode(path)).not.toEqual({ status: 0, stderr: '' });
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
