// A whole dock on this machine: agent, receiver and broker as processes of their own in one temporary folder, with camera folders, keys
// made by the commands that a technician types, and a look at the vault and at the bay documents. Faults are the test's to bring.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { receiverConfig, STATION, stationConfig, type RigWish } from './dock-rig-config.ts';
import { checkEvidence, type EvidenceReport } from './evidence-checker.ts';
import { freePort } from './free-port.ts';
import type { Mosquitto } from './mosquitto.ts';
import type { Nats } from './nats.ts';
import { BODYDOCK, EMBEDDED_BROKER, Program, RECEIVER, runProgram, type User } from './program.ts';
import { PutLedger } from './put-ledger.ts';
import type { RabbitMq } from './rabbitmq.ts';
import { StationView, type BaySeen } from './station-view.ts';
import { until } from './until.ts';

export { STATION };

/** The embedded broker as a process on a port that stays. */
class EmbeddedBroker {
  readonly program: Program;
  readonly port: number;

  constructor(port: number, logFile: string) {
    this.port = port;
    this.program = new Program({ file: EMBEDDED_BROKER, args: [`${port}`], logFile });
  }

  async start(): Promise<void> {
    await this.program.start();
  }

  kill(): Promise<void> {
    return this.program.kill();
  }
}

/** Processes and folders of one scenario. `close` ends and removes all of it. */
export class DockRig {
  readonly folder: string;
  readonly ledger = new PutLedger();
  readonly broker: Mosquitto | RabbitMq | Nats | EmbeddedBroker;
  readonly agent: Program;
  /** One process for each receiver id of the wish, the first one is `receiver`. */
  readonly receiverPrograms: readonly Program[];
  readonly #wish: RigWish;
  #view: StationView | undefined;

  private constructor(folder: string, wish: RigWish, broker: Mosquitto | RabbitMq | Nats | EmbeddedBroker) {
    this.folder = folder;
    this.#wish = wish;
    this.broker = broker;
    const log = (name: string): string => join(folder, `${name}.log`);
    const user = wish.agentUser === undefined ? {} : { user: wish.agentUser };
    const environment = wish.agentEnvironment ?? {};
    const output = wish.output === undefined ? {} : { output: wish.output };
    const args = ['run', '--config', this.stationFile];
    this.agent = new Program({
      file: BODYDOCK,
      args,
      logFile: log('agent'),
      environment,
      ...(wish.agentWrapper === undefined ? {} : { wrapper: wish.agentWrapper }),
      ...user,
      ...output,
    });
    this.receiverPrograms = this.receiverIds.map(
      (id) =>
        new Program({
          file: RECEIVER,
          args: ['run', '--config', this.receiverFile(id)],
          logFile: log(id),
          environment: wish.receiverEnvironment ?? {},
          ...(wish.receiverWrapper === undefined ? {} : { wrapper: wish.receiverWrapper }),
          ...output,
        }),
    );
  }

