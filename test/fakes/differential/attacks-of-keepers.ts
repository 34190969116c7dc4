// What the keeper of a store does to his vault, with the key of the store, keys of the roles and the clock in his hands: the log goes on with
// another line, is cut, or written again, and its tree with it, signed again as he can.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { keyIdHex, makeSecretKey, signDocument } from '../../../protocol/documents/minisign.ts';
import { filesLike, mustBeFound, someFile, takeAway, type Altered, type Attack } from './attack.ts';
import { deleteByHand } from './attacks-of-deletions.ts';
import { placeOwnPolicy, withholdPolicy } from './attacks-of-policies.ts';
import { excuseFor } from './excuses.ts';
import { added, fieldsOf, logOf, receiverOf, writeLog, type Kept } from './keeper-log.ts';

const DAY_MS = 86_400_000;

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
  // A kit may be without it.
  return mustBeFound(what, wasThere && !altered.isKit);
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
  // Its station's log names the right one, but in a kit that may not be there.
  return mustBeFound(
    `the keeper of ${receiver} dated ${path} ${days} days off, in its log as well`,
    !altered.isKit,
  );
};

/** Entries of an order of which nothing is there. */
const enterOrder: Attack = async (altered) => {
  const { random, world, vault } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const there = await filesLike(altered, /(^|\/)[a-z2-7]{26}\/manifest\.json$/);
  if (log === undefined || there.length === 0) return undefined;
  const of = fieldsOf(await readFile(join(vault, random.pick(there))));
  if (of === undefined) return undefined;
  const { station, recording } = of;
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

/** What a statement says of the tree that it ends: the newest checkpoint before anything is cut, or another one; undefined in version 1. */
async function checkpointNamed(
  { vault, random }: Altered,
  receiver: string,
  log: readonly Kept[],
): Promise<{ readonly how: string; readonly checkpoint: Record<string, unknown> | null } | undefined> {
  const how = random.pick([
    'version 1',
    'null',
    'the newest',
    'another root',
    'more leaves',
    'another log',
  ] as const);
  if (how === 'version 1') return undefined;
  const origin = log.at(-1)?.entries[0]?.facts['log_origin'];
  const [, , , suffix = ''] = String(origin).split('/');
  const note = await readFile(join(vault, receiver, 'log', suffix, 'checkpoint'), 'utf8').catch(() => '');
  const [name = '', size = '', root = ''] = note.split('\n');
  if (how === 'null' || name !== origin) return { how: 'null', checkpoint: null };
  return {
    how,
    checkpoint: {
      origin: how === 'another log' ? name.replace(`/${receiver}`, '/r-evil') : name,
      size: Number(size) + (how === 'more leaves' ? 5 : 0),
      root: how === 'another root' ? '5'.repeat(64) : Buffer.from(root, 'base64').toString('hex'),
    },
  };
}

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
  // What he cuts off first, the statement is to explain.
  const isCut = random.below(2) === 0;
  const segment = log.at(-1);
  if (isCut && segment !== undefined && segment.entries.length > 3) {
    segment.entries.splice(2 + random.below(segment.entries.length - 2));
    if (segment.entries.at(-1)?.event !== 'checkpoint') added(log, []);
  }
  const until = new Date(Date.parse(end.at) - random.pick([0, 1, 60]) * DAY_MS).toISOString();
  const named = await checkpointNamed(altered, receiver, log);
  const version = named === undefined ? 1 : 2;
  const of = { type: 'restored', version, receiver, vault: world.two.builder.vaultId };
  const says = { restored_at: end.at, complete_until: until, custody_head: null };
  const bytes = encodeCanonical({
    ...of,
    ...says,
    ...(named !== undefined && { checkpoint: named.checkpoint }),
  });
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
  // The first segment after it begins another tree (SPEC 4.15.4).
  const begins = random.below(2) === 0 && segment?.entries[0]?.facts['log_origin'] !== undefined;
  if (begins) {
    const id = 'x'.repeat(25) + 'a';
    const log_origin = `bodydock/${of.vault}/${receiver}/${sha256.slice(0, 16)}`;
    const facts = { segment: id, station: receiver, version: '0.1.0', log_origin, log_size: 0 };
    const opened = { at: end.at, boot: null, monotonic_ms: 0, event: 'segment-opened', facts };
    log.push({ path: join(dirname(segment.path), `${id}.jsonl`), key, entries: [opened] });
    added(log, []);
  }
  const isOther = await writeLog(altered, receiver, log);
  const what = `the keeper of ${receiver} ${isCut ? 'cut its end and ' : ''}stated that it was restored, naming ${named?.how ?? 'no checkpoint'}, signed by ${how}${begins ? ', and began another tree' : ''}`;
  return mustBeFound(what, how !== 'both roles' || isOther);
};

/** What only a receiver does that stations know (SPEC 10.3.38). */
const ACTS = /^(receipt|expiry-warned|deleting|deleted|documents-dropped|segment-dropped)$/;

/** A log of a receiver that never was, without a tree and dated back as a whole, which says some of what the true one says. */
const beginSecondLog: Attack = async (altered) => {
  const { random, vault } = altered;
  const log = await logOf(altered, receiverOf(altered));
  const [key, end] = [log?.at(-1)?.key, log?.at(-1)?.entries.at(-1)];
  const said = (log ?? []).flatMap(({ entries }) =>
    entries.filter(({ event }) => event !== 'segment-opened' && event !== 'checkpoint'),
  );
  if (key === undefined || end === undefined || said.length === 0) return undefined;
  const days = random.pick([0, 2, 30, 400]);
  const at = new Date(Date.parse(end.at) - days * DAY_MS).toISOString();
  const [receiver, segment] = ['r-never-was', 'y'.repeat(25) + 'a'];
  const before = { last_segment: null, last_sequence: null, last_sha256: null };
  const facts = { segment, station: receiver, version: '0.1.0', ...before };
  const opened = { at, boot: null, monotonic_ms: 0, event: 'segment-opened', facts };
  const second = { path: join(receiver, 'custody', `${segment}.jsonl`), key, entries: [opened] };
  const events = Array.from({ length: 3 }, () => random.pick(said));
  added(
    [second],
    events.map(({ event, facts }) => ({ event, facts })),
  );
  await mkdir(join(vault, dirname(second.path)), { recursive: true });
  await writeLog(altered, receiver, [second]);
  const names = events.map(({ event }) => event);
  const what = `the keeper began a second log ${days} days ago with ${names.join(', ')}`;
  return mustBeFound(what, days > 1 && names.some((event) => ACTS.test(event)));
};

/** Those that a kit can show. */
export const KEEPERS_OF_KITS: readonly Attack[] = [
  addLine,
  deleteByHand,
  deleteByHand,
  backDate,
  enterOrder,
  placeOwnPolicy,
  withholdPolicy,
];

/** All of them. */
export const ATTACKS_OF_KEEPERS: readonly Attack[] = [
  ...KEEPERS_OF_KITS,
  cutTail,
  cutTail,
  fork,
  fork,
  deleteByHand,
  stateRestored,
  beginSecondLog,
];
