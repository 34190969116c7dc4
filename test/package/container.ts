// The real systemd of this machine in a container, on a throw-away layer over its root: what is installed and broken in it is gone afterwards.
// Needs root and the Debian packages systemd-container, udev and mosquitto; the machine itself need not run systemd.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lacksTools } from '../fakes/stock-tools.ts';

const run = promisify(execFile);
const BOOT_MS = 15_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** True where this machine cannot run the suite and need not: under CI it must. */
export function lacksContainer(): boolean {
  const lacks = lacksTools(
    'systemd-nspawn',
    'udevadm',
    'dpkg-deb',
    'mosquitto',
    'mosquitto_sub',
    'python3',
    'man',
  );
  return lacks || (process.env['CI'] === undefined && process.getuid?.() !== 0);
}

export interface ContainerWish {
  /** Runs as root once the system is up; its end is the end of the container. */
  readonly script: string;
  /** Files and folders that are put in: from, to. */
  readonly put: readonly (readonly [string, string])[];
  readonly timeoutMs: number;
}

/** What the script printed, both streams. Errors: those of mounting and booting, and a script that does not end, with what was seen. */
export async function runInContainer({ script, put, timeoutMs }: ContainerWish): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-container-'));
  const [layer, root] = [join(folder, 'layer'), join(folder, 'root')];
  await mkdir(layer);
  await mkdir(root);
  const mounted: string[] = [];
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1500m', 'tmpfs', layer]);
    mounted.push(layer);
    await mkdir(join(layer, 'upper'));
    await mkdir(join(layer, 'work'));
    const options = `lowerdir=/,upperdir=${join(layer, 'upper')},workdir=${join(layer, 'work')}`;
    await run('mount', ['-t', 'overlay', 'overlay', '-o', options, root]);
    mounted.push(root);
    await furnish(root, script, put);
    return await boot(root, timeoutMs);
  } finally {
    for (const path of mounted.toReversed()) await run('umount', [path]);
    await rm(folder, { recursive: true });
  }
}

async function furnish(root: string, script: string, put: ContainerWish['put']): Promise<void> {
  await writeFile(join(root, 'etc/machine-id'), `${randomUUID().replaceAll('-', '')}\n`); // another one than the machine's
  await rm(join(root, 'usr/sbin/policy-rc.d'), { force: true }); // in here services start
  if (!existsSync(join(root, 'usr/bin/node'))) await symlink(process.execPath, join(root, 'usr/bin/node'));
  for (const [from, to] of put) await cp(from, join(root, to), { recursive: true });
  await writeFile(join(root, 'script.sh'), script);
  const units = join(root, 'etc/systemd/system');
  const target = '[Unit]\nRequires=basic.target\nWants=script.service\nAfter=basic.target\n';
  await writeFile(join(units, 'probe.target'), target);
  const start = '/bin/sh -c "bash /script.sh >/script.out 2>&1; sync; systemctl poweroff --force --force"';
  await writeFile(
    join(units, 'script.service'),
    `[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=${start}\n`,
  );
}

async function boot(root: string, timeoutMs: number): Promise<string> {
  // The filters of addresses and of sockets are programs in the kernel: they need the one hierarchy of groups, and leave to load them.
  const words =
    '--quiet --register=no --keep-unit --private-network --console=pipe --system-call-filter=bpf --boot'.split(
      ' ',
    );
  words.push('--capability=CAP_BPF,CAP_PERFMON,CAP_NET_ADMIN', `--machine=bodydock-${process.pid}`);
  words.push('--directory', root, 'systemd.unit=probe.target');
  const env = { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' };
  const settings = {
    env,
    timeout: timeoutMs + BOOT_MS,
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_BYTES_MAX,
  };
  const booted = await run('systemd-nspawn', words, settings).catch((error: unknown) => error as Error);
  const output = await readFile(join(root, 'script.out'), 'utf8').catch(() => '');
  if (booted instanceof Error)
    throw new Error(`the container did not end by itself: ${output.slice(-6000)}`, { cause: booted });
  return output;
}
