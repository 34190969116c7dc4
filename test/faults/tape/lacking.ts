// What a life on tape needs beside our own programs.
import { findTool, lacksTools } from '../../fakes/stock-tools.ts';

/** What is missing, in words; undefined where all is there, and in CI, where whatever is missing is a failure. */
export function lackingForTape(): string | undefined {
  if (process.env['CI'] !== undefined) return undefined;
  if (findTool('gcc') === undefined) return 'gcc';
  return lacksTools('mosquitto') ? 'mosquitto' : undefined;
}
