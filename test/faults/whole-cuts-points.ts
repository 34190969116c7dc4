// Points at which the power of a whole program is cut, named by operation, class of the path and number, and the preloaded library that cuts
// there (preloaded-library.c, which says what a class is).
import { rm, writeFile } from 'node:fs/promises';
import type { CutDisk } from './cut-disk.ts';
import { PreloadedLibrary, reportedCalls, type ReportedCall } from './preloaded-library.ts';
import type { Side } from './sides.ts';

/** How a life goes: undisturbed, or with its program killed in the middle of a transfer, which goes on from there. */
export const COURSES = ['day', 'resumed'] as const;
export type Course = (typeof COURSES)[number];

/** A call of one program; with an empty operation any call, of any class. */
export interface CutPoint extends ReportedCall {
  /** Which start of the program, from 1. */
  readonly start: number;
  readonly course: Course;
  /** Half of the write is done. */
  readonly torn?: boolean;
}

/** How a point is told: its name. */
export function shownPoint(side: Side, { op, pathClass, number, start, course, torn }: CutPoint): string {
  const call = op === '' ? 'call' : `${op} ${pathClass}`;
  return `${side} ${course} ${start}: ${torn === true ? 'torn ' : ''}${call} ${number}`;
}

/** What became of a program that ran below the library. */
export interface CutOutcome {
  readonly points: readonly CutPoint[];
  readonly wasCut: boolean;
}

/** The built library with its reports. */
export class CutLibrary {
  readonly #library: PreloadedLibrary;

  private constructor(library: PreloadedLibrary) {
    this.#library = library;
  }

  static async build(): Promise<CutLibrary> {
    return new CutLibrary(await PreloadedLibrary.build());
  }

  /** Environment of a program that is cut at the point, or whose calls on that disk are only listed. */
  environment({ path, how }: Pick<CutDisk, 'path' | 'how'>, point?: CutPoint): Record<string, string> {
    const common = this.#library.environment(path, { CUT_HOW: how });
    if (point === undefined) return common;
    const { op, pathClass, number, torn } = point;
    const mode = torn === true ? 'torn' : 'cut';
    return { ...common, CUT_MODE: mode, CUT_OP: op, CUT_CLASS: pathClass, CUT_AT: String(number) };
  }

  /** Environment of a program whose writes to payloads below the folder come so far apart, until `endSlow`; none of its calls is listed. */
  async slowEnvironment(root: string, writeMs: number): Promise<Record<string, string>> {
    await writeFile(this.#slow, '');
    return this.#library.environment(root, {
      CUT_REPORT: '/dev/null',
      CUT_SLOW_MS: String(writeMs),
      CUT_SLOW: 'payload.',
      CUT_APART: this.#slow,
    });
  }

  endSlow(): Promise<void> {
    return rm(this.#slow, { force: true });
  }

  /** What the program with that number of starts did since the last call. Errors: the cut was due and did not succeed. */
  async takeOutcome(course: Course, start: number): Promise<CutOutcome> {
    const lines = await this.#library.takeLines();
    const failed = lines.find((line) => line.startsWith('cut-failed'));
    if (failed !== undefined) throw new Error(`the file system was not shut down: ${failed}`);
    const calls = lines.filter((line) => line !== 'cut');
    const points = reportedCalls(calls).map((call) => ({ ...call, start, course }));
    return { points, wasCut: calls.length < lines.length };
  }

  remove(): Promise<void> {
    return this.#library.remove();
  }

  get #slow(): string {
    return this.#library.beside('slow');
  }
}
