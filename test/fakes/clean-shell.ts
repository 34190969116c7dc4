// A shell like that of somebody who has nothing but minisign, age and coreutils: its search path holds these alone. Runs lines as a person would
// type them, one after the other in one session, and keeps what each block of them showed.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { requireTool } from './stock-tools.ts';

/** Of coreutils, what a kit's lines may use. No sed, no grep, no awk, no node. */
const COREUTILS = 'base64 basenc cat cut dirname head ls realpath sha256sum sort split tail tr'.split(' ');
const RUN_MS = 60_000;

/** Lines that are typed together, and what is to be seen then. */
export interface TypedBlock {
  readonly name: string;
  readonly lines: readonly string[];
}

/** What a block showed, and the exit code of each of its lines that was run. */
export interface ShownBlock {
  readonly name: string;
  readonly out: string;
  readonly exitCodes: readonly number[];
}

/** A folder with links to the tools alone, made in `folder`. */
export async function toolFolder(folder: string): Promise<string> {
  const tools = join(folder, 'tools');
  await mkdir(tools);
  for (const name of ['minisign', 'age', 'bash', ...COREUTILS])
    await symlink(requireTool(name), join(tools, name));
  return tools;
}

/** Types blocks in a folder; ends after the first line that fails. Standard error is not what a person is told to compare. */
export async function typeBlocks(
  tools: string,
  folder: string,
  blocks: readonly TypedBlock[],
): Promise<ShownBlock[]> {
  const script = blocks.map(({ lines }, block) => {
    const typed = lines.map((line) => `${line}\ncode=$?; echo "<<code $code>>"; [ "$code" = 0 ] || exit 0`);
    return [`echo "<<block ${block}>>"`, ...typed].join('\n');
  });
  const { out } = await runClean(tools, folder, ['-s'], script.join('\n'));
  return out
    .split(/^<<block \d+>>\n/m)
    .slice(1)
    .map((text, at) => ({
      name: blocks[at]?.name ?? '',
      out: text.replaceAll(/^<<code \d+>>\n/gm, ''),
      exitCodes: [...text.matchAll(/^<<code (\d+)>>$/gm)].map(([, code]) => Number(code)),
    }));
}

/** Runs bash with these tools and no other environment. */
function runClean(
  tools: string,
  folder: string,
  args: readonly string[],
  input = '',
): Promise<{ readonly exitCode: number | null; readonly out: string; readonly err: string }> {
  const bash = requireTool('bash');
  accessSync(bash, constants.X_OK);
  return new Promise((resolve, reject) => {
    const env = { PATH: tools, HOME: folder, SHELL: bash, LC_ALL: 'C' };
    const child = spawn(bash, ['--noprofile', '--norc', ...args], { cwd: folder, env, timeout: RUN_MS });
    const text = { out: '', err: '' };
    child.stdout.on('data', (bytes: Buffer) => (text.out += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (text.err += bytes.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, ...text }));
    child.stdin.on('error', () => undefined); // a shell that ends early does not read all of it
    child.stdin.end(input);
  });
}
