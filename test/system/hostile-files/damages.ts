// What becomes of a file behind everybody's back.
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import type { Snapshot } from './snapshots.ts';
import type { Side } from './file-kinds.ts';

/** One file, and what it may be exchanged for. */
export interface Victim {
  readonly side: Side;
  /** Below spool or vault. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Others of its kind, at the same moment. */
  readonly others: readonly Uint8Array[];
  /** What lay at its place at earlier moments. */
  readonly older: readonly Uint8Array[];
}

/** Changes the disk; false where such a thing cannot be done to this file, or would leave it as it is. */
export type Damage = (disk: CrashDisk, path: string, victim: Victim) => boolean;

const ZEROS = 4096;
/** Longer than anything that is read as a whole. */
const HUGE_BYTES = 17 * 1024 * 1024;

function replaced(change: (victim: Victim) => Uint8Array | undefined): Damage {
  return (disk, path, victim) => {
    const bytes = change(victim);
    if (bytes === undefined || Buffer.from(bytes).equals(victim.bytes)) return false;
    disk.plant(path, bytes);
    return true;
  };
}

/** A bit at a place that the number draws. */
function flipped(place: number): Damage {
  return replaced(({ bytes, path }) => {
    if (bytes.length === 0) return undefined;
    const random = new SeededRandom(place * 7919 + path.length + bytes.length);
    const at = random.below(bytes.length);
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  });
}

/** Others cannot read it, or the medium cannot: its name can still be changed. */
function unreadable(code: string): Damage {
  return (disk, path, { bytes }) => {
    for (const operation of ['open', 'readAll'] as const)
      disk.fail({ operation, path, nth: 1, times: Number.POSITIVE_INFINITY, code });
    return bytes.length >= 0;
  };
}

export const WHOLE_DAMAGES: Readonly<Record<string, Damage>> = {
  'cut to nothing': replaced(() => new Uint8Array(0)),
  'cut to half': replaced(({ bytes }) => bytes.subarray(0, bytes.length >> 1)),
  'a byte less': replaced(({ bytes }) => (bytes.length > 0 ? bytes.subarray(0, -1) : undefined)),
  'a byte more': replaced(({ bytes }) => Buffer.concat([bytes, Uint8Array.of(0x20)])),
  'a line end more': replaced(({ bytes }) => Buffer.concat([bytes, Uint8Array.of(0x0a)])),
  'zeros in the middle': replaced(({ bytes }) => {
    const from = Math.max(0, (bytes.length - ZEROS) >> 1);
    return Buffer.from(bytes).fill(0, from, Math.min(bytes.length, from + ZEROS));
  }),
  'zeros at the end': replaced(({ bytes }) =>
    Buffer.from(bytes).fill(0, Math.max(bytes.length >> 1, bytes.length - ZEROS)),
  ),
  'zeros behind the end': replaced(({ bytes }) => Buffer.concat([bytes, Buffer.alloc(ZEROS)])),
  'another of its kind': replaced(({ others }) => others[0]),
  'an older one': replaced(({ older }) => older[0]),
  'very long': replaced(({ bytes }) => Buffer.concat([bytes, Buffer.alloc(HUGE_BYTES)])),
  'a folder': (disk, path) => {
    disk.plantFolder(path);
    return true;
  },
  'a folder with a file': (disk, path) => {
    disk.plantFolder(path);
    disk.plant(`${path}/stranger`, 'x');
    return true;
  },
  'a link, FIFO or device': (disk, path) => {
    disk.plantOther(path);
    return true;
  },
  'not to be read by us': unreadable('EACCES'),
  'not to be read from the disk': unreadable('EIO'),
};

/** The damage of that name: one of the above, or `bit <number>`; with `none` everything is as it was. */
export function damageOf(name: string): Damage {
  if (name === 'none') return () => true;
  const [, place] = /^bit (\d+)$/.exec(name) ?? [];
  const damage = place === undefined ? WHOLE_DAMAGES[name] : flipped(Number(place));
  if (damage === undefined) throw new Error(`no damage "${name}"`);
  return damage;
}

/** The file at that path of a moment, with what it may be exchanged for. */
export function victimOf(
  snapshots: readonly Snapshot[],
  moment: Snapshot,
  place: { readonly side: Side; readonly path: string; readonly isOfKind: (path: string) => boolean },
): Victim {
  const { side, path, isOfKind } = place;
  const bytes = moment[side].get(path);
  if (bytes === undefined || bytes === null) throw new Error(`${path} is no file`);
  const others = [...moment[side]].flatMap(([other, content]) =>
    other !== path && content !== null && isOfKind(other) && isAlike(other, path) ? [content] : [],
  );
  const older = snapshots
    .slice(0, snapshots.indexOf(moment))
    .map((earlier) => earlier[side].get(path))
    .filter((content) => content !== undefined && content !== null)
    .filter((content) => !Buffer.from(content).equals(bytes));
  return { side, path, bytes, others, older };
}

/** A document is exchanged for a document, not for its signature. */
function isAlike(one: string, other: string): boolean {
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/^[a-z2-7]{26}/, '');
  return nameOf(one) === nameOf(other);
}
