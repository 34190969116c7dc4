// Which ports were switched off and not on again: written down before, so that a start behind a crash switches them on.
//
// Invariants:
// 1. The mark of a port is there before the port is off, and goes only once it is on. One that was cut off is of a port that is on still.
// 2. A mark names ports, never files: what is written to is found anew.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBayId, type BayId } from '../../../protocol/format/ids.ts';

const END = '.off';

/** A mark. */
export interface OffMark {
  readonly bay: BayId;
  readonly portPaths: readonly string[];
}

/** Errors: the system's. */
export async function putMark(folder: string, { bay, portPaths }: OffMark): Promise<void> {
  await writeFile(join(folder, bay + END), portPaths.map((path) => `${path}\n`).join(''));
}

/** Errors: the system's. */
export async function takeMark(folder: string, bay: BayId): Promise<void> {
  await rm(join(folder, bay + END), { force: true });
}

/** The folder is root's alone, and so are its marks. Errors: the system's. */
export async function leftMarks(folder: string): Promise<OffMark[]> {
  const marks: OffMark[] = [];
  for (const name of await readdir(folder)) {
    const bay = name.endsWith(END) ? name.slice(0, -END.length) : '';
    if (!isBayId(bay)) continue;
    const text = await readFile(join(folder, name), 'latin1');
    marks.push({ bay, portPaths: text.split('\n').filter((line) => line !== '') });
  }
  return marks;
}
