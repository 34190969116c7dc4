// Machines as a town has them: a clean Debian root with Debian's own Node, made by mmdebstrap, and nothing of the machine that runs the tests.
// Several boot their real systemd beside each other on one loopback network of their own; each one's changes go with it.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lacksTools } from '../../fakes/stock-tools.ts';

const run = promisify(execFile);
const SUITE = 'trixie';
/** What our packages depend on (Node above all), what the handbook has installed or calls, and what station-life.sh looks with. */
const PACKAGES =
  'nodejs,systemd,systemd-sysv,udev,dbus,procps,openssl,mosquitto,minisign,age,mosquitto-clients,iproute2,man-db,python3,python3-aiosmtpd,e2fsprogs';
const MAKING_MS = 400_000;
const BOOT_MS = 90_000;
const LINE_MS = 120_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** True where this machine cannot boot them and need not: under CI it must. */
export function lacksDebian(): boolean {
  const lacks = lacksTools('mmdebstrap', 'systemd-nspawn', 'nsenter', 'ip', 'dpkg-deb', 'udevadm');
  return lacks || (process.env['CI'] === undefined && process.getuid?.() !== 0);
}

/** Makes a clean root of Debian in a folder that is not there yet; a minute. Errors: what mmdebstrap said. */
export async function makeDebianRoot(folder: string): Promise<void> {
  await run('mmdebstrap', ['--quiet', '--variant=apt', `--include=${PACKAGES}`, SUITE, folder], {
    timeout: MAKING_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
}

/** What a typed line came to. */
export interface Typed {
  readonly line: string;
  readonly code: number;
  /** Both streams as they came. */
  readonly text: string;
}

/** A network of which only these machines know, with nothing but loopback. */
export class Loopback {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async open(): Promise<Loopback> {
    const name = `bodydock-${process.pid}-${randomUUID().slice(0, 8)}`;
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    return new Loopback(name);
  }

  async close(): Promise<void> {
    await run('ip', ['netns', 'delete', this.name]);
  }
}

export class DebianMachine {
  readonly name: string;
  /** Its file system as the machine outside sees it. */
  readonly root: string;
  readonly #folder: string;
  readonly #nspawn: ChildProcess;
  #leader = 0;
  #console = '';
  #isClosed = false;

  private constructor(name: string, folder: string, root: string, nspawn: ChildProcess) {
    this.name = name;
    this.#folder = folder;
    this.root = root;
    this.#nspawn = nspawn;
    for (const stream of [nspawn.stdout, nspawn.stderr])
      stream?.on('data', (part: Buffer) => {
        this.#console = (this.#console + part.toString()).slice(-20_000);
      });
  }

  /**
   * Boots a machine of that name on a throw-away layer over `base`.
   * Shape: `hosts` are names by which it finds the others; `without` are programs that this one has not.
   * Errors: one that is not up in time, with its console.
   */
  static async boot(
    name: string,
    {
      base,
      network,
      hosts,
      without = [],
    }: {
      readonly base: string;
      readonly network: Loopback;
      readonly hosts: readonly string[];
      readonly without?: readonly string[];
    },
  ): Promise<DebianMachine> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-machine-'));
    const [layer, root] = [join(folder, 'layer'), join(folder, 'root')];
    await mkdir(layer);
    await mkdir(root);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1500m', 'tmpfs', layer]);
    for (const each of ['upper', 'work']) await mkdir(join(layer, each));
    const options = `lowerdir=${base},upperdir=${join(layer, 'upper')},workdir=${join(layer, 'work')}`;
    await run('mount', ['-t', 'overlay', 'overlay', '-o', options, root]);
    await writeFile(join(root, 'etc/hostname'), `${name}\n`);
    await writeFile(join(root, 'etc/machine-id'), `${randomUUID().replaceAll('-', '')}\n`);
    await writeFile(join(root, 'etc/hosts'), `127.0.0.1 localhost ${name} ${hosts.join(' ')}\n`);
    for (const program of without) await rm(join(root, program));
    // The filters of addresses and of sockets are programs in the kernel: they need the one hierarchy of groups, and leave to load them.
    const words = ['--quiet', '--register=no', '--keep-unit', '--boot', '--console=pipe'];
    words.push('--system-call-filter=bpf', '--capability=CAP_BPF,CAP_PERFMON,CAP_NET_ADMIN');
    words.push(
      `--network-namespace-path=/run/netns/${network.name}`,
      `--machine=${name}-${randomUUID().slice(0, 8)}`,
    );
    words.push('--directory', root, 'systemd.unit=multi-user.target', 'systemd.mask=getty.target');
    const env = { PATH, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' };
    const nspawn = spawn('systemd-nspawn', words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const machine = new DebianMachine(name, folder, root, nspawn);
    await machine.#up();
    return machine;
  }

  /** Types one line as root, in root's home; never rejects for an exit code. Errors: one that does not end in time. */
  type(line: string, options: { readonly input?: string; readonly timeoutMs?: number } = {}): Promise<Typed> {
    const words = ['--target', String(this.#leader), '--mount', '--uts', '--ipc', '--net', '--pid', '--root'];
    words.push('--wdns=/root', '--', 'env', '-i', `PATH=${PATH}`, 'HOME=/root', 'USER=root', 'LANG=C.UTF-8');
    words.push('TERM=dumb', 'DEBIAN_FRONTEND=noninteractive', 'bash', '-c', `exec 2>&1; ${line}`);
    return new Promise((resolve, reject) => {
      const settings = { timeout: options.timeoutMs ?? LINE_MS, maxBuffer: OUTPUT_BYTES_MAX };
      const child = execFile('nsenter', words, settings, (error, stdout, stderr) => {
        const text = stdout + stderr;
        if (error === null) resolve({ line, code: 0, text });
        else if (typeof error.code === 'number') resolve({ line, code: error.code, text });
        else reject(new Error(`${this.name}: ${line}: did not end: ${text.slice(-3000)}`, { cause: error }));
      });
      child.stdin?.on('error', () => undefined); // one that reads nothing
      child.stdin?.end(options.input ?? '');
    });
  }

  /** Ends it without a word and takes its changes away. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const ended = new Promise((resolve) => this.#nspawn.once('exit', resolve));
    if (this.#nspawn.exitCode === null && this.#nspawn.kill('SIGTERM')) await Promise.race([ended, late()]);
    if (this.#nspawn.exitCode === null) {
      this.#nspawn.kill('SIGKILL');
      await ended;
    }
    for (const path of [this.root, join(this.#folder, 'layer')]) await run('umount', [path]);
    await rm(this.#folder, { recursive: true });
  }

  /** Waits for what boots to be there. */
  async #up(): Promise<void> {
    const endMs = performance.now() + BOOT_MS;
    while (performance.now() < endMs && this.#nspawn.exitCode === null) {
      this.#leader = await leaderOf(this.#nspawn.pid ?? 0);
      if (this.#leader !== 0) {
        const { text } = await this.type('systemctl is-system-running');
        if (/^(?:running|degraded)$/m.test(text)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const console = this.#console;
    await this.close();
    throw new Error(`${this.name} did not come up: ${console}`);
  }
}

/** Process 1 of the container, as numbered outside; 0 where it is not there yet. */
async function leaderOf(nspawn: number): Promise<number> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  for (const id of (await read(`/proc/${nspawn}/task/${nspawn}/children`)).split(' ').filter(Boolean)) {
    const status = await read(`/proc/${id}/status`);
    if (/^Name:\tsystemd$/m.test(status) && /^NSpid:\t\d+\t1$/m.test(status)) return Number(id);
  }
  return 0;
}

function late(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20_000));
}
