// A question to the person at the terminal.
import { createInterface } from 'node:readline';

/**
 * What the person typed, without white space around it; undefined where nobody is there: standard input is no terminal, or it ended.
 * Errors: the signal's reason.
 */
export async function askAtTerminal(
  question: string,
  io: { err(text: string): void; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  io.signal.throwIfAborted();
  io.err(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  const abort = (): void => lines.close();
  io.signal.addEventListener('abort', abort, { once: true });
  try {
    const typed = await new Promise<string | undefined>((resolve) => {
      lines.once('line', (line) => resolve(line.trim()));
      lines.once('close', () => resolve(undefined));
    });
    io.signal.throwIfAborted();
    return typed;
  } finally {
    io.signal.removeEventListener('abort', abort);
    lines.close();
    process.stdin.pause();
  }
}
