// A store whose keeper attacks it: three recordings that stations brought in order, every key that lies on the store's machine, and both
// verifiers with the public keys that somebody else kept.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { canonical, ForgedLog, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { OUTSIDE_TIME } from '../../fakes/outside-time.ts';
import { BODYDOCK, RECEIVER, runProgram, type CommandOutcome } from '../../fakes/program.ts';
import { requireTool } from '../../fakes/stock-tools.ts';

const VERIFIER = fileURLToPath(new URL('../../verifier', import.meta.url));
const RUN_MS = 90_000;
/** As the first run calls its receiver and its station. */
export const KEEPER = 'r-first-run';
export const STATION = 'first-run';
/** What the attacks are run with. */
export const TOOLS = ['minisign', 'python3'];
export const ROLES = ['officer', 'supervisor'] as const;
const run = promisify(execFile);

/** What a verifier says: its exit code, and the codes of its findings, each once. */
export interface Verdict {
  readonly exitCode: number;
  readonly findings: readonly string[];
  readonly notes: readonly string[];
}

/** The digests and times of a recording or docking record, as `documents-dropped` names them. */
export interface Named {
  readonly station: string;
  readonly recording: string;
  readonly manifest_sha256: string;
  readonly receipt_sha256: string;
  readonly received_at: string;
}

/** Of what `bodydock verify --json` prints. */
interface VerifiedFolder {
  readonly remarks: readonly { readonly kind: string; readonly code: string }[];
}

/** A vault with its keys, which a test may change. */
export class AttackedWorld {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Runs a first run into a folder that is made, and removed by `close`. */
  static async open(environment: Readonly<Record<string, string>> = {}): Promise<AttackedWorld> {
    const root = await mkdtemp(join(tmpdir(), 'bodydock-attacked-'));
    const camera = join(root, 'camera', 'DCIM');
    await mkdir(camera, { recursive: true });
    for (const name of ['A', 'B', 'C']) await writeFile(join(camera, `${name}.MP4`), `recording ${name}`);
    const words = ['first-run', '--camera', join(root, 'camera'), '--out', join(root, 'world')];
    const ran = await runProgram(BODYDOCK, words, { timeoutMs: RUN_MS, environment });
    if (ran.exitCode !== 0) throw new Error(ran.stdout + ran.stderr);
    return new AttackedWorld(join(root, 'world'));
  }

  /** Another one of the same content. */
  async copy(): Promise<AttackedWorld> {
    const root = await mkdtemp(join(tmpdir(), 'bodydock-attacked-'));
    await cp(this.root, root, { recursive: true });
    const options = join(root, 'receiver.yaml');
    await writeFile(options, (await readFile(options, 'utf8')).replaceAll(this.root, root));
    return new AttackedWorld(root);
  }

