// Finds the fault tools (power cuts on a real file system by a preloaded library) and runs them. They need root, gcc and mkfs.ext4.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pointTried } from '../fakes/points.ts';
import { findTool } from '../fakes/stock-tools.ts';
import { UMOUNT_LOOP } from '../fakes/umount-loop.ts';

/** Where the tools may lie: named by BODYDOCK_TOOLS, or beside the project. */
function toolFolders(): string[] {
  const named = process.env['BODYDOCK_TOOLS'];
  const beside = new URL('../../../shared/faults', import.meta.url).pathname;
  return [...(named === undefined ? [] : [named, join(named, 'faults')]), beside];
}

/** Folder with faultshim.c and powercut.mjs, or undefined. */
function findFaultTools(): string | undefined {
  return toolFolders().find((folder) => existsSync(join(folder, 'faultshim.c')));
}

/** What is missing for cuts on a real file system, in words; undefined where all is there. */
export function lackingForCuts(): string | undefined {
  if (process.getuid?.() !== 0) return 'root, to mount a file system';
  const tool = ['gcc', 'mkfs.ext4', 'mount'].find((name) => findTool(name) === undefined);
  if (tool !== undefined) return tool;
  return findFaultTools() === undefined ? 'the fault tools (set BODYDOCK_TOOLS)' : undefined;
}

/** The same for the strict file system. */
export function lackingForStrict(): string | undefined {
  if (process.getuid?.() !== 0) return 'root, to mount a file system';
  const tool = ['gcc', 'pkg-config', 'fusermount3'].find((name) => findTool(name) === undefined);
  if (tool !== undefined) return tool;
  if (!existsSync('/usr/include/fuse3/fuse_lowlevel.h')) return 'libfuse3-dev';
  return findFaultTools() === undefined ? 'the fault tools (set BODYDOCK_TOOLS)' : undefined;
}

/** Source of the strict file system. */
export function strictSource(): string {
  return join(findFaultTools() ?? '', 'amnesia.c');
}

/** What powercut.mjs reports of one run. */
export interface CutReport {
  readonly points: number;
  readonly runs: number;
  readonly failing: number;
  /** The first failing point: which call, what it did, and what the checker found. */
  readonly first?: unknown;
}

/** A built fault library in a temporary folder. */
export class PowerCuts {
  readonly #folder: string;
  readonly #tools: string;

  private constructor(folder: string, tools: string) {
    this.#folder = folder;
    this.#tools = tools;
  }

  /** Builds the library. Throws where something is missing. */
  static async build(): Promise<PowerCuts> {
    const lacking = lackingForCuts();
    if (lacking !== undefined) throw new Error(`missing for power cuts: ${lacking}`);
    const tools = findFaultTools() ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-cuts-'));
    const shim = join(folder, 'faultshim.so');
    execFileSync('gcc', [
      '-O2',
      '-shared',
      '-fPIC',
      '-o',
      shim,
      join(tools, 'faultshim.c'),
      '-ldl',
      '-pthread',
    ]);
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'umount'), UMOUNT_LOOP, { mode: 0o755 });
    return new PowerCuts(folder, tools);
  }

  /** Cuts the power at every `stride`-th changing call of the target's writer, on ext4, and lets its checker judge. */
  run(
    target: string,
    options: { mode: 'cut' | 'torncut'; faults: string; count: number; stride: number },
  ): Promise<CutReport> {
    const { mode, faults, count, stride } = options;
    const given = [
      '--shim',
      join(this.#folder, 'faultshim.so'),
      '--work',
      join(this.#folder, 'work'),
      '--target',
      target,
    ];
    const asked = [
      '--mode',
      mode,
      '--when',
      'after',
      '--bug',
      faults,
      '--count',
      String(count),
      '--stride',
      String(stride),
      '--camera',
    ];
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [join(this.#tools, 'powercut.mjs'), ...given, ...asked],
        { env: { ...process.env, PATH: `${join(this.#folder, 'bin')}:${process.env['PATH'] ?? ''}` } },
        (error, stdout, stderr) => {
          const line = stdout.trim().split('\n').at(-1) ?? '';
          if (line.startsWith('{')) {
            const report = JSON.parse(line) as CutReport;
            pointTried(report.runs);
            resolve(report);
          } else reject(new Error(`powercut.mjs ended without a report: ${stderr}`, { cause: error }));
        },
      );
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
