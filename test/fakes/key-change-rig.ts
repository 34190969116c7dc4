// A dock whose keys change: the commands that technicians type at the station and at the store, and what each of them writes into a file by
// hand in between.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { signatureKeyId } from '../../protocol/documents/minisign.ts';
import { STATION, type DockRig } from './dock-rig.ts';
import { BODYDOCK, RECEIVER, runProgram, type CommandOutcome } from './program.ts';
import { until } from './until.ts';

/** What `rotate --json` says. */
export interface Rotated {
  readonly step: 'prepared' | 'committed';
  readonly public: string;
  readonly key_id: string;
  readonly old_key_id?: string;
  readonly change_file?: string;
}

/** The commands of both ends on one rig. */
export class KeyChangeRig {
  readonly dock: DockRig;

  constructor(dock: DockRig) {
    this.dock = dock;
  }

  get receiverFile(): string {
    return join(this.dock.folder, `${this.dock.receiverIds[0]}.yaml`);
  }

  get stationVault(): string {
    return join(this.dock.vault, STATION);
  }

  /** `bodydock keys rotate` at the station. Errors: Error where it fails. */
  rotateStation(...words: readonly string[]): Promise<Rotated> {
    return this.#json(BODYDOCK, 'keys', 'rotate', '--config', this.dock.stationFile, ...words);
  }

  /** `bodydock-receiver rotate` at the store. Errors: Error where it fails. */
  rotateStore(...words: readonly string[]): Promise<Rotated> {
    return this.#json(RECEIVER, 'rotate', '--config', this.receiverFile, ...words);
  }

  /** `bodydock-receiver revoke` at the store. Errors: Error where it fails. */
  async revoke(keyId: string, reason: string): Promise<string> {
    const args = ['revoke', STATION, '--key', keyId, '--reason', reason, '--config', this.receiverFile];
    const { exitCode, stdout, stderr } = await runProgram(RECEIVER, args);
    if (exitCode !== 0) throw new Error(`revoke ended with ${exitCode}: ${stderr}`);
    return stdout;
  }

  /** A person at the store writes a station's key into its file, and starts the receiver again where it runs. */
  async pinAtStore(line: string): Promise<void> {
    await editYaml(this.receiverFile, (config) => {
      for (const station of config['stations'] as { public_keys: string[] }[]) station.public_keys.push(line);
    });
  }

  /** A person at the station writes the store's key into its file. */
  async pinAtStation(line: string): Promise<void> {
    await editYaml(this.dock.stationFile, (config) => {
      (config['store'] as { public_keys: string[] }).public_keys.push(line);
    });
  }

  /** A person carries a change of the station's key to the vault, as the command says. */
  async carryChange({ change_file: file = '' }: Rotated): Promise<void> {
    const stem = basename(file).slice(0, 16);
    for (const name of (await readdir(dirname(file))).filter((each) => each.startsWith(stem)))
      await cp(join(dirname(file), name), join(this.stationVault, 'keys', name));
  }

  /** Id of the key that signed a document of a recording in the vault. */
  async signer(recording: string, document: 'manifest' | 'receipt'): Promise<string | undefined> {
    const path = join(this.stationVault, recording, `${document}.json.minisig`);
    return signatureKeyId(await readFile(path, 'utf8'));
  }

  /** The one recording that is in the spool with no receipt in the vault; waits for it. */
  async untilBacklog(count: number): Promise<string[]> {
    return until(
      `${count} recordings that wait in the spool`,
      30_000,
      async () => {
        const receipted = await this.dock.receipted();
        const waiting = (await this.dock.spooled()).filter((name) => !receipted.includes(name));
        return waiting.length === count ? waiting : undefined;
      },
      () => this.dock.tails(),
    );
  }

  /** `bodydock verify` over the vault with the keys in a folder. */
  async verify(keys = this.dock.keys): Promise<VerifiedVault> {
    const args = ['verify', this.dock.vault, '--keys', keys, '--identity', this.dock.identityFile, '--json'];
    const { stdout, stderr } = await runProgram(BODYDOCK, args);
    const [folder] = (JSON.parse(stdout === '' ? 'null' : stdout) as Verified | null)?.folders ?? [];
    if (folder === undefined) throw new Error(`verify said nothing: ${stderr}`);
    const findings = folder.remarks.filter(({ kind }) => kind === 'finding');
    return {
      good: folder.good,
      findings: findings.map(({ code, where, message }) => `${code} ${where}: ${message}`),
      notes: folder.remarks.filter(({ kind }) => kind === 'note').map(({ code }) => code),
    };
  }

  /** Resolves once the log in the vault has an entry that fits. What a receipt answers to comes after it. */
  async untilVaultLog(what: string, fits: (line: LogLine) => boolean): Promise<void> {
    const there = async (): Promise<boolean> => (await this.vaultLog()).flat().some(fits);
    await until(`${what} in the vault's log`, 60_000, there, () => this.dock.tails());
  }

  /** Lines of the station's log in the vault, segment by segment in no order. */
  async vaultLog(): Promise<LogLine[][]> {
    const folder = join(this.stationVault, 'custody');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.map((text) =>
      text
        .split('\n')
        .slice(0, -1) // after the last line end: nothing, or a line that is being written
        .map((line) => JSON.parse(line) as LogLine),
    );
  }

  async #json(file: string, ...args: readonly string[]): Promise<Rotated> {
    const ran: CommandOutcome = await runProgram(file, [...args, '--json']);
    if (ran.exitCode !== 0)
      throw new Error(`${args.join(' ')} ended with ${ran.exitCode}: ${ran.stderr}${ran.stdout}`);
    return JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Rotated;
  }
}

/** One entry of a log. */
export interface LogLine {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What `bodydock verify` says: findings with their words, codes of notes. */
export interface VerifiedVault {
  readonly good: boolean;
  readonly findings: readonly string[];
  readonly notes: readonly string[];
}

interface Verified {
  readonly folders: readonly {
    readonly good: boolean;
    readonly remarks: readonly Record<'kind' | 'code' | 'where' | 'message', string>[];
  }[];
}

async function editYaml(path: string, edit: (config: Record<string, unknown>) => void): Promise<void> {
  const config = parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  edit(config);
  await writeFile(path, stringify(config));
}
