// Who the running agent is on this machine.
import { readFile } from 'node:fs/promises';
import type { Asked } from '../monitoring/control-client.ts';

/** Numbers of user, group and all groups of the agent's process; undefined where none runs or the system does not tell. Never rejects. */
export async function agentUser(
  asked: Asked | undefined,
): Promise<{ readonly uid: number; readonly gid: number; readonly groups: readonly number[] } | undefined> {
  if (asked?.kind !== 'answered') return undefined;
  const text = await readFile(`/proc/${asked.says.agent.pid}/status`, 'utf8').catch(() => '');
  const numbers = (name: string): number[] =>
    (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
  const [, uid] = numbers('Uid');
  const [, gid] = numbers('Gid');
  return uid === undefined || gid === undefined
    ? undefined
    : { uid, gid, groups: [gid, ...numbers('Groups')] };
}
