// The log of a store in the hands of its keeper: read, changed, and written again as he can, with its tree where the vault is whole, and with the
// heads of its segments where it is a kit.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { keyIdHex, publicKeyOf, signNoteText, type SecretKey } from '../../../protocol/documents/minisign.ts';
import { formatCheckpoint, originKey } from '../../../protocol/transparency/checkpoint.ts';
import { CompactRange, leafHash } from '../../../protocol/transparency/merkle.ts';
import { formatNote, signatureLine } from '../../../protocol/transparency/signed-note.ts';
import { chainOf, linesOf, type LooseLine } from '../manipulations/rewritten-log.ts';
import { filesLike, isTorn, segmentsOf, stolenKeys, type Altered } from './attack.ts';

/** An entry to be. */
export type Event = Pick<LooseLine, 'event' | 'facts'>;

/** Entries of one segment of a store's log. */
export interface Kept {
  readonly path: string;
  readonly key: SecretKey;
  entries: LooseLine[];
}

/** One of the two receivers. */
export function receiverOf({ world, random }: Altered): string {
  return random.pick(world.stores).receiver;
}

/** The whole log of a receiver, as far as it can be read and its keys are known; undefined where it cannot. */
export async function logOf(altered: Altered, receiver: string): Promise<Kept[] | undefined> {
  const log: Kept[] = [];
  for (const path of await segmentsOf(altered, receiver)) {
    if (await isTorn(altered, path)) return undefined;
    const entries = linesOf(await readFile(join(altered.vault, path), 'utf8'));
    const signature = entries.find(({ event }) => event === 'checkpoint')?.facts['signature'];
    const [, body = ''] = typeof signature === 'string' ? signature.split('\n') : [];
    const id = Buffer.from(body, 'base64').subarray(2, 10).toString('hex');
    const key = stolenKeys(altered).find(({ keyId }) => keyIdHex(keyId) === id);
    if (key === undefined) return undefined;
    log.push({ path, key, entries });
  }
  return log.length === 0 ? undefined : log;
}

/**
 * Writes it again: each segment after the one before, each at its place in the tree, and the newest checkpoint of that.
 * True where it is not the log any more that somebody else holds a checkpoint of.
 */
export async function writeLog(altered: Altered, receiver: string, log: readonly Kept[]): Promise<boolean> {
  const { vault, isKit } = altered;
  let isOther = false;
  let last: Record<string, unknown> = {};
  let origin: unknown;
  let leaves: string[] = [];
  for (const { path, key, entries } of log) {
    const [opened, ...rest] = entries;
    if (opened === undefined) continue;
    // In a kit segments between may be missing.
    const follows = !isKit || opened.facts['last_segment'] === last['last_segment'];
    const facts: Record<string, unknown> = { ...opened.facts, ...(follows && last) };
    if (facts['log_origin'] !== origin) {
      await writeCheckpoint(altered, receiver, { origin, leaves, key });
      leaves = [];
    }
    origin = facts['log_origin'];
    const fixed = await fixedLeaves(altered, origin);
    if (origin !== undefined && !isKit) facts['log_size'] = leaves.length;
    const segment = basename(path, '.jsonl');
    const chain = chainOf([{ ...opened, facts }, ...rest], { segment, holder: receiver, key });
    const old = await readFile(join(vault, path), 'utf8').catch(() => '');
    const [before, after] = [old, chain.text].map((text) => text.trimEnd().split('\n')) as [
      string[],
      string[],
    ];
    await writeFile(join(vault, path), chain.text);
    await rm(join(vault, `${path}.minisig`), { force: true });
    if (isKit) await writeHead(join(vault, path), chain.text);
    const changed = before.findIndex((line, at) => line !== after[at]);
    isOther ||= changed >= 0 && leaves.length + changed < fixed;
    leaves.push(...after);
    last = { last_segment: segment, last_sequence: chain.sequence, last_sha256: chain.sha256 };
  }
  const key = log.at(-1)?.key;
  if (key !== undefined) await writeCheckpoint(altered, receiver, { origin, leaves, key });
  return isOther && !isKit;
}

