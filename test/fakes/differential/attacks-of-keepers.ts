// What the keeper of a store does to his vault, with the key of the store, keys of the roles and the clock in his hands: the log goes on with
// another line, is cut, or written again, and its tree with it, signed again as he can.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  signDocument,
  signNoteText,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { formatCheckpoint, originKey } from '../../../protocol/transparency/checkpoint.ts';
import { CompactRange, leafHash } from '../../../protocol/transparency/merkle.ts';
import { formatNote, signatureLine } from '../../../protocol/transparency/signed-note.ts';
import { chainOf, linesOf, type LooseLine } from '../manipulations/rewritten-log.ts';
import {
  filesLike,
  isTorn,
  mustBeFound,
  segmentsOf,
  someFile,
  stolenKeys,
  takeAway,
  type Altered,
  type Attack,
  type Done,
} from './attack.ts';
import { excuseFor } from './excuses.ts';

const DAY_MS = 86_400_000;

/** Entries of one segment of a store's log. */
interface Kept {
  readonly path: string;
  readonly key: SecretKey;
  entries: LooseLine[];
}

/** The whole log of a receiver, as far as it can be read and its keys are known; undefined where it cannot. */
async function logOf(altered: Altered, receiver: string): Promise<Kept[] | undefined> {
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
async function writeLog(altered: Altered, receiver: string, log: readonly Kept[]): Promise<boolean> {
  const { vault } = altered;
  let isOther = false;
  let last: Readonly<Record<string, unknown>> = {};
  let origin: unknown;
  let leaves: string[] = [];
  for (const { path, key, entries } of log) {
    const [opened, ...rest] = entries;
    if (opened === undefined) continue;
    const facts: Record<string, unknown> = { ...opened.facts, ...last };
    if (facts['log_origin'] !== origin) leaves = [];
    origin = facts['log_origin'];
    const fixed = await fixedLeaves(altered, origin);
    if (origin !== undefined) facts['log_size'] = leaves.length;
    const segment = basename(path, '.jsonl');
    const chain = chainOf([{ ...opened, facts }, ...rest], { segment, holder: receiver, key });
    const [before, after] = [await readFile(join(vault, path), 'utf8'), chain.text].map((text) =>
      text.trimEnd().split('\n'),
    ) as [string[], string[]];
    await writeFile(join(vault, path), chain.text);
    await rm(join(vault, `${path}.minisig`), { force: true });
    const changed = before.findIndex((line, at) => line !== after[at]);
    isOther ||= changed >= 0 && leaves.length + changed < fixed;
    leaves.push(...after);
    last = { last_segment: segment, last_sequence: chain.sequence, last_sha256: chain.sha256 };
  }
  const key = log.at(-1)?.key;
  if (typeof origin !== 'string' || key === undefined) return false;
  const range = new CompactRange();
  for (const line of leaves) range.append(leafHash(Buffer.from(line)));
  const text = formatCheckpoint({ origin, size: leaves.length, root: range.root() });
  const own = signatureLine(originKey(origin, publicKeyOf(key).key), signNoteText(key, text));
  const path = join(vault, receiver, 'log', 'checkpoint');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, formatNote(text, [own]));
  return isOther;
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
function added(
  log: readonly Kept[],
  events: readonly Pick<LooseLine, 'event' | 'facts'>[],
  at?: string,
): void {
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

function receiverOf({ world, random }: Altered): string {
  return random.pick(world.stores).receiver;
}

/** A line at the end of the log that excuses something, which goes. */
const addLine: Attack = async (altered) => {
  const excuse = await excuseFor(altered);
  if (excuse?.keeper.startsWith('r-') !== true) return undefined;
  const log = await logOf(altered, excuse.keeper);
  if (log === undefined) return undefined;
  added(log, [{ event: excuse.event, facts: { ...excuse.facts } }]);
  await writeLog(altered, excuse.keeper, log);
  const wasThere = await takeAway(altered, excuse.goes);
  const what = `the keeper of ${excuse.keeper} added ${excuse.event}; without ${excuse.goes.join(', ')}`;
  return mustBeFound(what, wasThere);
};

/** The last entries of the log are cut off, and what they name may go with them. */
const cutTail: Attack = async (altered) => {
  const { random } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const segment = log?.at(-1);
  if (log === undefined || segment === undefined || segment.entries.length < 3) return undefined;
  const cut = segment.entries.splice(1 + random.below(segment.entries.length - 1));
  const at = segment.entries.at(-1);
  if (at?.event !== 'checkpoint') added(log, []);
  const isOther = await writeLog(altered, receiver, log);
  const goes = random.below(2) === 0 ? cut.filter(({ event }) => event === 'receipt') : [];
  const folders = goes.map(({ facts }) => join(String(facts['station']), String(facts['recording'])));
  const wasThere = await takeAway(altered, folders);
  const what = `the keeper of ${receiver} cut ${cut.map(({ event }) => event).join(', ')}, and removed ${goes.length} folders`;
  return mustBeFound(what, isOther || wasThere);
};

/** Another history: an entry is left out, entered twice, or of another time, and all after it is written again. */
const fork: Attack = async (altered) => {
  const { random } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  if (log === undefined) return undefined;
  const { entries } = random.pick(log);
  const own = entries.flatMap(({ event }, at) =>
    event === 'segment-opened' || event === 'checkpoint' ? [] : [at],
  );
  if (own.length === 0) return undefined;
  const at = random.pick(own);
  const entry = entries[at];
  if (entry === undefined) return undefined;
  const how = random.pick(['without', 'with a second', 'with a later', 'with an earlier'] as const);
  const days = random.pick([1, 30, 800]) * (how === 'with a later' ? 1 : -1);
  const moved = { ...entry, at: new Date(Date.parse(entry.at) + days * DAY_MS).toISOString() };
  entries.splice(at, 1, ...(how === 'without' ? [] : how === 'with a second' ? [entry, entry] : [moved]));
  const isOther = await writeLog(altered, receiver, log);
  const what = `the keeper of ${receiver} wrote the log again ${how} ${entry.event} ${JSON.stringify(entry.facts)}`;
  return mustBeFound(what, isOther);
};

/** A recording goes because it is due, or by an order: all of it is entered, at a time that the keeper's clock shows. */
const deleteByHand: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const there = await filesLike(altered, /\/payload\.age$/);
  if (there.length === 0) return undefined;
  const folder = dirname(random.pick(there));
  const [station = '', recording = ''] = folder.split('/');
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const files = await Promise.all(
    ['manifest.json', 'receipt.json'].map((name) =>
      readFile(join(vault, folder, name)).catch(() => undefined),
    ),
  );
  const [manifest, receipt] = files;
  const end = log?.at(-1)?.entries.at(-1);
  if (log === undefined || manifest === undefined || receipt === undefined || end === undefined)
    return undefined;
  const of = fieldsOf(manifest);
  const given = fieldsOf(receipt);
  if (of === undefined || given === undefined) return undefined;
  const key = log.at(-1)?.key ?? world.two.builder.storeKey;
  const days = random.pick([1, 13, 14, 20]);
  const at = new Date(Date.parse(end.at) + random.pick([0, 1, 15, 120, 1200]) * DAY_MS).toISOString();
  const order =
    random.below(2) === 0 ? await ordered(altered, { station, recording, manifest, at }) : undefined;
  const from = String(given['received_at']);
  const record = {
    type: 'deletion-record',
    version: 1,
    station,
    recording,
    receiver,
    vault: given['vault'],
    manifest_sha256: sha256Hex(manifest),
    receipt_sha256: sha256Hex(receipt),
    sealed_size_bytes: given['sealed_size_bytes'],
    reason: order === undefined ? 'expired' : 'ordered',
    retention: {
      days,
      basis: of['clock_synchronised'] === true ? 'sealed' : 'received',
      from_at: of['clock_synchronised'] === true ? of['sealed_at'] : from,
      due_at: new Date(Date.parse(from) + days * DAY_MS).toISOString(),
    },
    order_sha256: order?.sha256 ?? null,
    deleted_at: at,
  };
  const start = Date.parse(String(record.retention.from_at));
  record.retention.due_at = new Date(start + days * DAY_MS).toISOString();
  const bytes = encodeCanonical(record);
  const deletion = { station, recording, deletion_sha256: sha256Hex(bytes) };
  await writeFile(join(vault, folder, 'deletion.json'), bytes);
  const signature = signDocument(key, bytes, 'bodydock deletion-record');
  await writeFile(join(vault, folder, 'deletion.json.minisig'), signature);
  for (const name of ['payload.age', 'chunks.bin']) await rm(join(vault, folder, name), { force: true });
  const announced = { event: 'retention', facts: { days, documents_days: random.pick([1, 89, 90]) } };
  added(
    log,
    [
      ...(random.below(3) === 0 ? [announced] : []),
      ...(order?.entries ?? []),
      { event: 'outside-time', facts: { by: 'witness', name: 'witness.test', said_at: at, boot: null } },
      { event: 'deleting', facts: deletion },
      { event: 'deleted', facts: deletion },
    ],
    at,
  );
  const dropped =
    random.below(3) === 0 ? await dropDocuments(altered, { folder, log, record, at, deletion }) : undefined;
  const isOther = await writeLog(altered, receiver, log);
  const isAllowed =
    order === undefined
      ? days >= world.fewest(recording).days && Date.parse(record.retention.due_at) <= Date.parse(at)
      : order.isAllowed;
  const isAhead = Date.parse(at) > Date.now() + DAY_MS;
  return mustBeFound(
    `the keeper of ${receiver} deleted ${folder} ${order === undefined ? `after ${days} days` : order.what} at ${at}${dropped?.what ?? ''}`,
    isOther || isAhead || dropped?.mustBeFound === true || (!isAllowed && dropped?.isHidden !== true),
  );
};

/** The documents go as well, a while later, by the same clock. */
async function dropDocuments(
  { vault, random, world }: Altered,
  {
    folder,
    log,
    record,
    at,
    deletion,
  }: {
    folder: string;
    log: readonly Kept[];
    record: { manifest_sha256: string; receipt_sha256: string; retention: { from_at: unknown } };
    at: string;
    deletion: { station: string; recording: string; deletion_sha256: string };
  },
): Promise<Done & { readonly isHidden: boolean }> {
  const receipt = fieldsOf(await readFile(join(vault, folder, 'receipt.json')));
  const { station, recording } = deletion;
  const kept = join(vault, station, 'deletions', recording);
  const days = random.pick([10, 89, 90, 800]);
  const later = new Date(Date.parse(at) + days * DAY_MS).toISOString();
  const isKept = random.below(4) !== 0;
  const isLater = log.some(({ entries }) =>
    entries.some(({ event, facts }) => event === 'retention' || facts['log_origin'] !== undefined),
  );
  if (isKept) {
    await mkdir(kept, { recursive: true });
    for (const name of ['deletion.json', 'deletion.json.minisig'])
      await rename(join(vault, folder, name), join(kept, name));
  }
  await rm(join(vault, folder), { recursive: true });
  const { manifest_sha256, receipt_sha256 } = record;
  const named = { manifest_sha256, receipt_sha256, received_at: receipt?.['received_at'], deleted_at: at };
  added(log, [{ event: 'documents-dropped', facts: { ...deletion, ...named } }], later);
  const isEarly = days < world.fewest(recording).documentsDays - 1;
  const isAhead = Date.parse(later) > Date.now() + DAY_MS;
  return {
    what: `, and dropped its documents ${isKept ? '' : 'and its deletion record '}${days} days later`,
    mustBeFound: isEarly || isAhead || (!isKept && isLater),
    // A store of 0.1.0, which announced nothing and had no tree, kept no record that could show more (SPEC 10.3.24).
    isHidden: !isKept && !isLater,
  };
}

interface Ordered {
  readonly sha256: string;
  readonly entries: readonly Pick<LooseLine, 'event' | 'facts'>[];
  readonly what: string;
  readonly isAllowed: boolean;
}

/** An order to delete by keys of the roles, or by others, entered or not. */
async function ordered(
  { vault, world, random }: Altered,
  {
    station,
    recording,
    manifest,
    at,
  }: { station: string; recording: string; manifest: Uint8Array; at: string },
): Promise<Ordered> {
  const { keys } = world.two.builder.orders;
  const id = 'o'.repeat(25) + 'a';
  const about = { station, recording, manifest_sha256: sha256Hex(manifest) };
  const order = {
    type: 'order',
    version: 1,
    order: id,
    verb: 'delete',
    ...about,
    reason: 'x',
    ordered_at: at,
  };
  const bytes = encodeCanonical(order);
  const folder = join(vault, station, 'orders', id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order.json'), bytes);
  const has = random.pick(['both', 'officer', 'supervisor', 'others'] as const);
  const roles = (['officer', 'supervisor'] as const).filter(
    (role) => has === role || has === 'both' || has === 'others',
  );
  const entries: Pick<LooseLine, 'event' | 'facts'>[] = [];
  for (const role of roles) {
    const key = has === 'others' ? world.two.builder.storeKey : keys[role];
    await writeFile(join(folder, `order.json.${role}.minisig`), signDocument(key, bytes, 'bodydock order'));
    const said = { verb: 'delete', role, order_sha256: sha256Hex(bytes), key_id: keyIdHex(key.keyId) };
    if (random.below(5) !== 0)
      entries.push({ event: 'order', facts: { station, recording, order: id, ...said } });
  }
  return { sha256: sha256Hex(bytes), entries, what: `by order of ${has}`, isAllowed: has === 'both' };
}

/** The store's clock was set back, or is said to have been: a receipt of another time, which the log names as it is now. */
const backDate: Attack = async (altered) => {
  const { random, vault } = altered;
  const path = await someFile(altered, /\/receipt\.json$/);
  const receipt = path === undefined ? undefined : fieldsOf(await readFile(join(vault, path)));
  const receiver = String(receipt?.['receiver']);
  const log = await logOf(altered, receiver);
  const key = log?.at(-1)?.key;
  if (path === undefined || receipt === undefined || log === undefined || key === undefined) return undefined;
  const before = sha256Hex(await readFile(join(vault, path)));
  const days = random.pick([-400, -30, -2, 20]);
  const at = new Date(Date.parse(String(receipt['received_at'])) + days * DAY_MS).toISOString();
  const bytes = encodeCanonical({ ...receipt, received_at: at });
  await writeFile(join(vault, path), bytes);
  await writeFile(join(vault, `${path}.minisig`), signDocument(key, bytes, 'bodydock receipt'));
  for (const segment of log)
    segment.entries = segment.entries.map((entry) =>
      entry.facts['receipt_sha256'] === before
        ? { ...entry, facts: { ...entry.facts, receipt_sha256: sha256Hex(bytes) } }
        : entry,
    );
  await writeLog(altered, receiver, log);
  return mustBeFound(`the keeper of ${receiver} dated ${path} ${days} days off, in its log as well`);
};

/** Entries of an order of which nothing is there. */
const enterOrder: Attack = async (altered) => {
  const { random, world } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const there = await filesLike(altered, /^dock-\d\/[a-z2-7]{26}\/manifest\.json$/);
  if (log === undefined || there.length === 0) return undefined;
  const [station, recording] = random.pick(there).split('/');
  const verb = random.pick(['hold', 'unhold', 'delete'] as const);
  const { keys } = world.two.builder.orders;
  const roles = random.pick([['officer'], ['supervisor'], ['officer', 'supervisor']] as const);
  const facts = { station, recording, order: 'n'.repeat(25) + 'a', verb, order_sha256: '6'.repeat(64) };
  added(
    log,
    roles.map((role) => ({ event: 'order', facts: { ...facts, role, key_id: keyIdHex(keys[role].keyId) } })),
  );
  await writeLog(altered, receiver, log);
  return mustBeFound(
    `the keeper of ${receiver} entered an order to ${verb} by ${roles.join(', ')} that is not there`,
  );
};

/** A policy that one person alone can make, or an older one again; entered, or in the place of one. */
const placeOwnPolicy: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const { builder } = world.two;
  const { keys } = builder.orders;
  const log = await logOf(altered, 'r-store');
  const last = world.policies.at(-1);
  if (log === undefined) return undefined;
  const how = random.pick([
    'lower number',
    'one role',
    'own keys',
    'other vault',
    'both roles',
    'changed',
  ] as const);
  const own = { officer: builder.storeKey, supervisor: log.at(-1)?.key ?? builder.storeKey };
  const number =
    how === 'lower number'
      ? (last?.number ?? 1) - 1
      : how === 'changed'
        ? (last?.number ?? 1)
        : (last?.number ?? 0) + 1;
  if (number < 1 || world.policies.some((each) => each.number === number && how === 'lower number'))
    return undefined;
  const line = (key: SecretKey): string => publicKeyLine(publicKeyOf(key));
  const bytes = encodeCanonical({
    type: 'policy',
    version: 1,
    number,
    vault: how === 'other vault' ? 'w'.repeat(25) + 'a' : builder.vaultId,
    days_min: 1,
    days_max: 3,
    documents_days: 1,
    officers: [line(how === 'own keys' ? own.officer : keys.officer)],
    supervisors: [line(how === 'own keys' ? makeSecretKey(random) : keys.supervisor)],
    made_at: log.at(-1)?.entries.at(-1)?.at,
  });
  const folder = join(vault, 'policies', String(number));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'policy.json'), bytes);
  const by = {
    officer: how === 'own keys' || how === 'changed' ? own.officer : keys.officer,
    supervisor: how === 'own keys' ? own.supervisor : how === 'one role' ? keys.officer : keys.supervisor,
  };
  for (const role of ['officer', 'supervisor'] as const)
    await writeFile(
      join(folder, `policy.json.${role}.minisig`),
      signDocument(by[role], bytes, 'bodydock policy'),
    );
  const isEntered = how === 'lower number' || random.below(2) === 0;
  if (isEntered) added(log, [{ event: 'policy', facts: { number, policy_sha256: sha256Hex(bytes) } }]);
  await writeLog(altered, 'r-store', log);
  const what = `the keeper of r-store placed policy ${number} (${how})${isEntered ? ', and entered it' : ''}`;
  return mustBeFound(what, how !== 'both roles' && world.rolesGiven);
};

