// Damage that comes out of a seed: a bit turned, a file cut, lengthened, emptied, taken away or exchanged, a line of a log lost or doubled.
// Nobody signs anything again: this is what disks, people without a key and careless copies do.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SeededRandom } from '../random-seeded.ts';

/** What was done, in a sentence that repeats with its seed. */
export type Damage = string;

type Bytes = (bytes: Buffer, random: SeededRandom) => { readonly bytes: Uint8Array; readonly what: string };

const OF_BYTES: readonly Bytes[] = [
  (bytes, random) => {
    const at = random.below(Math.max(1, bytes.length));
    const turned = Buffer.from(bytes);
    turned[at] = (turned[at] ?? 0) ^ (1 << random.below(8));
    return { bytes: turned, what: `a bit turned in byte ${at}` };
  },
  (bytes, random) => {
    const length = random.below(Math.max(1, bytes.length));
    return { bytes: bytes.subarray(0, length), what: `cut to ${length} bytes` };
  },
  (bytes, random) => {
    const more = random.bytes(1 + random.below(40));
    return { bytes: Buffer.concat([bytes, more]), what: `${more.length} bytes more` };
  },
  (bytes, random) => {
    const at = random.below(Math.max(1, bytes.length));
    const zeroed = Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + 1 + random.below(600)));
    return { bytes: zeroed, what: `zeros from byte ${at}` };
  },
  () => ({ bytes: Buffer.alloc(0), what: 'emptied' }),
  (bytes, random) => changedLine(bytes, random, () => [], 'lost'),
  (bytes, random) => changedLine(bytes, random, (line) => [line, line], 'doubled'),
];

/** Damages one file below the folder. What it did differs from what was there, by a byte at least. */
export async function damage(vault: string, random: SeededRandom): Promise<Damage> {
  const kinds = await filesByKind(vault);
  for (;;) {
    const files = random.pick(kinds);
    const path = random.pick(files);
    const done = await damageFile(path, random.pick(files), random);
    if (done !== undefined) return `${relative(vault, path)} ${done.replaceAll(`${vault}/`, '')}`;
  }
}

/** Files by what they are, so that each kind is as likely as any other, however many there are of it. */
async function filesByKind(vault: string): Promise<readonly (readonly string[])[]> {
  const kinds = new Map<string, string[]>();
  for (const entry of await readdir(vault, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const kind = entry.name.replace(/^[a-z2-7]{26}|^[0-9a-f]{16}|^\d{4}-\d\d-\d\d/, '*');
    const paths = kinds.get(kind) ?? [];
    paths.push(join(entry.parentPath, entry.name));
    kinds.set(kind, paths);
  }
  return [...kinds.values()].map((paths) => paths.sort()).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

async function damageFile(path: string, other: string, random: SeededRandom): Promise<string | undefined> {
  const choice = random.below(OF_BYTES.length + 3);
  const bytes = await readFile(path);
  switch (choice) {
    case OF_BYTES.length:
      await rm(path);
      return 'taken away';
    case OF_BYTES.length + 1:
      if (bytes.equals(await readFile(other))) return undefined;
      await copyFile(other, path);
      return `replaced by ${other}`;
    case OF_BYTES.length + 2: {
      const exchanged = await readFile(other);
      if (bytes.equals(exchanged)) return undefined;
      await writeFile(path, exchanged);
      await writeFile(other, bytes);
      return `exchanged with ${other}`;
    }
    default: {
      const made = OF_BYTES[choice]?.(bytes, random);
      if (made === undefined || bytes.equals(made.bytes)) return undefined;
      await writeFile(path, made.bytes);
      return made.what;
    }
  }
}

function changedLine(
  bytes: Buffer,
  random: SeededRandom,
  change: (line: string) => string[],
  what: string,
): ReturnType<Bytes> {
  const lines = bytes.toString('latin1').split('\n');
  const at = random.below(lines.length);
  const changed = lines.toSpliced(at, 1, ...change(lines[at] ?? '')).join('\n');
  return { bytes: Buffer.from(changed, 'latin1'), what: `line ${at + 1} ${what}` };
}
