// The chain that an administrator would script: digest, seal, sign, copy over ssh, digest at the far end. With stock tools, file by file.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { digestFile, type Work } from '../work.ts';
import { FarEnd, SSH_TOOLS } from './far-end.ts';
import type { Measured, Party, Repetition } from './party.ts';
import { measureShell } from './shell.ts';

const run = promisify(execFile);

/**
 * $1 how many at a time, $2 source, $3 own folder, $4 recipient, $5 ssh_config, $6 folder at the far end.
 * One connection for each file that is on its way, through which everything goes: one for each command would double the CPU seconds
 * of small files, and measure handshakes.
 */
const SCRIPT = `
export out=$3 recipient=$4 config=$5 far=$6
for slot in $(seq 0 $(($1 - 1))); do ssh -F "$config" -S "$out/ssh-$slot" -MN far & done
one() {
  set -euo pipefail
  name=$(basename "$1")
  sha256sum "$1" > "$out/$name.sha256"
  age -r "$recipient" -o "$out/$name.age" "$1"
  minisign -S -s "$out/sign.key" -m "$out/$name.age" > "$out/$name.log"
  remote="ssh -F $config -S $out/ssh-$slot"
  rsync --fsync -e "$remote" "$out/$name.sha256" "$out/$name.age" "$out/$name.age.minisig" "far:$far/"
  $remote far sha256sum "$far/$name.age" > "$out/$name.far"
}
export -f one
find "$2" -type f -print0 | sort -z | xargs -0 -n 1 -P "$1" --process-slot-var=slot bash -c 'one "$1"' one
for slot in $(seq 0 $(($1 - 1))); do ssh -F "$config" -S "$out/ssh-$slot" -O exit far; done
wait
`;

/** `atOnce` files are on their way at the same time. */
export function chainParty(name: string, title: string, atOnce: number): Party {
  const tools = ['age', 'age-keygen', 'minisign', 'rsync', 'sha256sum', 'xargs', 'bash', ...SSH_TOOLS];
  return { name, title, tools, prepare: (work) => ChainRepetition.open(work, atOnce) };
}

class ChainRepetition implements Repetition {
  readonly #work: Work;
  readonly #atOnce: number;
  readonly #folder: string;
  readonly #far: FarEnd;
  readonly #recipient: string;

  private constructor(work: Work, atOnce: number, folder: string, far: FarEnd, recipient: string) {
    this.#work = work;
    this.#atOnce = atOnce;
    this.#folder = folder;
    this.#far = far;
    this.#recipient = recipient;
  }

  static async open(work: Work, atOnce: number): Promise<ChainRepetition> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-chain-'));
    const at = (name: string): string => join(folder, name);
    await mkdir(at('out'));
    await run('age-keygen', ['-o', at('identity')]);
    const { stdout: recipient } = await run('age-keygen', ['-y', at('identity')]);
    await run('minisign', ['-G', '-W', '-p', at('sign.pub'), '-s', at('out/sign.key')]);
    return new ChainRepetition(work, atOnce, folder, await FarEnd.open(), recipient.trim());
  }

  get #out(): string {
    return join(this.#folder, 'out');
  }

  run(signal: AbortSignal): Promise<Measured> {
    const far = this.#far;
    const places = [this.#work.folder, this.#out, this.#recipient, far.clientFile, far.files];
    return measureShell(SCRIPT, [`${this.#atOnce}`, ...places], far, signal);
  }

  async verify(signal: AbortSignal): Promise<void> {
    for (const { name, sha256 } of this.#work.files) {
      const sealed = join(this.#far.files, `${name}.age`);
      await run('minisign', ['-V', '-q', '-p', join(this.#folder, 'sign.pub'), '-m', sealed], { signal });
      const told = await readFile(join(this.#out, `${name}.far`), 'utf8');
      if (!told.startsWith(await digestFile(join(this.#out, `${name}.age`), signal)))
        throw new Error(`${name}: the far end's digest is not that of the sealed file`);
      if ((await this.#openedDigest(sealed, signal)) !== sha256)
        throw new Error(`${name}: the far end holds other bytes than the source`);
    }
  }

  async close(): Promise<void> {
    await this.#far.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #openedDigest(sealed: string, signal: AbortSignal): Promise<string> {
    const words = ['-d', '-i', join(this.#folder, 'identity'), sealed];
    const age = spawn('age', words, { stdio: ['ignore', 'pipe', 'inherit'], signal });
    const hash = createHash('sha256');
    const [[exitCode]] = await Promise.all([once(age, 'close'), pipeline(age.stdout, hash)]);
    if (exitCode !== 0) throw new Error(`age cannot open ${sealed}`);
    return hash.digest('hex');
  }
}
