// A copy of the project's sources in a temporary folder, in which bugs can be planted one at a time. What npm installed is linked, not copied.
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planted, type PlantedBug } from './planted-bug.ts';

const COPIED = ['agent', 'config', 'drivers', 'protocol', 'systemd', 'test', 'package.json', 'tsconfig.json'];

/** `close` removes it. */
export class ProjectCopy {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async of(project: string): Promise<ProjectCopy> {
    const copy = new ProjectCopy(await mkdtemp(join(tmpdir(), 'bodydock-planted-')));
    await chmod(copy.folder, 0o755); // processes of other users that a test starts read the program, too
    for (const name of COPIED) await cp(join(project, name), join(copy.folder, name), { recursive: true });
    await symlink(join(project, 'node_modules'), join(copy.folder, 'node_modules'));
    return copy;
  }

  /** Runs something while the bug is in the copy. */
  async with<T>(bug: PlantedBug, run: () => Promise<T>): Promise<T> {
    const path = join(this.folder, bug.file);
    const text = await readFile(path, 'utf8');
    await writeFile(path, planted(text, bug));
    try {
      return await run();
    } finally {
      await writeFile(path, text);
    }
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
