// The helper's command line.
import { parseArgs } from 'node:util';
import { STATION_FILE_DEFAULT } from '../../../config/load.ts';
import { MOUNT_FOLDER_DEFAULT } from '../../../drivers/mass-storage/mount-request.ts';
import type { RunCommand } from './run-command.ts';
import type { MountOwner } from './system-calls.ts';

const AGENT_DEFAULT = 'bodydock';
const LOOKUP_MS = 5000;
const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;
const NUMBER = /^\d{1,10}$/;

export interface HelperOptions {
  readonly config: string;
  readonly folder: string;
  readonly user: string;
  readonly group: string;
}

/** Undefined where the line is not understood. */
export function parseOptions(words: readonly string[]): HelperOptions | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...words],
      options: { config: text, folder: text, user: text, group: text },
      strict: true,
    });
    const { config = STATION_FILE_DEFAULT, folder = MOUNT_FOLDER_DEFAULT, user = AGENT_DEFAULT } = values;
    const { group = user } = values;
    const isName = (name: string): boolean => NAME.test(name) || NUMBER.test(name);
    const isPlain = /^(?:\/[A-Za-z0-9._-]+)+$/.test(folder) && !folder.split('/').includes('..');
    return isPlain && isName(user) && isName(group) ? { config, folder, user, group } : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers of the agent's user and group, or undefined where the system does not know them. */
export async function findOwner(
  { user, group }: HelperOptions,
  run: RunCommand,
): Promise<MountOwner | undefined> {
  const uid = NUMBER.test(user) ? Number(user) : await firstNumber(run('id', ['-u', user], LOOKUP_MS), 0);
  const gid = NUMBER.test(group)
    ? Number(group)
    : await firstNumber(run('getent', ['group', group], LOOKUP_MS), 2);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

async function firstNumber(running: ReturnType<RunCommand>, field: number): Promise<number | undefined> {
  const { code, output } = await running;
  const word = Buffer.from(output).toString('latin1').split('\n')[0]?.split(':')[field];
  return code === 0 && word !== undefined && NUMBER.test(word) ? Number(word) : undefined;
}
