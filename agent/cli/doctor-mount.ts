// On which mount a path lies. Source: proc_pid_mountinfo(5).
import { readFile, realpath } from 'node:fs/promises';

/** `type` is the name of the file system, such as "ext4". */
export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** The mount of a path, or of the nearest folder above it that is there; undefined where the system does not tell. Never rejects. */
export async function mountOf(path: string): Promise<Mount | undefined> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const real = await realpath(path).catch(() => path);
  let best: Mount | undefined;
  for (const line of table.split('\n')) {
    const [front = '', back = ''] = line.split(' - ');
    const point = unescaped(front.split(' ')[4] ?? '');
    const isAbove = point === '/' || real === point || real.startsWith(`${point}/`);
    // Of two at one point the later one lies on top.
    if (point !== '' && isAbove && point.length >= (best?.point.length ?? 0))
      best = { point, type: back.split(' ')[0] ?? '?' };
  }
  return best;
}

/** Blanks and backslashes are written in octal. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
