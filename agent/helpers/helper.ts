// The frame of the helpers that run as root: from the command line to a station's file that can be read, a folder that is root's and a socket,
// and from an error to the exit code. What a helper does in between is its own.
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_TAKEN, EXIT_USAGE } from '../../config/exit-codes.ts';
import { loadStationConfig } from '../../config/load.ts';
import { HELPER_REQUEST_BYTES_MAX, parseHelperRequest, type HelperRequest } from '../../drivers/helper.ts';
import { describeError, DockError, isDockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { claimSocketPath, listenForLines, type LineSocket } from '../platform/line-socket.ts';

/** What every helper is given: the station's file, and the folder of its socket. */
export interface HelperPlace {
  readonly config: string;
  readonly folder: string;
}

/** What a helper works with. */
export interface HelperGround {
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: BayPortsFile;
}

export interface HelperProgram<Options extends HelperPlace> {
  readonly kind: HelperKind;
  /** For somebody whose command line was not understood. */
  readonly usage: string;
  /** Undefined where the line is not understood. */
  readonly parse: (words: readonly string[]) => Options | undefined;
  /** Works until it is asked to end; gives the exit code. Errors: those of its socket; the system's. */
  readonly work: (options: Options, ground: HelperGround) => Promise<number>;
}

export type HelperKind = 'mount' | 'power';

/** Runs a helper on the words of its command line and ends the process. */
export function runHelper<Options extends HelperPlace>(program: HelperProgram<Options>): void {
  started(process.argv.slice(2), program).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${describeError(error)}\n`);
      if (isDockError(error, `${program.kind}.taken`)) process.exit(EXIT_TAKEN);
      process.exit(isDockError(error, 'helper.folder') ? EXIT_CONFIGURATION : EXIT_FAILURE);
    },
  );
}

/** Aborted when a service manager or a person asks this process to end, from now on. */
export function askedToEnd(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => ending.abort());
  return ending.signal;
}

async function started<Options extends HelperPlace>(
  words: readonly string[],
  { usage, parse, work }: HelperProgram<Options>,
): Promise<number> {
  const clock = nodeClock();
  const log = lineLog(
    (line) => process.stderr.write(line),
    () => new Date(clock.wallMs()).toISOString(),
  );
  const options = parse(words);
  if (options === undefined) {
    process.stderr.write(`usage: main.js ${usage}\n`);
    return EXIT_USAGE;
  }
  const file = new BayPortsFile(options.config, log);
  if ((await file.read()) === undefined) {
    log.error('configuration is not usable', { file: options.config });
    return EXIT_CONFIGURATION;
  }
  await requireOwnFolder(options.folder, process.getuid?.() ?? 0);
  return work(options, { clock, log, ports: file });
}

/** Port by bay. */
export type BayPorts = ReadonlyMap<BayId, string>;

/**
 * The USB port of each bay, from the station's own file: never from anybody who asks.
 * Reads the file whenever it is asked, as it is exchanged while the helper runs; one that is not valid, which a technician is just writing,
 * leaves what was read before. The loader is the agent's: two readers of one file would sooner or later read it differently.
 */
export class BayPortsFile {
  readonly #file: string;
  readonly #log: Log;
  #ports: BayPorts | undefined;
  #isReportedInvalid = false;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** The ports of all bays, as they were read last. */
  named(): Iterable<string> {
    return this.#ports?.values() ?? [];
  }

  /** Undefined as long as there was no valid file. */
  async read(): Promise<BayPorts | undefined> {
    const loaded = await loadStationConfig(this.#file);
    if (loaded.kind === 'loaded') {
      this.#isReportedInvalid = false;
      this.#ports = new Map(
        loaded.config.bays.flatMap(({ id, usbPort }) => (usbPort === null ? [] : [[id, usbPort] as const])),
      );
    } else if (!this.#isReportedInvalid) {
      this.#isReportedInvalid = true;
      this.#log.warn('configuration invalid, previous one stays in force', {
        problems: loaded.problems.length,
      });
    }
    return this.#ports;
  }
}

const CLIENTS_MAX = 32;
/** For a question to come and for its answer to be taken. A busy small machine needs some seconds between connecting and sending. */
const SAYING_MS = 15_000;

export interface HelperSocket<Verb extends string> {
  readonly kind: HelperKind;
  readonly socket: string;
  /** Group whose members may ask. */
  readonly gid: number;
  readonly verbs: readonly Verb[];
  /** The answer, for JSON. It has deadlines of its own. Never rejects. */
  readonly answer: (request: HelperRequest<Verb>) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Listens with mode 0660, owner root, once `prepare` is done, which runs only where no other helper listens: one line in, one line of JSON
 * out, and the end, for the members of one group. Anybody who sends nonsense is dropped. Resolves with what ends it.
 * Errors: "mount.taken" or "power.taken" where another helper listens there, or something that is no socket lies there; the system's.
 */
export async function listenAsHelper<Verb extends string>(
  { kind, socket, gid, verbs, answer, clock, log }: HelperSocket<Verb>,
  prepare: () => Promise<void>,
): Promise<LineSocket> {
  await claimSocketPath(socket, { who: `another ${kind} helper`, code: `${kind}.taken` }, clock);
  await prepare();
  const before = process.umask(0o177); // never open to others, not even for a moment
  let server: LineSocket;
  try {
    server = await listenForLines({
      path: socket,
      clientsMax: CLIENTS_MAX,
      requestBytesMax: HELPER_REQUEST_BYTES_MAX,
      askingMs: SAYING_MS,
      takingMs: SAYING_MS,
      answer: (line) => {
        const request = parseHelperRequest(line, verbs);
        return request && answer(request).then((said) => `${JSON.stringify(said)}\n`);
      },
      clock,
      onSilent: () => log.warn('client timed out without a complete request', { ms: SAYING_MS }),
      onError: (error) => log.warn('socket of the helper failed', { error }),
    });
  } finally {
    process.umask(before);
  }
  // One that runs in the group already needs no right to give anything away.
  if (gid !== process.getgid?.()) await chown(socket, process.getuid?.() ?? 0, gid);
  await chmod(socket, 0o660);
  return server;
}

/** JSON has nothing of an error by itself, neither name nor message. */
function withErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? describeError(value) : value;
}

/**
 * The helper's log: one JSON document a line, without a library, as nothing runs as root here that need not.
 * `write` takes a line with its end; `now` gives RFC 3339 UTC.
 */
export function lineLog(write: (line: string) => void, now: () => string): Log {
  const at =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      write(`${JSON.stringify({ level, time: now(), message, ...fields }, withErrors)}\n`);
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: () => undefined };
}

const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Makes sure that a folder lies where nobody but root can exchange it; makes it where it is not there.
 * Errors: "helper.folder" where it, or one above it, is a link, is not `uid`'s or root's, or can be changed by others; the system's. What lies in a
 * sticky folder, such as /tmp, only its owner can exchange.
 */
export async function requireOwnFolder(folder: string, uid: number): Promise<void> {
  await mkdir(folder, { mode: 0o755 }).catch(() => undefined); // looked at next, no matter who made it
  for (let path = folder; ; path = dirname(path)) {
    const found = await lstat(path);
    const isOwn = found.uid === 0 || found.uid === uid;
    const isOpen = (found.mode & GROUP_OR_OTHERS_WRITE) !== 0;
    const isSticky = path !== folder && (found.mode & STICKY) !== 0;
    if (!found.isDirectory() || !isOwn || (isOpen && !isSticky)) {
      const words = `${path} must be a folder that only root can change`;
      throw new DockError('helper.folder', words, { retry: 'person' });
    }
    if (path === dirname(path)) return;
  }
}
