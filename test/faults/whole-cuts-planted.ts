// A copy of what was built, with one bug planted by hand: the programs that the cuts must find wanting.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePrograms } from '../../systemd/packaging/programs.ts';
import { compiled } from '../fakes/program.ts';

const COPIED = ['agent', 'config', 'drivers', 'protocol'];

export interface BuiltBug {
  /** Below dist. */
  readonly file: string;
  /** Stands there once. */
  readonly find: string;
  readonly put: string;
}

/** What was built, with the bug. Errors: the system's where the file has gone; the text does not stand there once. */
export async function withBug({ file, find, put }: BuiltBug): Promise<string> {
  const parts = (await readFile(compiled(file), 'utf8')).split(find);
  if (parts.length !== 2)
    throw new Error(
      `"${find}" stands ${parts.length - 1} times in ${file}, not once: find the place again, or plant the bug elsewhere`,
    );
  return parts.join(put);
}

/** Runs something while BODYDOCK_DIST names the copy. Errors: the text does not stand there once. */
export async function withBuiltBug<T>(bug: BuiltBug, run: () => Promise<T>): Promise<T> {
  const project = await mkdtemp(join(tmpdir(), 'bodydock-built-'));
  const dist = join(project, 'dist');
  const before = process.env['BODYDOCK_DIST'];
  try {
    for (const name of COPIED) await cp(compiled(name), join(dist, name), { recursive: true });
    for (const name of ['node_modules', 'package.json'])
      await symlink(new URL(`../../${name}`, import.meta.url).pathname, join(project, name));
    await writeFile(join(dist, bug.file), await withBug(bug));
    await bundlePrograms(dist);
    process.env['BODYDOCK_DIST'] = dist;
    return await run();
  } finally {
    if (before === undefined) delete process.env['BODYDOCK_DIST'];
    else process.env['BODYDOCK_DIST'] = before;
    await rm(project, { recursive: true, force: true });
  }
}
