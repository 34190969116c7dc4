// What somebody does to a vault who can write there and has one of the keys that were ever used: one that was put aside, revoked, of another
// role, or of another receiver. Logs go on or are begun with it, documents are signed again, and changes lead to and from it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import {
  keyIdHex,
  makeSecretKey,
  signDocument,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { chainOf, linesOf, rewriteLog, type LooseLine } from '../manipulations/rewritten-log.ts';
import { writeKeyChange } from '../vault-builder-keys.ts';
import {
  keepersOf,
  mayBeGood,
  mustBeFound,
  segmentsOf,
  someFile,
  stolenKeys,
  takeAway,
  type Altered,
  type Attack,
  type Done,
} from './attack.ts';
import { excuseFor, type Excuse } from './excuses.ts';
import { fieldsOf } from './keeper-log.ts';

/** A segment of long ago goes by any key of the store, in the log of any receiver, once its days are over (SPEC 10.3.28). */
const mayGo = ({ event }: Excuse): boolean => event === 'segment-dropped';

const DOCUMENT = /\/(manifest|docking|receipt|deletion|report|text)\.json$|\.revocation\.json$/;
const SEGMENT = 'z'.repeat(25) + 'a';

const KINDS: Readonly<Record<string, string>> = {
  'manifest.json': 'recording-manifest',
  'docking.json': 'docking-record',
  'receipt.json': 'receipt',
  'deletion.json': 'deletion-record',
  'report.json': 'staff-report',
  'text.json': 'staff-text',
};

function kindOf(path: string): string {
  const name = basename(path);
  return KINDS[name] ?? 'key-revocation';
}

/** The same document by another key. */
const resign: Attack = async (altered) => {
  const path = await someFile(altered, DOCUMENT);
  if (path === undefined) return undefined;
  const stranger = makeSecretKey(altered.random);
  const key = altered.random.pick([...stolenKeys(altered), stranger]);
  const bytes = await readFile(join(altered.vault, path));
  await writeFile(
    join(altered.vault, `${path}.minisig`),
    signDocument(key, bytes, `bodydock ${kindOf(path)}`),
  );
  return mustBeFound(`${path} signed anew by ${keyIdHex(key.keyId)}`, key === stranger);
};

const TIMES = ['received_at', 'sealed_at', 'docked_at', 'deleted_at', 'made_at', 'revoked_at'];

/** Another time in it, or another receiver, by a key that may be the right one. */
const rewrite: Attack = async (altered) => {
  const path = await someFile(altered, DOCUMENT);
  if (path === undefined) return undefined;
  const value = fieldsOf(await readFile(join(altered.vault, path)));
  if (value === undefined) return undefined; // damaged before
  const field = TIMES.find((each) => each in value);
  const isReceiver = 'receiver' in value && altered.random.below(2) === 0;
  if (isReceiver) value['receiver'] = altered.random.pick(['r-store', 'r-other', 'r-evil']);
  else if (field !== undefined)
    value[field] = altered.random.pick(['2026-11-20T00:00:00.000Z', '2026-12-24T00:00:00.000Z']);
  const key = altered.random.pick(stolenKeys(altered));
  const bytes = encodeCanonical(value);
  const isOther = !(await readFile(join(altered.vault, path))).equals(bytes);
  await writeFile(join(altered.vault, path), bytes);
  await writeFile(
    join(altered.vault, `${path}.minisig`),
    signDocument(key, bytes, `bodydock ${kindOf(path)}`),
  );
  const what = `${path} with another ${isReceiver ? 'receiver' : field} by ${keyIdHex(key.keyId)}`;
  // The log names what was there, but of a revocation only some of it.
  return mustBeFound(what, isOther && !(isReceiver && path.endsWith('.revocation.json')));
};

interface Entry {
  readonly event: string;
  readonly facts: Record<string, unknown>;
}