/** Puts the head of a segment of a kit beside it, as its last checkpoint has it. */
export async function writeHead(path: string, text: string): Promise<void> {
  const last = linesOf(text).findLast(({ event }) => event === 'checkpoint')?.facts;
  const head = path.replace(/jsonl$/, 'head.json');
  await writeFile(head, String(last?.['head']));
  await writeFile(`${head}.minisig`, String(last?.['signature']));
}

interface Tree {
  readonly origin: unknown;
  readonly leaves: readonly string[];
  readonly key: SecretKey;
}

/** The store's newest checkpoint of a tree of a whole vault; `more`: cosignatures. */
export async function writeCheckpoint(
  { vault, isKit }: Altered,
  receiver: string,
  { origin, leaves, key }: Tree,
  {
    name = 'checkpoint',
    more = () => Promise.resolve([]),
  }: { name?: string; more?: (text: string) => Promise<string[]> } = {},
): Promise<void> {
  if (typeof origin !== 'string' || isKit) return;
  const range = new CompactRange();
  for (const line of leaves) range.append(leafHash(Buffer.from(line)));
  const text = formatCheckpoint({ origin, size: leaves.length, root: range.root() });
  const own = signatureLine(originKey(origin, publicKeyOf(key).key), signNoteText(key, text));
  const [, , , suffix = ''] = origin.split('/');
  const path = join(vault, receiver, 'log', suffix, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, formatNote(text, [own, ...(await more(text))]));
}

/** A witness outside cosigns the newest tree of the log as it lies there; false where there is none. */
export async function cosignNow(altered: Altered, receiver: string, atMs: number): Promise<boolean> {
  const { world, vault } = altered;
  const log = await logOf(altered, receiver);
  const origin = log?.at(-1)?.entries[0]?.facts['log_origin'];
  if (log === undefined || typeof origin !== 'string') return false;
  const own = log.filter(({ entries }) => entries[0]?.facts['log_origin'] === origin);
  const texts = await Promise.all(own.map(({ path }) => readFile(join(vault, path), 'utf8')));
  const leaves = texts.flatMap((text) => text.trimEnd().split('\n'));
  const tree = { origin, leaves, key: own.at(-1)?.key ?? world.two.builder.storeKey };
  const more = async (text: string): Promise<string[]> => [
    await world.witness.cosign(text, Math.floor(atMs / 1000)),
  ];
  await writeCheckpoint(altered, receiver, tree, { name: 'cosigned', more });
  await world.witness.publish(world.two.builder.keys);
  return true;
}

/** Leaves of the largest checkpoint of that origin that stations or witnesses hold, as far as the vault shows it. */
async function fixedLeaves(altered: Altered, origin: unknown): Promise<number> {
  const notes: string[] = [];
  for (const path of await filesLike(altered, /dock-\d\/custody\/.*\.jsonl$|\/cosigned$/)) {
    const text = await readFile(join(altered.vault, path), 'utf8');
    if (path.endsWith('cosigned')) notes.push(text);
    else if (!(await isTorn(altered, path)))
      notes.push(
        ...linesOf(text).flatMap(({ event, facts }) =>
          event === 'store-log' ? [String(facts['checkpoint'])] : [],
        ),
      );
  }
  const sizes = notes.map((note) => note.split('\n')).filter(([name]) => name === origin);
  return Math.max(0, ...sizes.map(([, size]) => Number(size)));
}

/** Entries with the time of the end of the log, or another one, and a checkpoint after them. */
export function added(log: readonly Kept[], events: readonly Event[], at?: string): void {
  const segment = log.at(-1);
  const end = segment?.entries.at(-1);
  if (segment === undefined || end === undefined) return;
  const stamp = { at: at ?? end.at, boot: end['boot'] ?? null, monotonic_ms: end['monotonic_ms'] ?? 0 };
  segment.entries.push(...events.map((each) => ({ ...stamp, ...each })), {
    ...stamp,
    event: 'checkpoint',
    facts: {},
  });
}

/** Fields of a document; undefined where it is none any more. */
export function fieldsOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
