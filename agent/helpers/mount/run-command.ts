// Runs one program of the system with fixed words: no shell, no environment of ours, nothing on its standard input, bounded in time and output.
import { execFile } from 'node:child_process';
import { describeError } from '../../../protocol/format/errors.ts';

/** Where util-linux and coreutils lie. */
export const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const OUTPUT_BYTES_MAX = 64 * 1024;
const SAID_CHARACTERS_MAX = 400;

export interface CommandResult {
  /** Null where it was killed, or never started. */
  readonly code: number | null;
  readonly output: Uint8Array;
  /** What it said on standard error, cut; never sent to a client, it may hold a name from a device. */
  readonly said: string;
}

export type RunCommand = (
  program: string,
  words: readonly string[],
  timeoutMs: number,
) => Promise<CommandResult>;

/**
 * Resolves when the program has ended; never rejects. It is killed after `timeoutMs`, and still lives until the kernel lets go of it: whoever
 * waits for it in vain has to say so and must not start another one for the same device.
 */
export function systemCommands(path: string = SYSTEM_PATH): RunCommand {
  return (program, words, timeoutMs) =>
    new Promise((resolve) => {
      const options = {
        cwd: '/',
        env: { PATH: path, LC_ALL: 'C' },
        encoding: 'buffer' as const,
        timeout: timeoutMs,
        killSignal: 'SIGKILL' as const,
        maxBuffer: OUTPUT_BYTES_MAX,
        shell: false,
      };
      try {
        const child = execFile(program, [...words], options, (error, output, said) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
          resolve({ code, output, said: said.toString('latin1').trim().slice(0, SAID_CHARACTERS_MAX) });
        });
        child.stdin?.end();
      } catch (error) {
        // No memory for another process: Node throws that one.
        resolve({ code: null, output: new Uint8Array(), said: describeError(error) });
      }
    });
}