/** A statement that the vault was restored, which would explain what is missing, without the words of both roles. */
const stateRestored: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const end = log?.at(-1)?.entries.at(-1);
  const key = log?.at(-1)?.key;
  if (log === undefined || end === undefined || key === undefined) return undefined;
  const { keys } = world.two.builder.orders;
  const how = random.pick([
    'nobody',
    'officer',
    'supervisor',
    'own keys',
    'one key twice',
    'both roles',
  ] as const);
  const until = new Date(Date.parse(end.at) - random.pick([0, 1, 60]) * DAY_MS).toISOString();
  const of = { type: 'restored', version: 1, receiver, vault: world.two.builder.vaultId };
  const bytes = encodeCanonical({ ...of, restored_at: end.at, complete_until: until, custody_head: null });
  const sha256 = sha256Hex(bytes);
  const path = join(vault, receiver, 'restored', `${sha256.slice(0, 16)}.json`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  await writeFile(`${path}.minisig`, signDocument(key, bytes, 'bodydock restored'));
  for (const role of ['officer', 'supervisor'] as const) {
    const isThere = how !== 'nobody' && (how === role || (how !== 'officer' && how !== 'supervisor'));
    const by =
      how === 'own keys' ? makeSecretKey(random) : how === 'one key twice' ? keys.officer : keys[role];
    if (isThere) await writeFile(`${path}.${role}.minisig`, signDocument(by, bytes, 'bodydock restored'));
  }
  added(log, [{ event: 'restored', facts: { restored_sha256: sha256, complete_until: until } }]);
  await writeLog(altered, receiver, log);
  const what = `the keeper of ${receiver} stated that it was restored, signed by ${how}`;
  return mustBeFound(what, how !== 'both roles');
};

function fieldsOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** All of them. */
export const ATTACKS_OF_KEEPERS: readonly Attack[] = [
  addLine,
  cutTail,
  cutTail,
  fork,
  fork,
  deleteByHand,
  deleteByHand,
  backDate,
  enterOrder,
  placeOwnPolicy,
  stateRestored,
];
