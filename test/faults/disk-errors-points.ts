// Calls of a whole program that fail, named by program, operation, class of the path, number and error, and the preloaded library that lets them
// fail (preloaded-library.c, which says what a class is, and what a failure leaves).
import { rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { PreloadedLibrary, reportedCalls, type ReportedCall } from './preloaded-library.ts';
import type { Side } from './sides.ts';

/** A call of one program. */
export interface DiskCall extends ReportedCall {
  /** Which start of the program. */
  readonly start: number;
}

/** One that fails. */
export interface ErrorPoint extends DiskCall {
  readonly code: 'EIO' | 'ENOSPC';
  /** And all others that can fail so, until the disk is made well; that one call alone otherwise. */
  readonly forGood: boolean;
}

/** Calls that need space. */
const FILLING: ReadonlySet<string> = new Set(['write', 'create', 'mkdir', 'rename', 'link']);

/** All errors of a call. */
export function errorsAt(call: DiskCall): ErrorPoint[] {
  const codes = FILLING.has(call.op) ? (['EIO', 'ENOSPC'] as const) : (['EIO'] as const);
  return codes.flatMap((code) => [false, true].map((forGood) => ({ ...call, code, forGood })));
}

/** How a point is told: its name, that BODYDOCK_ERRORS takes. */
export function shownError(side: Side, { op, pathClass, number, start, code, forGood }: ErrorPoint): string {
  return `${side} ${start}: ${op} ${pathClass} ${number}: ${code} ${forGood ? 'for good' : 'once'}`;
}

/** What a program did below the library. */
export interface DiskOutcome {
  readonly calls: readonly DiskCall[];
  /** Calls that failed. */
  readonly failed: number;
}

/** The built library with its reports. */
export class ErrorLibrary {
  readonly #library: PreloadedLibrary;
  readonly #more: string;

  private constructor(library: PreloadedLibrary, more: readonly string[]) {
    this.#library = library;
    this.#more = more.join(',');
  }

  /** `more` are calls that change nothing and are listed, and may fail, anyway. */
  static async build(more: readonly ('close' | 'read')[]): Promise<ErrorLibrary> {
    return new ErrorLibrary(await PreloadedLibrary.build(), more);
  }

  /** Environment of a program whose calls below the folder are listed, and fail at the point where there is one. */
  environment(root: string, point?: ErrorPoint): Record<string, string> {
    const common = this.#library.environment(root, { CUT_MORE: this.#more });
    if (point === undefined) return common;
    const { op, pathClass, number, code, forGood } = point;
    const at = { CUT_OP: op, CUT_CLASS: pathClass, CUT_AT: String(number) };
    const how = { CUT_MODE: 'error', CUT_ERRNO: String(constants.errno[code]) };
    return { ...common, ...at, ...how, ...(forGood ? { CUT_WELL: this.#well } : {}) };
  }

  /** Environment of one that fails at the point and, until the disk is made well, at each later call of the same name: a part of a disk is ill. */
  partEnvironment(root: string, point: ErrorPoint): Record<string, string> {
    return { ...this.environment(root, { ...point, forGood: true }), CUT_ALONE: '1' };
  }

  /** Environment of one each of whose writes lasts so long. */
  slowEnvironment(root: string, ms: number): Record<string, string> {
    return { ...this.environment(root), CUT_SLOW_MS: String(ms) };
  }

  /** The disk does not fail any more, or may fail again. */
  async makeWell(isWell: boolean): Promise<void> {
    if (isWell) await writeFile(this.#well, '');
    else await rm(this.#well, { force: true });
  }

  /** Calls that failed since the last outcome was taken. */
  async failed(): Promise<number> {
    return (await this.#library.lines()).filter((line) => line === FAILED).length;
  }

  /** What the program with that number of starts did since the last time. */
  async takeOutcome(start: number): Promise<DiskOutcome> {
    const lines = await this.#library.takeLines();
    const calls = lines.filter((line) => line !== FAILED);
    return {
      calls: reportedCalls(calls).map((call) => ({ ...call, start })),
      failed: lines.length - calls.length,
    };
  }

  remove(): Promise<void> {
    return this.#library.remove();
  }

  get #well(): string {
    return this.#library.beside('well');
  }
}

const FAILED = 'failed';