  async close(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  get vault(): string {
    return join(this.root, 'vault');
  }

  /** The store's secret key: all that the keeper needs. */
  get storeKey(): string {
    return join(this.root, 'secrets', 'store.key');
  }

  /** Public keys, by hand from those to whom they belong. */
  get keys(): string {
    return join(this.root, 'keys');
  }

  /** Of the station's key, as the store names it. */
  async stationKeyId(): Promise<string> {
    const line = (await readFile(join(this.keys, 'station.pub'), 'utf8')).split('\n')[1] ?? '';
    return Buffer.from(line, 'base64').subarray(2, 10).toString('hex');
  }

  folder(recording: string): string {
    return join(this.vault, STATION, recording);
  }

  storeLog(): Promise<ForgedLog> {
    return ForgedLog.open(join(this.vault, KEEPER, 'custody'), KEEPER, this.storeKey);
  }

  /** Recordings, or docking records. */
  async named(document: 'manifest.json' | 'docking.json'): Promise<Named[]> {
    const found: Named[] = [];
    for (const recording of await readdir(join(this.vault, STATION))) {
      const names = await readdir(this.folder(recording));
      if (!names.includes(document)) continue;
      const receipt = await readFile(join(this.folder(recording), 'receipt.json'), 'utf8');
      found.push({
        station: STATION,
        recording,
        manifest_sha256: sha256(await readFile(join(this.folder(recording), document))),
        receipt_sha256: sha256(receipt),
        received_at: (JSON.parse(receipt) as Named).received_at,
      });
    }
    return found;
  }

  /** A deletion record that the keeper makes up; `change` of what an honest one would say at that time. */
  async deletion(
    { station, recording, manifest_sha256, receipt_sha256, received_at }: Named,
    deletedAt: string,
    change: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly json: string; readonly signature: string; readonly sha256: string }> {
    const receipt = JSON.parse(await readFile(join(this.folder(recording), 'receipt.json'), 'utf8')) as {
      vault: string;
      sealed_size_bytes: number;
    };
    const days = 14;
    const dueAt = new Date(Date.parse(received_at) + days * 86_400_000).toISOString();
    const json = canonical({
      type: 'deletion-record',
      version: 1,
      station,
      recording,
      receiver: KEEPER,
      vault: receipt.vault,
      manifest_sha256,
      receipt_sha256,
      sealed_size_bytes: receipt.sealed_size_bytes,
      reason: 'expired',
      retention: { days, basis: 'received', from_at: received_at, due_at: dueAt },
      order_sha256: null,
      deleted_at: deletedAt,
      ...change,
    });
    const signature = await signWithMinisign(json, this.storeKey, 'bodydock deletion-record');
    return { json, signature, sha256: sha256(json) };
  }

  /** Puts it where it would stay after the other documents went. */
  async keep(recording: string, { json, signature }: { json: string; signature: string }): Promise<void> {
    const kept = join(this.vault, STATION, 'deletions', recording);
    await mkdir(kept, { recursive: true });
    await writeFile(join(kept, 'deletion.json'), json);
    await writeFile(join(kept, 'deletion.json.minisig'), signature);
  }

  /** What a recording's days are counted from, by its own documents. */
  async retentionOf(recording: string): Promise<{ readonly basis: string; readonly from: string }> {
    const read = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
      JSON.parse(await readFile(join(this.folder(recording), name), 'utf8')) as Record<string, unknown>;
    const manifest = await read('manifest.json');
    return manifest['clock_synchronised'] === true
      ? { basis: 'sealed', from: String(manifest['sealed_at']) }
      : { basis: 'received', from: String((await read('receipt.json'))['received_at']) };
  }

  /** Removes what a deletion removes, with this record of it. */
  async deletePayload(
    recording: string,
    { json, signature }: { json: string; signature: string },
  ): Promise<void> {
    const folder = this.folder(recording);
    await writeFile(join(folder, 'deletion.json'), json);
    await writeFile(join(folder, 'deletion.json.minisig'), signature);
    for (const name of ['payload.age', 'chunks.bin']) await rm(join(folder, name));
  }

  remove(recording: string): Promise<void> {
    return rm(this.folder(recording), { recursive: true });
  }

  /** A command of the receiver on this vault. */
  store(...words: readonly string[]): Promise<CommandOutcome> {
    return runProgram(RECEIVER, [...words, '--config', join(this.root, 'receiver.yaml')], { cwd: this.root });
  }

  /** The same, after somebody outside said the time of that clock. */
  async storeHearing(clock: FakeWallClock | undefined, ...words: readonly string[]): Promise<CommandOutcome> {
    const options = { cwd: this.root, environment: clock?.environment ?? {} };
    await runProgram(OUTSIDE_TIME, [join(this.root, 'receiver.yaml')], options);
    return clock === undefined ? this.store(...words) : this.storeAt(clock, ...words);
  }

  /** The same by another clock. */
  storeAt(clock: FakeWallClock, ...words: readonly string[]): Promise<CommandOutcome> {
    const options = { cwd: this.root, environment: clock.environment };
    return runProgram(RECEIVER, [...words, '--config', join(this.root, 'receiver.yaml')], options);
  }

  bodydock(...words: readonly string[]): Promise<CommandOutcome> {
    return runProgram(BODYDOCK, words, { cwd: this.root });
  }

  /** What both verifiers say of the vault, or of a kit, with the keys that are given; `more` is said to both. */
  async verdicts(
    folder = this.vault,
    ...more: readonly string[]
  ): Promise<{ readonly product: Verdict; readonly python: Verdict }> {
    const ran = await this.bodydock('verify', folder, '--keys', this.keys, '--json', ...more);
    const { folders } = JSON.parse(ran.stdout) as { folders: readonly VerifiedFolder[] };
    const said = folders.flatMap(({ remarks }) => remarks);
    const of = (kind: string): string[] => [
      ...new Set(said.flatMap((each) => (each.kind === kind ? [each.code] : []))),
    ];
    const product = { exitCode: ran.exitCode, findings: of('finding'), notes: of('note') };
    return { product, python: await this.#python(folder, more) };
  }

  /** With what exit code the second verifier refuses the keys that are given. */
  pythonRefuses(): Promise<unknown> {
    const words = [VERIFIER, this.vault, '--keys', this.keys];
    return new Promise((resolve) => {
      execFile(requireTool('python3'), words, { timeout: RUN_MS }, (error) => resolve(error?.code));
    });
  }

  #python(folder: string, more: readonly string[]): Promise<Verdict> {
    const words = [VERIFIER, folder, '--keys', this.keys, '--json', ...more];
    return new Promise((resolve, reject) => {
      execFile(requireTool('python3'), words, { timeout: RUN_MS }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.code;
        if (typeof exitCode !== 'number' || stdout === '') return reject(new Error(stderr));
        const said = JSON.parse(stdout) as Record<'findings' | 'notes', { code: string }[]>;
        const of = (kind: 'findings' | 'notes'): string[] => [...new Set(said[kind].map(({ code }) => code))];
        resolve({ exitCode, findings: of('findings'), notes: of('notes') });
      });
    });
  }
}

