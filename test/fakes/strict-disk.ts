// A file system in memory that forgets what was never synced, names and bytes each by themselves: stricter than ext4, where one sync carries
// others along, so that it shows a sync which is missing. Its program (amnesia.c) is one of the fault tools. Needs root.
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

const run = promisify(execFile);
const MOUNT_MS = 20_000;

/** One mounted file system; `close` ends it. */
export class StrictDisk {
  readonly path: string;
  readonly #folder: string;
  readonly #program: ChildProcess;

  private constructor(folder: string, program: ChildProcess) {
    this.#folder = folder;
    this.path = mountPoint(folder);
    this.#program = program;
  }

  /** Builds the program from its source and mounts it, empty. */
  static async mount(source: string): Promise<StrictDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-strict-'));
    const program = join(folder, 'amnesia');
    const { stdout } = await run('pkg-config', ['fuse3', '--cflags', '--libs']);
    const libraries = stdout.trim().split(/\s+/);
    execFileSync('gcc', ['-O2', '-o', program, source, ...libraries], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await mkdir(mountPoint(folder));
    const child = spawn(program, ['-f', mountPoint(folder)], { stdio: 'ignore' });
    const disk = new StrictDisk(folder, child);
    await until('a strict file system', MOUNT_MS, () =>
      readFile(disk.#control).then(
        () => true,
        () => false,
      ),
    );
    return disk;
  }

  /** Power is back: what was durable is there, and with a seed a random part of what was pending besides. */
  async powerBack(seed?: number): Promise<void> {
    await this.#tell(seed === undefined ? 'recover' : `chaos ${seed}`);
  }

  /** Keeps a copy of what is on it now, which `putBack` puts back any number of times, durably. */
  async keep(): Promise<void> {
    await rm(this.#kept, { recursive: true, force: true });
    await mkdir(this.#kept);
    for (const name of await readdir(this.path))
      await cp(join(this.path, name), join(this.#kept, name), { recursive: true });
  }

  async putBack(): Promise<void> {
    await this.#tell('format');
    for (const name of await readdir(this.#kept))
      await cp(join(this.#kept, name), join(this.path, name), { recursive: true });
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    for (const entry of entries) await syncAt(join(entry.parentPath, entry.name));
    await syncAt(this.path);
  }

  async close(): Promise<void> {
    await run('umount', ['-l', this.path]).catch(() => undefined);
    if (this.#program.exitCode === null && this.#program.signalCode === null) {
      this.#program.kill('SIGKILL');
      await once(this.#program, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #kept(): string {
    return join(this.#folder, 'kept');
  }
  get #control(): string {
    return join(this.path, '.amnesia');
  }

  #tell(command: string): Promise<void> {
    return writeFile(this.#control, `${command}\n`);
  }
}

function mountPoint(folder: string): string {
  return join(folder, 'mounted');
}

async function syncAt(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
}
