// The spool and its disk: whose it is, on what it lies, how much is free, and whether and how fast it takes what is written.
import type { Stats } from 'node:fs';
import { lstat, open, readdir, readFile, realpath, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkDiskPlace } from '../../config/disk-place.ts';
import { FileFinds } from '../../config/file-finds.ts';
import { systemCode } from '../../protocol/format/errors.ts';
import { dataSize } from '../evidence/page/language.ts';
import type { Asked } from '../monitoring/control-client.ts';
import { spoolLayout } from '../spool/layout.ts';
import {
  type DoctorContext,
  type DoctorValues,
  type Finding,
  found,
  type SpoolContext,
} from './doctor-finding.ts';

/** As agent/monitoring/health-watch.ts tells it. */
const LOW_BYTES = 2 * 1024 ** 3;
/** Beyond the reserve; a pull needs more than this. */
const FULL_BYTES = 16 * 1024 ** 2;
const INODES_MIN = 1000;
const PROBE_BYTES = 64 * 1024;
const PROBES = 3;
/** A card syncs in tens of milliseconds. */
const SLOW_MS = 1000;
const PROBE_NAME = '.doctor-probe';
const ENTRIES_MAX = 64;

/** Finds of ours and conditions of the agent beside which no disk is called good. */
const NOT_GOOD: ReadonlySet<string> = new Set([
  'disk.full',
  'disk.low',
  'disk.inodes',
  'disk.failing',
  'spool.full',
  'spool.low',
  'spool.gone',
  'spool.write-failed',
]);

/** What of a doctor's context it needs. */
type DiskContext = Pick<DoctorContext, 'asked' | 'clock'> & SpoolContext;

export async function checkDisk(context: DiskContext): Promise<Finding[]> {
  const { path } = context.config.spool;
  const finds = new FileFinds();
  await checkDiskPlace(path, finds);
  const mount = await mountOf(path);
  const type = mount?.type ?? '?';
  const findings = [...finds.problems, ...finds.warnings].map(({ code }) =>
    found(code, path, { type, parent: dirname(path) }),
  );
  const folder = await stat(path).catch(() => undefined);
  if (folder === undefined || finds.problems.length > 0)
    return findings.length > 0 ? findings : [found('disk.absent', path)];
  findings.push(...(await checkOwners(context, folder)), ...(await checkSpace(context)));
  const tried = await tryDisk(context, mount);
  const isBad = findings.some(({ code }) => NOT_GOOD.has(code)) || agentDoubts(context);
  return tried.code === 'disk.good' && isBad ? findings : [...findings, tried];
}

/** 64 KiB may still find room, and what the agent met may be somewhere else on the disk. */
function agentDoubts({ asked }: DiskContext): boolean {
  if (asked?.kind !== 'answered') return false;
  return asked.says.conditions.some(({ code }) => NOT_GOOD.has(code));
}

/** All that lies in the spool belongs to one user: the agent. */
async function checkOwners({ config, asked }: DiskContext, folder: Stats): Promise<Finding[]> {
  const { path } = config.spool;
  const findings: Finding[] = [];
  if ((folder.mode & 0o007) !== 0) {
    const mode = (folder.mode & 0o777).toString(8).padStart(4, '0');
    findings.push(found('spool.mode', path, { mode }));
  }
  const user = (await agentUser(asked)) ?? folder;
  const values = { user: user.uid, group: user.gid };
  if (folder.uid !== user.uid && user.uid !== 0) return [...findings, found('spool.owner', path, values)];
  const names = (await readdir(path).catch(() => [])).slice(0, ENTRIES_MAX);
  for (const name of names) {
    const entry = await lstat(join(path, name)).catch(() => undefined);
    if (entry !== undefined && entry.uid !== folder.uid && name !== 'lost+found')
      findings.push(found('spool.owner', join(path, name), { user: folder.uid, group: folder.gid }));
  }
  return findings;
}

async function checkSpace({ config }: DiskContext): Promise<Finding[]> {
  const { path, reserveBytes } = config.spool;
  const { bavail, bsize, files, ffree } = await statfs(path);
  const freeBytes = bavail * bsize;
  const values = { free: bothSizes(freeBytes) };
  const findings: Finding[] = [];
  if (freeBytes < FULL_BYTES) findings.push(found('disk.full', path, values));
  else if (freeBytes < LOW_BYTES) findings.push(found('disk.low', path, values));
  // Btrfs counts no inodes.
  if (files > 0 && ffree < INODES_MIN) findings.push(found('disk.inodes', path, { count: ffree }));
  // `keys prove` makes a spool of id and proofs; the reserve comes with the rest, at the first start.
  const { reserve, ready } = spoolLayout(path);
  const [written, started] = await Promise.all(
    [reserve, ready].map((each) => stat(each).catch(() => undefined)),
  );
  if (started !== undefined && (written?.size ?? 0) < reserveBytes)
    findings.push(found('disk.reserve', path));
  return findings;
}

/** Writes and syncs as sealing does, in a file of its own that goes again. */
async function tryDisk({ config, clock }: DiskContext, mount: Mount | undefined): Promise<Finding> {
  const { path } = config.spool;
  const probe = join(path, PROBE_NAME);
  try {
    await unlink(probe).catch(() => undefined);
    let worstMs = 0;
    const file = await open(probe, 'wx', 0o600);
    try {
      for (let at = 0; at < PROBES; at++) {
        const begunMs = clock.monotonicMs();
        await file.write(new Uint8Array(PROBE_BYTES), 0, PROBE_BYTES, at * PROBE_BYTES);
        await file.datasync();
        worstMs = Math.max(worstMs, clock.monotonicMs() - begunMs);
      }
    } finally {
      await file.close();
    }
    const free = await statfs(path);
    const values = {
      ms: Math.ceil(worstMs),
      free: bothSizes(free.bavail * free.bsize),
      type: mount?.type ?? '?',
    };
    return found(worstMs > SLOW_MS ? 'disk.slow' : 'disk.good', path, values);
  } catch (error) {
    const reason = systemCode(error) ?? 'unknown error';
    if (reason === 'EROFS') return found('disk.read-only', path);
    return found('disk.unwritable', path, { reason });
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

function bothSizes(bytes: number): DoctorValues[string] {
  return { en: dataSize(bytes, 'en'), de: dataSize(bytes, 'de') };
}

// Who the running agent is on this machine.

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

// On which mount a path lies. Source: proc_pid_mountinfo(5).

/** `type` is the name of the file system, such as "ext4". */
interface Mount {
  readonly point: string;
  readonly type: string;
}

/** The mount of a path, or of the nearest folder above it that is there; undefined where the system does not tell. Never rejects. */
async function mountOf(path: string): Promise<Mount | undefined> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const real = await realpath(path).catch(() => path);
  let best: Mount | undefined;
  for (const line of table.split('\n')) {
    const [front = '', back = ''] = line.split(' - ');
    const point = unescaped(front.split(' ')[4] ?? '');
    const isAbove = point === '/' || real === point || real.startsWith(`${point}/`);
    // Of two at one point the later one lies on top.
    if (point !== '' && isAbove && point.length >= (best?.point.length ?? 0))
      best = { point, type: back.split(' ')[0] ?? '?' };
  }
  return best;
}

/** Blanks and backslashes are written in octal. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