/** A segment by that key, after `before` or as the first one, whatever is cut behind the sequence that it names. */
async function writeSegment(
  { vault }: Altered,
  keeper: string,
  key: SecretKey,
  before: { readonly path: string; readonly sequence: number } | undefined,
  entries: readonly Entry[],
): Promise<void> {
  const link = {
    last_segment: null as string | null,
    last_sequence: null as number | null,
    last_sha256: null as string | null,
  };
  let at: Pick<LooseLine, 'at'> & Record<string, unknown> = {
    at: '2026-11-25T09:00:00.000Z',
    boot: null,
    monotonic_ms: 5,
  };
  if (before !== undefined) {
    const lines = await wholeLines(join(vault, before.path));
    const line = lines[before.sequence - 1] ?? '';
    Object.assign(link, {
      last_segment: basename(before.path, '.jsonl'),
      last_sequence: before.sequence,
      last_sha256: sha256Hex(Buffer.from(line)),
    });
    const last = JSON.parse(lines.at(-1) ?? '{}') as Partial<LooseLine>;
    if (last.at !== undefined)
      at = { at: last.at, boot: last['boot'] ?? null, monotonic_ms: last['monotonic_ms'] ?? 0 };
  }
  const opened = { segment: SEGMENT, station: keeper, version: '0.1.0', ...link };
  const all = [{ event: 'segment-opened', facts: opened }, ...entries, { event: 'checkpoint', facts: {} }];
  const lines = all.map((entry) => ({ ...at, ...entry })) as unknown as LooseLine[];
  const { text } = chainOf(lines, { segment: SEGMENT, holder: keeper, key });
  const folder = join(vault, keeper, 'custody');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${SEGMENT}.jsonl`), text);
}

/** The log of a receiver that never was, or of one that is there, begun or gone on with by some key; it excuses something. */
const writeLog: Attack = async (altered) => {
  const { random } = altered;
  const excuse = await excuseFor(altered);
  if (excuse === undefined) return undefined;
  const isStore = excuse.keeper.startsWith('r-');
  const keeper = isStore && random.below(2) === 0 ? 'r-evil' : excuse.keeper;
  const key = random.pick(stolenKeys(altered));
  const segments = await segmentsOf(altered, keeper);
  const path = segments.at(random.below(4) === 0 ? 0 : -1);
  const keyId = keyIdHex(key.keyId);
  const other = keyIdHex(random.pick(stolenKeys(altered)).keyId);
  const changed = { old_key_id: other, new_key_id: keyId, change_sha256: '0'.repeat(64) };
  const entries: Entry[] = [
    ...(random.below(3) === 0 ? [{ event: 'key-changed', facts: changed }] : []),
    { event: excuse.event, facts: { ...excuse.facts } },
  ];
  const before =
    path === undefined ? undefined : { path, sequence: (await wholeLines(join(altered.vault, path))).length };
  await writeSegment(altered, keeper, key, before, entries);
  const goes = random.below(4) === 0 ? [] : excuse.goes;
  const wasThere = await takeAway(altered, goes);
  const what = `a segment of ${keeper} behind ${path ?? 'nothing'} by ${keyId}: ${entries.map(({ event }) => event).join(', ')}; without ${goes.join(', ')}`;
  return mustBeFound(what, wasThere && !mayGo(excuse));
};

/** A change by hand of some keys: with an own key behind it, a log of that key goes on too. */
const plantChange: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const holder = random.pick([...(await keepersOf(altered)), 'r-evil']);
  const own = makeSecretKey(random);
  const keys = [...stolenKeys(altered), own];
  const [old, fresh] = [random.pick(keys), random.pick([own, random.pick(keys)])];
  if (old === fresh) return undefined;
  const reason = random.pick(['planned', 'planned', 'lost'] as const);
  const at = world.two.builder.clock.now();
  const facts = await writeKeyChange(vault, { holder: holder as never, old, fresh, reason, at });
  const told = `${holder} from ${keyIdHex(old.keyId)} to ${keyIdHex(fresh.keyId)}, ${reason}`;
  if (random.below(2) === 0) return mayBeGood(`a change of ${told}`);
  return (await goOn(altered, { holder, key: fresh, facts })) ?? mayBeGood(`a change of ${told}`);
};

/** Two changes one after the other, and a log by the last key. */
const plantWay: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const holder = random.pick([...(await keepersOf(altered)), 'r-evil', 'r-evil']);
  const old = random.pick(holder.startsWith('r-') ? world.storeKeys : stolenKeys(altered));
  const [middle, last] = [makeSecretKey(random), makeSecretKey(random)];
  const at = world.two.builder.clock.now();
  await writeKeyChange(vault, { holder: holder as never, old, fresh: middle, at });
  const facts = await writeKeyChange(vault, { holder: holder as never, old: middle, fresh: last, at });
  return (await goOn(altered, { holder, key: last, facts })) ?? mayBeGood(`two changes of ${holder}`);
};

async function goOn(
  altered: Altered,
  { holder, key, facts }: { holder: string; key: SecretKey; facts: CustodyEvent['facts'] },
): Promise<Done | undefined> {
  const excuse = await excuseFor(altered);
  if (excuse === undefined) return undefined;
  const path = (await segmentsOf(altered, holder)).at(-1);
  const before =
    path === undefined ? undefined : { path, sequence: (await wholeLines(join(altered.vault, path))).length };
  const entries: Entry[] = [
    ...(before === undefined && altered.random.below(2) === 0
      ? []
      : [{ event: 'key-changed', facts: { ...facts } }]),
    { event: excuse.event, facts: { ...excuse.facts } },
  ];
  await writeSegment(altered, holder, key, before, entries);
  const wasThere = await takeAway(altered, excuse.goes);
  const what = `a change of ${holder} to ${keyIdHex(key.keyId)}, and a segment by it: ${excuse.event}; without ${excuse.goes.join(', ')}`;
  return mustBeFound(what, wasThere && !mayGo(excuse));
}

/** A whole log written again by its own keys, without, with, or with another entry. */
const rewriteWhole: Attack = async (altered) => {
  const { random, world, vault } = altered;
  const keeper = random.pick(await keepersOf(altered));
  const paths = await segmentsOf(altered, keeper);
  if (paths.length === 0) return undefined;
  const keyIds = await Promise.all(paths.map((path) => signerOf(join(vault, path))));
  const keys = keyIds.map((id) => stolenKeys(altered).find(({ keyId }) => keyIdHex(keyId) === id));
  if (keys.includes(undefined)) return undefined;
  const chosen = random.below(paths.length);
  let what = '';
  await rewriteLog(
    {
      folder: join(vault, keeper, 'custody'),
      segments: paths.map((path) => basename(path, '.jsonl')),
      holder: keeper,
      keyOf: (at) => keys[at] ?? world.two.builder.storeKey,
    },
    (entries, at) => {
      if (at !== chosen) return entries;
      const own = entries.flatMap(({ event }, index) =>
        event === 'segment-opened' || event === 'checkpoint' ? [] : [index],
      );
      if (own.length === 0) return entries;
      const index = random.pick(own);
      const entry = entries[index];
      if (entry === undefined) return entries;
      what = `${entry.event} ${JSON.stringify(entry.facts)}`;
      return altered.random.below(2) === 0
        ? entries.filter((_, each) => each !== index)
        : [...entries.slice(0, index + 1), entry, ...entries.slice(index + 1)];
    },
  );
  return what === ''
    ? undefined
    : mayBeGood(`the log of ${keeper} written anew without or with a second ${what}`);
};

/** Lines that can be read; another alteration may have torn the last ones. */
async function wholeLines(path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const torn = lines.findIndex((line) => !isEntry(line));
  return lines.slice(0, torn < 0 ? lines.length : torn);
}

function isEntry(line: string): boolean {
  try {
    return typeof (JSON.parse(line) as LooseLine | null)?.event === 'string';
  } catch {
    return false;
  }
}

async function signerOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8');
  if (!text.trimEnd().split('\n').every(isEntry)) return undefined;
  const lines = linesOf(text);
  const signature = lines.find(({ event }) => event === 'checkpoint')?.facts['signature'];
  const [, body = ''] = typeof signature === 'string' ? signature.split('\n') : [];
  return Buffer.from(body, 'base64').subarray(2, 10).toString('hex') || undefined;
}

/** Those of them that alter single documents, which a kit holds as well. */
export const RESIGNED: readonly Attack[] = [resign, rewrite];

/** All of them. */
export const ATTACKS_WITH_KEYS: readonly Attack[] = [
  resign,
  rewrite,
  writeLog,
  writeLog,
  writeLog,
  plantChange,
  plantChange,
  plantWay,
  rewriteWhole,
];
