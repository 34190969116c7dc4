// What a life on tape needs beside our own programs.
import { findTool, lacksTools } from '../../fakes/stock-tools.ts';

/** What is missing, in words; undefined where all is there, and in CI, where whatever is missing is a failure. */
export function lackingForTape(): string | undefined {
  if (process.env['CI'] !== undefined) return undefined;
  if (findTool('gcc') === undefined) return 'gcc';
  return lacksTools('mosquitto') ? 'mosquitto' : undefined;
}

/** The same for one that is played again on a real file system. */
export function lackingForExt4(): string | undefined {
  if (process.env['CI'] !== undefined) return undefined;
  if (process.getuid?.() !== 0) return 'root, to mount a file system';
  return lackingForTape() ?? (findTool('mkfs.ext4') === undefined ? 'mkfs.ext4' : undefined);
}