  /** Makes folders, keys and both configurations, and starts the broker. Nothing else runs yet. */
  static async open(wish: RigWish = {}): Promise<DockRig> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-rig-'));
    const broker =
      wish.broker === undefined || wish.broker === 'embedded'
        ? new EmbeddedBroker(await freePort(), join(folder, 'broker.log'))
        : wish.broker;
    const rig = new DockRig(folder, wish, broker);
    try {
      await rig.#prepare();
      if (broker instanceof EmbeddedBroker) await broker.start();
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  get receiver(): Program {
    const [first] = this.receiverPrograms;
    if (first === undefined) throw new Error('no receiver in this rig');
    return first;
  }
  get receiverIds(): readonly string[] {
    return this.#wish.receivers ?? ['r-archive'];
  }
  get keys(): string {
    return join(this.folder, 'keys');
  }
  get stationFile(): string {
    return join(this.folder, 'station.yaml');
  }
  get identityFile(): string {
    return join(this.keys, 'store.identity');
  }
  get spool(): string {
    return this.#wish.spoolFolder ?? join(this.folder, 'spool');
  }
  get vault(): string {
    return this.#wish.vaultFolder ?? join(this.folder, 'vault');
  }
  get cameraCount(): number {
    return this.#wish.cameras ?? 1;
  }
  /** Folder of the bay with this number, from 1. */
  camera(number = 1): string {
    return join(this.folder, 'bays', `${number}`);
  }
  /** Where a camera lies that was taken out of its bay. */
  drawer(number = 1): string {
    return join(this.folder, 'drawer', `${number}`);
  }

  /** Puts a file on a camera and remembers it. The camera may be in its bay or in the drawer. */
  async put(
    number: number,
    path: Uint8Array | string,
    bytes: Uint8Array,
    where = this.camera(number),
  ): Promise<void> {
    await this.ledger.put(`cam-${number}`, where, path, bytes);
  }

  takeOut(number = 1): Promise<void> {
    return rename(this.camera(number), this.drawer(number));
  }
  putBack(number = 1): Promise<void> {
    return rename(this.drawer(number), this.camera(number));
  }

  /** Starts receivers and agent, and opens the view. */
  async start(): Promise<void> {
    await this.receiver.start();
    await this.view();
    await this.agent.start();
  }

  /** What monitoring sees; opened at the first call. */
  async view(): Promise<StationView> {
    const tls = this.#wish.viewTls;
    const url = `${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${this.broker.port}`;
    return (this.#view ??= await StationView.open(url, STATION, tls));
  }

  /** Resolves with a bay's document once it shows what is wanted. */
  async untilBay(
    number: number,
    what: string,
    timeoutMs: number,
    shows: (bay: BaySeen) => boolean,
  ): Promise<BaySeen> {
    const view = await this.view();
    const newest = (): BaySeen | undefined => view.bays.get(`bay-${number}`);
    return until(
      `bay-${number}: ${what}`,
      timeoutMs,
      () => {
        const bay = newest();
        return bay !== undefined && shows(bay) ? bay : undefined;
      },
      () => `last document: ${JSON.stringify(newest())}\n${this.tails()}`,
    );
  }

  /** Recordings in the vault with a receipt, by folder name. */
  receipted(): Promise<string[]> {
    return this.#receiptedWith('manifest.json');
  }

  /** Docking records in the vault with a receipt, by folder name. */
  receiptedDockings(): Promise<string[]> {
    return this.#receiptedWith('docking.json');
  }

  /** Recordings that are durable in the spool, receipted or not. */
  spooled(): Promise<string[]> {
    return readdir(join(this.spool, 'ready')).catch((): string[] => []);
  }

  /** A recording is being pulled and sealed at this moment. Bay documents come once a second, which is too seldom to hit it. */
  async untilSealing(timeoutMs: number): Promise<void> {
    const busy = async (): Promise<boolean> =>
      (await readdir(join(this.spool, 'staging')).catch(() => [])).length > 0;
    await until('a sealing', timeoutMs, busy, () => this.tails());
  }

  /** The vault holds the beginning of the custody log. A store that was away is asked again after up to a minute. */
  async untilCustodyBegun(timeoutMs: number): Promise<void> {
    const begun = async (): Promise<boolean> =>
      (await readdir(join(this.vault, STATION, 'custody')).catch(() => [])).length > 0;
    await until('a custody log in the vault', timeoutMs, begun, () => this.tails());
  }

  async untilReceipted(count: number, timeoutMs: number): Promise<void> {
    let seen = 0;
    const enough = async (): Promise<boolean> => (seen = (await this.receipted()).length) >= count;
    await until(`${count} recordings receipted`, timeoutMs, enough, () => `${seen} are\n${this.tails()}`);
  }

  /** Files that lie on a camera now, however deep. */
  async filesOn(number = 1, where = this.camera(number)): Promise<number> {
    const names = await readdir(where, { recursive: true, withFileTypes: true }).catch(() => []);
    return names.filter((name) => !name.isDirectory()).length;
  }

  async untilEmptied(number: number, timeoutMs: number): Promise<void> {
    let left = 0;
    const empty = async (): Promise<boolean> => (left = await this.filesOn(number)) === 0;
    await until(
      `camera ${number} emptied`,
      timeoutMs,
      empty,
      () => `${left} files are left\n${this.tails()}`,
    );
  }

  /** Ends agent and receivers in order. */
  async stop(): Promise<void> {
    await this.agent.stop();
    for (const program of this.receiverPrograms) await program.stop();
  }

  /** What the independent checker says, with stock tools beside it or by itself. Stop first. `away` are cameras in the drawer. */
  check(away: readonly number[] = [], withStockTools = true): EvidenceReport {
    const numbers = Array.from({ length: this.cameraCount }, (_, at) => at + 1);
    return checkEvidence({
      vault: this.vault,
      spool: this.spool,
      station: STATION,
      cameras: new Map(
        numbers.map((number) => [
          `cam-${number}`,
          away.includes(number) ? this.drawer(number) : this.camera(number),
        ]),
      ),
      puts: this.ledger.puts,
      identityFile: this.identityFile,
      stationPublicKeyFile: join(this.keys, 'station.pub'),
      storePublicKeyFile: join(this.keys, 'store.pub'),
      withStockTools,
    });
  }

  /** The ends of all logs, for the message of a failed test. */
  tails(): string {
    return [this.agent, ...this.receiverPrograms].map(tailOf).join('\n');
  }

  async close(): Promise<void> {
    await this.#view?.close();
    for (const program of [this.agent, ...this.receiverPrograms]) await program.kill(false);
    if (this.broker instanceof EmbeddedBroker) await this.broker.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #receiptedWith(document: string): Promise<string[]> {
    const parent = join(this.vault, STATION);
    const names = await readdir(parent).catch((): string[] => []);
    const found: string[] = [];
    for (const name of names) {
      const [hasDocument, hasReceipt] = await Promise.all(
        [document, 'receipt.json.minisig'].map((file) => exists(join(parent, name, file))),
      );
      if (hasDocument === true && hasReceipt === true) found.push(name);
    }
    return found;
  }

  async #prepare(): Promise<void> {
    const made = await Promise.all(
      ['station', 'store', 'identity'].map((kind) =>
        this.#bodydock('keys', 'make', kind, '--out', this.keys),
      ),
    );
    const numbers = Array.from({ length: this.cameraCount }, (_, at) => at + 1);
    for (const number of numbers) await mkdir(this.camera(number), { recursive: true });
    await mkdir(join(this.folder, 'drawer'));
    const [station = '', store = '', recipient = ''] = made.map((text) =>
      text.trim().split('\n').at(-1)?.trim(),
    );
    const keys = { station, store, recipient };
    const port = (await this.#wish.agentPort?.(this.broker.port)) ?? this.broker.port;
    await writeFile(this.stationFile, stationConfig(this, this.#wish, keys, port));
    const storePort = (await this.#wish.receiverPort?.(this.broker.port)) ?? this.broker.port;
    for (const id of this.receiverIds)
      await writeFile(this.receiverFile(id), receiverConfig(this, this.#wish, keys, { id, port: storePort }));
    await this.#bodydock('keys', 'prove', '--config', this.stationFile, '--identity', this.identityFile);
    if (this.#wish.agentUser !== undefined) await this.giveTo(this.#wish.agentUser);
  }

  /** What the agent works with belongs to that user from now on; links are not followed. Needs root. */
  async giveTo({ uid, gid }: User): Promise<void> {
    const own = [
      this.spool,
      join(this.folder, 'bays'),
      join(this.folder, 'drawer'),
      join(this.keys, 'station.key'),
    ];
    await promisify(execFile)('chown', ['-hR', `${uid}:${gid}`, ...own]);
    await chmod(this.folder, 0o755);
    await chmod(this.keys, 0o755);
  }

  receiverFile(id = 'r-archive'): string {
    return join(this.folder, `${id}.yaml`);
  }

  async #bodydock(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runProgram(BODYDOCK, args);
    if (exitCode !== 0) throw new Error(`bodydock ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
    return stdout;
  }
}

function tailOf(program: Program): string {
  return `--- ${program.logFile}\n${program.log().slice(-3000)}`;
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
