// Builds the library that is preloaded into one of our programs, and reads what it reports of the program's calls (preloaded-library.c, which
// says what its variables do, and what a class of paths is). What a call is made to do is the suites' own.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('preloaded-library.c', import.meta.url));

/** Name of a built library in its folder. */
export const BUILT = 'preloaded.so';

/** Builds that source; gives the new folder in which the library lies. Errors: there is no gcc, or it does not build. */
export async function buildLibrary(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-preloaded-'));
  const how = ['-O2', '-Wall', '-shared', '-fPIC', '-o', join(folder, BUILT), source, '-ldl', '-pthread'];
  execFileSync('gcc', how, { stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

/** A call as it is reported. */
export interface ReportedCall {
  /** Such as "fsync". */
  readonly op: string;
  readonly pathClass: string;
  /** Among the calls of this operation and class in one report, from 1. */
  readonly number: number;
}

/** The built library in a folder of its own, with its report. */
export class PreloadedLibrary {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Errors: there is no gcc, or it does not build. */
  static async build(): Promise<PreloadedLibrary> {
    return new PreloadedLibrary(await buildLibrary(SOURCE));
  }

  /** Environment of a program whose calls below the folder, which must be there, are reported; `more` are variables of the library beside that. */
  environment(root: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const common = { LD_PRELOAD: this.#built, UV_USE_IO_URING: '0' };
    return { ...common, CUT_ROOT: root, CUT_REPORT: this.#report, ...more };
  }

  /** Path of a file that a suite keeps beside the library. */
  beside(name: string): string {
    return join(this.#folder, name);
  }

  /** Lines since they were last taken: one "operation class" for each call, and what else the library says. */
  async lines(): Promise<string[]> {
    const text = await readFile(this.#report, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  async takeLines(): Promise<string[]> {
    const lines = await this.lines();
    await rm(this.#report, { force: true });
    return lines;
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  get #built(): string {
    return this.beside(BUILT);
  }
  get #report(): string {
    return this.beside('report');
  }
}

/** Names in their order, each with its number among those that are the same, from 1. */
export function numbered(names: readonly string[]): { readonly name: string; readonly number: number }[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    return { name, number };
  });
}

/** Calls of the lines of a report that name one each. */
export function reportedCalls(lines: readonly string[]): ReportedCall[] {
  return numbered(lines).map(({ name, number }) => {
    const space = name.indexOf(' ');
    return { op: name.slice(0, space), pathClass: name.slice(space + 1), number };
  });
}
