// Which of the system's own programs are there to judge with. Missing ones skip a test by name; under CI they fail it.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where Debian puts daemons; not in everybody's PATH. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the program, or undefined where this machine has none of that name. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** For `test.skipIf`: true where a tool is missing and this is not CI. Under CI the test runs, and fails for want of the tool. */
export function lacksTools(...names: readonly string[]): boolean {
  return process.env['CI'] === undefined && names.some((name) => findTool(name) === undefined);
}

/** The path, or an error that names what to install. */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path === undefined)
    throw new Error(`the program ${name} is not installed, and this test judges with it`);
  return path;
}
