// Runs one of the system's own programs for a short answer. Bounded in time and output; whatever goes wrong is no answer.
import { execFile, type ChildProcess } from 'node:child_process';

const OUTPUT_BYTES_MAX = 16_384;
/** Where Debian has them. Nothing else of our environment is passed on: it may hold what a child need not know. */
const FOLDERS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The program's output, or null where it is not there, ended with an error, said too much or was not done after `timeoutMs`.
 * It is killed then, and not waited for: a process that the kernel holds cannot be ended. Errors: none.
 */
export function askCommand(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  folders = FOLDERS,
): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { env: { PATH: folders, LC_ALL: 'C' }, maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true };
    const done = (error: Error | null, stdout: string): void => {
      clearTimeout(timer);
      resolve(error === null ? stdout : null);
    };
    let child: ChildProcess;
    try {
      child = execFile(file, args, options, done);
    } catch {
      resolve(null); // no memory for another process: Node throws that one
      return;
    }
    child.stdin?.end();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      resolve(null);
    }, timeoutMs);
  });
}
