// Goes on with a custody log as somebody who holds its key can, with stock minisign and nothing of the product: entries of any kind and time
// after the newest ones, under a checkpoint that holds.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from './stock-tools.ts';

type Facts = Readonly<Record<string, string | number | boolean | null>>;

interface Entry {
  readonly at: string;
  readonly boot: string | null;
  readonly monotonic_ms: number;
  readonly event: string;
  readonly facts: Facts;
}

/** Lower-case hex. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Canonical JSON: keys in order, no white space. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  const sorted = Object.keys(fields).toSorted();
  return `{${sorted.map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`).join(',')}}`;
}

/** The signature file that stock minisign makes by a key file without a password. */
export async function signWithMinisign(bytes: string, key: string, trustedComment: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-forged-'));
  try {
    const file = join(folder, 'd');
    await writeFile(file, bytes);
    const untrusted = `signature from ${await keyId(key)}`;
    const words = ['-S', '-s', key, '-m', file, '-t', trustedComment, '-c', untrusted];
    await new Promise<void>((resolve, reject) => {
      const child = execFile(requireTool('minisign'), words, (error) => (error ? reject(error) : resolve()));
      child.stdin?.end();
    });
    return await readFile(`${file}.minisig`, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** As minisign prints it. */
async function keyId(key: string): Promise<string> {
  const line = (await readFile(key, 'utf8')).split('\n')[1] ?? '';
  const id = Buffer.from(line, 'base64').readBigUInt64LE(54);
  return id.toString(16).toUpperCase().padStart(16, '0');
}

/** The newest segment of a log, gone on with. */
export class ForgedLog {
  readonly #path: string;
  readonly #keeper: string;
  readonly #key: string;
  readonly #lines: string[];
  #time: Pick<Entry, 'at' | 'boot' | 'monotonic_ms'>;

  private constructor(path: string, keeper: string, key: string, lines: string[]) {
    this.#path = path;
    this.#keeper = keeper;
    this.#key = key;
    this.#lines = lines;
    this.#time = JSON.parse(lines.at(-1) ?? '') as Entry;
  }

  /** `folder` is the log's, `keeper` the station or receiver, `key` its secret key file. */
  static async open(folder: string, keeper: string, key: string): Promise<ForgedLog> {
    const segments = new Map<string, string[]>();
    for (const name of await readdir(folder))
      if (name.endsWith('.jsonl'))
        segments.set(name, (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n'));
    const named = new Set(
      [...segments.values()].map(([first]) => (JSON.parse(first ?? '') as Entry).facts['last_segment']),
    );
    const [newest] = [...segments].filter(([name]) => !named.has(name.slice(0, -'.jsonl'.length)));
    if (newest === undefined) throw new Error(`no newest segment in ${folder}`);
    await rm(join(folder, `${newest[0]}.minisig`), { force: true });
    return new ForgedLog(join(folder, newest[0]), keeper, key, newest[1]);
  }

  /** A log that was never there before, with nothing in it but its first entry, and no tree. */
  static async begin(folder: string, keeper: string, key: string, at: string): Promise<ForgedLog> {
    const segment = `${sha256(keeper)
      .replaceAll(/[^a-f]/g, 'g')
      .slice(0, 25)}a`;
    const before = { last_segment: null, last_sequence: null, last_sha256: null };
    const facts = { segment, station: keeper, version: '0.1.0', ...before };
    const first = { sequence: 1, previous: '0'.repeat(64), at, boot: null, monotonic_ms: 0 };
    await mkdir(folder, { recursive: true });
    const lines = [canonical({ ...first, event: 'segment-opened', facts })];
    return new ForgedLog(join(folder, `${segment}.jsonl`), keeper, key, lines);
  }

  /** When its newest entry was made. */
  get at(): string {
    return this.#time.at;
  }

  /** What it holds of an event so far. */
  factsOf(event: string): Facts[] {
    return this.#lines
      .map((line) => JSON.parse(line) as Entry)
      .flatMap((each) => (each.event === event ? [each.facts] : []));
  }

  /** The next entry; at the time of the one before, or at another one, whatever that is. */
  add(event: string, facts: Facts, at = this.#time.at): void {
    this.#time = { ...this.#time, at };
    const previous = sha256(this.#lines.at(-1) ?? '');
    const { boot, monotonic_ms } = this.#time;
    this.#lines.push(
      canonical({ sequence: this.#lines.length + 1, previous, at, boot, monotonic_ms, event, facts }),
    );
  }

  /** A word of somebody outside, which nobody said. */
  sayTime(at = this.#time.at): void {
    this.add('outside-time', { by: 'witness', name: 'witness.test', said_at: at, boot: null }, at);
  }

  /** Closes the group and writes. */
  async close(): Promise<void> {
    const segment = /([a-z2-7]{26})\.jsonl$/.exec(this.#path)?.[1] ?? '';
    const { at, boot, monotonic_ms } = this.#time;
    const head = canonical({
      type: 'custody-head',
      version: 1,
      station: this.#keeper,
      segment,
      sequence: this.#lines.length,
      sha256: sha256(this.#lines.at(-1) ?? ''),
      at,
      boot,
      monotonic_ms,
    });
    const signature = await signWithMinisign(head, this.#key, 'bodydock custody-head');
    this.add('checkpoint', { head, signature });
    await writeFile(this.#path, `${this.#lines.join('\n')}\n`);
  }
}
