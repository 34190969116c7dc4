// Runs one of our own commands to its end, as a user would type it, and gives back what it printed.
import { spawn } from 'node:child_process';

/** Printed text that is kept; a verification of 10,000 recordings prints less. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never rejects for an exit code. Errors: the signal's reason; the system's where Node cannot be started. */
export function runCommand(
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], signal });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (part: string) => {
        text[name] = (text[name] + part).slice(-OUTPUT_BYTES_MAX);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, ...text }));
  });
}