/** Makes a key pair for each role in a folder, by stock minisign: `<role>.pub` and `<role>.key`. Gives the lines for receiver.yaml. */
export async function makeRoleKeys(folder: string): Promise<string> {
  await mkdir(folder);
  const lines: string[] = [];
  for (const role of ROLES) {
    const files = ['-p', join(folder, `${role}.pub`), '-s', join(folder, `${role}.key`)];
    await run(requireTool('minisign'), ['-G', '-W', ...files]);
    lines.push(`  ${role}s: ["${(await readFile(join(folder, `${role}.pub`), 'utf8')).split('\n')[1]}"]`);
  }
  return `\nroles:\n${lines.join('\n')}\n`;
}

/** Signs `order.json`, `policy.json` or `restored.json` of a folder beside it, by the keys that `makeRoleKeys` made. */
export async function signAsRoles(
  folder: string,
  file: 'order.json' | 'policy.json' | 'restored.json',
  keys: string,
  roles: readonly (typeof ROLES)[number][] = ROLES,
): Promise<void> {
  for (const role of roles) {
    const words = ['-S', '-s', join(keys, `${role}.key`), '-t', `bodydock ${file.replace('.json', '')}`];
    const files = ['-m', join(folder, file), '-x', join(folder, `${file}.${role}.minisig`)];
    await run(requireTool('minisign'), [...words, ...files]);
  }
}

/** Both call the vault not good, for that reason among others. */
export function refusing(code: string): { readonly product: unknown; readonly python: unknown } {
  const verdict = { exitCode: 1, findings: expect.arrayContaining([code]) as unknown };
  return { product: expect.objectContaining(verdict), python: expect.objectContaining(verdict) };
}
