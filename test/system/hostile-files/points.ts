// Which points there are, and which of them one run tries.
import { WHOLE_DAMAGES } from './damages.ts';
import { FILE_KINDS, type FileKind } from './file-kinds.ts';
import type { PointName } from './point.ts';
import type { Snapshot } from './snapshots.ts';

/** Places of each kind of file at which a bit is turned. */
export const BITS_PER_KIND = 200;

/** Files of a kind that each other damage is done to, of different moments. */
export const FILES_PER_DAMAGE = 3;

/** Every point, kind by kind. */
export function allPoints(
  snapshots: readonly Snapshot[],
  { bits = BITS_PER_KIND, files = FILES_PER_DAMAGE }: { bits?: number; files?: number } = {},
): readonly PointName[] {
  const untouched = snapshots.map(({ name: moment }) => ({
    moment,
    kind: 'id file',
    path: 'spool.json',
    damage: 'none',
  }));
  const damaged = FILE_KINDS.filter(({ notTried }) => notTried === undefined).flatMap((kind) => {
    const victims = victimsOf(snapshots, kind);
    if (victims.length === 0) throw new Error(`nobody ever has a file of the kind "${kind.name}"`);
    const turned = Array.from({ length: bits }, (_, at) => ({
      ...(victims[at % victims.length] as Place),
      kind: kind.name,
      damage: `bit ${at}`,
    }));
    const whole = Object.keys(WHOLE_DAMAGES).flatMap((damage, number) =>
      Array.from({ length: Math.min(files, victims.length) }, (_, at) => ({
        ...(victims[(number + at * Math.ceil(victims.length / files)) % victims.length] as Place),
        kind: kind.name,
        damage,
      })),
    );
    return [...whole, ...turned];
  });
  return [...untouched, ...damaged];
}

type Place = Pick<PointName, 'moment' | 'path'>;

/** At each moment up to four files of each name that the kind has: what they are of is on other cameras, or on none any more. */
function victimsOf(snapshots: readonly Snapshot[], kind: FileKind): readonly Place[] {
  return snapshots.flatMap((moment) => {
    const byName = new Map<string, string[]>();
    for (const [path, bytes] of moment[kind.side]) {
      if (bytes === null || !kind.path.test(path)) continue;
      const name = path.replaceAll(/[a-z2-7]{26}|[0-9a-f]{64}|\d{4,}/g, '*');
      byName.set(name, [...(byName.get(name) ?? []), path]);
    }
    return [...byName.values()].flatMap((paths) => {
      const chosen = [0, 1, 2, 3].map((at) => paths[Math.round((at * (paths.length - 1)) / 3)]);
      return [...new Set(chosen)].map((path) => ({ moment: moment.name, path: path ?? '' }));
    });
  });
}

/** What failed once, by kind and moment; ids are others whenever the programs draw others. */
const KEPT: readonly (readonly [kind: string, moment: string, damage: string])[] = [
  ['id file', 'backlog', 'a folder'],
  ['receipt', 'receipted', 'zeros in the middle'],
  ['manifest', 'receipted', 'bit 0'],
  ['sealed recording', 'receipted', 'a folder with a file'],
  ['what is known of the store', 'restored', 'cut to half'],
  ['what is known of the store', 'restored', 'a folder with a file'],
  ['upload under way', 'uploading', 'a folder with a file'],
  ['upload under way', 'uploading', 'very long'],
  ['custody segment of a station', 'backlog', 'a folder'],
  ['custody segment', 'receipted', 'a folder with a file'],
  ['vault id', 'settled', 'cut to half'],
];

/** Points of each that failed once: where a camera still holds the file, if one does; each file that is signed as a whole. */
export function keptPoints(snapshots: readonly Snapshot[]): readonly PointName[] {
  return KEPT.flatMap(([name, at, damage]) => {
    const kind = FILE_KINDS.find((each) => each.name === name);
    const moment = snapshots.find((each) => each.name === at);
    if (kind === undefined || moment === undefined) throw new Error(`no kept point ${name}, ${at}`);
    const paths = [...moment[kind.side].keys()].filter((path) => kind.path.test(path));
    const isSigned = (path: string): boolean => moment[kind.side].has(`${path}.minisig`);
    const held = paths.find((path) => isOnCamera(moment, path)) ?? paths[0];
    if (held === undefined) throw new Error(`no ${name} at the moment ${at}`);
    const signed = paths.filter(isSigned);
    return (signed.length > 0 ? signed : [held]).map((path) => ({ moment: at, kind: name, path, damage }));
  });
}

/** Whether the recording in whose folder the file lies is still on its camera. */
function isOnCamera(moment: Snapshot, path: string): boolean {
  const manifest = moment.spool.get(path.replace(/[^/]+$/, 'manifest.json'));
  if (manifest === undefined || manifest === null) return false;
  const { original } = JSON.parse(Buffer.from(manifest).toString()) as { original: { sha256: string } };
  return moment.cameras.some(({ recordings }) => recordings.some(({ sha256 }) => sha256 === original.sha256));
}

/** Some of them, others with each number, and all of them over the numbers: neighbours fall into different shares. */
export function shareOf(
  points: readonly PointName[],
  { share, of }: { share: number; of: number },
): readonly PointName[] {
  return points.filter((_, at) => at % of === share % of);
}
