// Another wall clock for a process of ours, which a test moves while the process runs: the library of faketime(1), preloaded. Monotonic
// time and the times of files stay real.
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandOutcome, runProgram } from './program.ts';

const LIBRARY = 'faketime/libfaketimeMT.so.1';

/** Path of the library, wherever this machine's architecture keeps it; undefined where faketime is not installed. */
function findLibrary(): string | undefined {
  const folders = readdirSync('/usr/lib').map((name) => join('/usr/lib', name));
  return [...folders, '/usr/lib', '/usr/local/lib'].map((folder) => join(folder, LIBRARY)).find(existsSync);
}

/** One clock; give its `environment` to the process. */
export class FakeWallClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bodydock-faketime-'));
  readonly #file = join(this.#folder, 'ahead');

  constructor() {
    this.move(0);
  }

  /** Throws where faketime is not installed. */
  get environment(): Readonly<Record<string, string>> {
    const library = findLibrary();
    if (library === undefined)
      throw new Error('the package faketime is not installed, and this test needs it');
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** From now on the process believes in a time so far off the real one. */
  move(aheadMs: number): void {
    const seconds = Math.round(aheadMs / 1000);
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs a program of ours to its end on a clock that says that time (UTC) when it starts. */
export async function runAtTime(at: string, file: string, args: readonly string[]): Promise<CommandOutcome> {
  const clock = new FakeWallClock();
  try {
    clock.move(Date.parse(`${at.replace(' ', 'T')}Z`) - Date.now());
    return await runProgram(file, args, { environment: { ...clock.environment, TZ: 'UTC' } });
  } finally {
    clock.close();
  }
}
