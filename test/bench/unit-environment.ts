// What the units of systemd give our programs: without it each would have more arenas of the heap, which no station and no store has.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Path of a unit, "bodydock.service". This file lies three folders below the project when it was compiled, and it never runs otherwise. */
export function unitFile(name: string): string {
  return fileURLToPath(new URL(`../../../systemd/${name}`, import.meta.url));
}

/** Its environment by name. Errors: the system's where the file is gone. */
export async function unitEnvironment(name: string): Promise<Record<string, string>> {
  const lines = (await readFile(unitFile(name), 'utf8')).matchAll(/^Environment=(\w+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, variable = '', value = '']) => [variable, value]));
}
