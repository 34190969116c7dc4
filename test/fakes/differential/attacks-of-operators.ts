// What somebody does who runs the store and has more than its key: keys of both roles, or a clock that shows what he likes. And what the store's key
// alone lets him say: revocations, receipts that the log enters, checkpoints.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import {
  keyIdHex,
  publicKeyLine,
  publicKeyOf,
  signDocument,
  signNoteText,
} from '../../../protocol/documents/minisign.ts';
import { formatCheckpoint, originKey } from '../../../protocol/transparency/checkpoint.ts';
import { formatNote, signatureLine } from '../../../protocol/transparency/signed-note.ts';
import {
  filesLike,
  mayBeGood,
  mustBeFound,
  orderFolder,
  someFile,
  type Altered,
  type Attack,
} from './attack.ts';
import { added, fieldsOf, logOf, receiverOf, writeLog, type Event, type Kept } from './keeper-log.ts';

const DAY_MS = 86_400_000;
const ROLES = ['officer', 'supervisor'] as const;
const CHECKPOINT_NAMES = ['checkpoint', 'cosigned', 'cosigned-0a1b2c3d', 'timestamps/5.checkpoint'] as const;

function later(at: string, days: number): string {
  return new Date(Date.parse(at) + days * DAY_MS).toISOString();
}

function endOf(log: readonly Kept[]): string {
  return log.at(-1)?.entries.at(-1)?.at ?? '2026-11-25T09:00:00.000Z';
}

/** A recording that is there with its manifest. */
async function someManifest(
  altered: Altered,
): Promise<
  { readonly folder: string; readonly bytes: Uint8Array; readonly of: Record<string, unknown> } | undefined
> {
  const path = await someFile(altered, /(^|\/)[a-z2-7]{26}\/manifest\.json$/);
  if (path === undefined) return undefined;
  const bytes = await readFile(join(altered.vault, path));
  const of = fieldsOf(bytes);
  return of === undefined ? undefined : { folder: dirname(path), bytes, of };
}

/** Both roles sign an order of some time, entered at once, later, or never. */
async function giveOrder(
  altered: Altered,
  { verb, letter, about, at }: { verb: string; letter: string; about: Record<string, unknown>; at: string },
): Promise<Event[]> {
  const { vault, world } = altered;
  const { station, recording } = about;
  const order = letter.repeat(25) + 'a';
  const bytes = encodeCanonical({
    type: 'order',
    version: 1,
    order,
    verb,
    ...about,
    reason: 'x',
    ordered_at: at,
  });
  const folder = join(vault, orderFolder(altered, String(station), order));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order.json'), bytes);
  const entries: Event[] = [];
  for (const role of ROLES) {
    const key = world.two.builder.orders.keys[role];
    await writeFile(join(folder, `order.json.${role}.minisig`), signDocument(key, bytes, 'bodydock order'));
    const said = { verb, role, order_sha256: sha256Hex(bytes), key_id: keyIdHex(key.keyId) };
    entries.push({ event: 'order', facts: { station, recording, order, ...said } });
  }
  return entries;
}

/** With both roles' keys: a recording is held, deleted by an order, and the hold lifted only afterwards, or before, or never. */
const deleteWhatIsHeld: Attack = async (altered) => {
  const { random, vault, isKit } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const made = await someManifest(altered);
  const key = log?.at(-1)?.key;
  if (log === undefined || made === undefined || key === undefined) return undefined;
  const { folder, bytes, of } = made;
  const receiptBytes = await readFile(join(vault, folder, 'receipt.json')).catch(() => undefined);
  const receipt = receiptBytes === undefined ? undefined : fieldsOf(receiptBytes);
  const isThere = (await filesLike(altered, /\/payload\.age$/)).includes(`${folder}/payload.age`);
  if (receiptBytes === undefined || receipt === undefined || !isThere) return undefined;
  const { station, recording } = of;
  const about = { station, recording, manifest_sha256: sha256Hex(bytes) };
  const [heldAt, deletedAt] = [later(endOf(log), 1), later(endOf(log), 3)];
  const lifted = random.pick(['before', 'afterwards', 'dated back', 'never'] as const);
  added(log, await giveOrder(altered, { verb: 'hold', letter: 'h', about, at: heldAt }), heldAt);
  const liftedAt = { before: 2, afterwards: 4, 'dated back': 2, never: 0 }[lifted];
  const lifts =
    lifted === 'never'
      ? []
      : await giveOrder(altered, { verb: 'unhold', letter: 'u', about, at: later(heldAt, liftedAt - 1) });
  if (lifted === 'before') added(log, lifts, later(heldAt, 1));
  // A delete does not count while a hold does: it is ordered after the hold was lifted, or would have been.
  added(log, await giveOrder(altered, { verb: 'delete', letter: 'd', about, at: deletedAt }), deletedAt);
  const order = await readFile(
    join(vault, orderFolder(altered, String(station), 'd'.repeat(25) + 'a'), 'order.json'),
  );
  const from = String(receipt['received_at']);
  const isSealed = of['clock_synchronised'] === true;
  const start = isSealed ? String(of['sealed_at']) : from;
  const record = encodeCanonical({
    type: 'deletion-record',
    version: 1,
    station,
    recording,
    receiver,
    vault: receipt['vault'],
    manifest_sha256: about.manifest_sha256,
    receipt_sha256: sha256Hex(receiptBytes),
    sealed_size_bytes: receipt['sealed_size_bytes'],
    reason: 'ordered',
    retention: {
      days: 14,
      basis: isSealed ? 'sealed' : 'received',
      from_at: start,
      due_at: later(start, 14),
    },
    order_sha256: sha256Hex(order),
    deleted_at: deletedAt,
  });
  await writeFile(join(vault, folder, 'deletion.json'), record);
  await writeFile(
    join(vault, folder, 'deletion.json.minisig'),
    signDocument(key, record, 'bodydock deletion-record'),
  );
  for (const name of ['payload.age', 'chunks.bin']) await rm(join(vault, folder, name), { force: true });
  const facts = { station, recording, deletion_sha256: sha256Hex(record) };
  added(
    log,
    [
      { event: 'deleting', facts },
      { event: 'deleted', facts },
    ],
    deletedAt,
  );
  if (lifted !== 'before') added(log, lifts, later(heldAt, 3));
  const isOther = await writeLog(altered, receiver, log);
  const what = `both roles held ${folder}, the keeper of ${receiver} deleted it by their order, and they lifted the hold ${lifted}`;
  return mustBeFound(what, isOther || (lifted !== 'before' && !isKit && altered.world.rolesGiven));
};

/** With both roles' keys: an order that was given says something else, under its id and with good signatures. */
const rewriteOrder: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const path = await someFile(altered, /(^|\/)orders\/[a-z2-7]{26}\/order\.json$/);
  const value = path === undefined ? undefined : fieldsOf(await readFile(join(vault, path)));
  if (path === undefined || value === undefined) return undefined;
  const other = random.pick([
    { verb: random.pick(['hold', 'unhold', 'delete']) },
    { ordered_at: later(String(value['ordered_at']), random.pick([-30, 30])) },
    { reason: 'another-reason' },
    { recording: 'm'.repeat(25) + 'a' },
  ]);
  const bytes = encodeCanonical({ ...value, ...other });
  await writeFile(join(vault, path), bytes);
  for (const role of ROLES)
    await writeFile(
      join(vault, `${path}.${role}.minisig`),
      signDocument(world.two.builder.orders.keys[role], bytes, 'bodydock order'),
    );
  return mayBeGood(`${path} says ${JSON.stringify(other)}, signed by both roles`);
};

/** With both roles' keys: a policy of fewer days comes in force now, or is said to have been in force long ago. */
const shortenByPolicy: Attack = async (altered) => {
  const { random, vault, world } = altered;
  const { builder } = world.two;
  const log = await logOf(altered, 'r-store');
  if (log === undefined) return undefined;
  const number = (world.policies.at(-1)?.number ?? 0) + random.pick([1, 3]);
  const line = (role: (typeof ROLES)[number]): string =>
    publicKeyLine(publicKeyOf(builder.orders.keys[role]));
  const days = random.pick([1, 13, 60]);
  const at = endOf(log);
  const version = random.pick([1, 2]);
  const bytes = encodeCanonical({
    type: 'policy',
    version,
    number,
    vault: builder.vaultId,
    days_min: days,
    days_max: 400,
    documents_days: random.pick([1, 90, 300]),
    ...(version === 2 && { hold_days: random.pick([1, 90]), log_days: random.pick([1, 400]) }),
    officers: [line('officer')],
    supervisors: [line('supervisor')],
    made_at: at,
  });
  const folder = join(vault, 'policies', String(number));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'policy.json'), bytes);
  for (const role of ROLES)
    await writeFile(
      join(folder, `policy.json.${role}.minisig`),
      signDocument(builder.orders.keys[role], bytes, 'bodydock policy'),
    );
  const event = { event: 'policy', facts: { number, policy_sha256: sha256Hex(bytes) } };
  const isLongAgo = random.below(2) === 0;
  const first = log[0]?.entries[0];
  if (isLongAgo && first !== undefined)
    log[0]?.entries.splice(1, 0, { ...first, ...event, facts: { ...event.facts } });
  else added(log, [event], later(at, random.pick([0, 1])));
  const isOther = await writeLog(altered, 'r-store', log);
  const what = `both roles signed policy ${number} of ${days} days, entered ${isLongAgo ? 'as the first line' : 'at the end'}`;
  return mustBeFound(what, isOther);
};

/** The store revokes a key of a station with a document and an entry, of which the times agree or not. */
const revokeByHand: Attack = async (altered) => {
  const { random, vault, world, isKit } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const key = log?.at(-1)?.key;
  if (log === undefined || key === undefined) return undefined;
  const dock = random.pick(world.docks);
  const key_id = keyIdHex(random.pick(dock.stationKeys).keyId);
  const at = random.pick([endOf(log), world.recordings.at(-1)?.manifest.sealed_at ?? endOf(log)]);
  const revoked_at = later(at, random.pick([0, 0, -1, 0.02, 30]));
  const isDoubted = random.below(2) === 0;
  const since = isDoubted ? { compromised_since: later(revoked_at, -random.pick([0, 1, 40])) } : {};
  const reason = random.pick(['lost', 'stolen', 'retired'] as const);
  const of = { type: 'key-revocation', version: 1, station: dock.station, key_id, reason, revoked_at };
  const bytes = encodeCanonical({ ...of, ...since });
  const folder = join(vault, isKit ? 'keys' : '', dock.station, isKit ? '' : 'keys');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${key_id}.revocation.json`);
  await writeFile(path, bytes);
  await writeFile(`${path}.minisig`, signDocument(key, bytes, 'bodydock key-revocation'));
  const said = random.pick([since, since, {}]);
  const facts = { station: dock.station, key_id, reason: random.pick([reason, reason, 'retired']), ...said };
  const isEntered = random.below(4) !== 0;
  if (isEntered) added(log, [{ event: 'key-revoked', facts }], random.pick([at, endOf(log)]));
  await writeLog(altered, receiver, log);
  return mayBeGood(
    `the keeper of ${receiver} revoked key ${key_id} of ${dock.station} as ${reason} at ${revoked_at}${isEntered ? ', and entered it' : ''}`,
  );
};

/** The log enters a receipt that nobody has, one of another document, or one that is there once more with another policy. */
const enterReceipt: Attack = async (altered) => {
  const { random, vault } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const path = await someFile(altered, /\/receipt\.json$/);
  if (log === undefined || path === undefined) return undefined;
  const bytes = await readFile(join(vault, path));
  const of = fieldsOf(bytes);
  if (of === undefined) return undefined;
  const { kind, station, recording } = of;
  const isOwn = random.below(2) === 0;
  const other = random.pick([
    { receipt_sha256: '7'.repeat(64) },
    { recording: 'n'.repeat(25) + 'a' },
    { policy_sha256: '8'.repeat(64) },
    { kind: 'docking' },
    {},
  ]);
  const facts = { kind, station, recording, receipt_sha256: sha256Hex(bytes), ...other };
  const at = isOwn ? endOf(log) : later(endOf(log), -random.pick([0.5, 30]));
  added(log, [{ event: 'receipt', facts }], at);
  const isOther = await writeLog(altered, receiver, log);
  const what = `the keeper of ${receiver} entered a receipt of ${path} with ${JSON.stringify(other)} at ${at}`;
  return mustBeFound(what, isOther || ('recording' in other && !altered.isKit));
};

/** A note by the store's key under some name in the folder of the log: of another size or root, or with more lines than a checkpoint has. */
const placeCheckpoint: Attack = async (altered) => {
  const { random, vault } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const last = log?.at(-1);
  const origin = last?.entries[0]?.facts['log_origin'];
  if (log === undefined || last === undefined || typeof origin !== 'string') return undefined;
  const lines = log.reduce((sum, { entries }) => sum + entries.length, 0);
  const how = random.pick([
    'longer',
    'another root',
    'extended',
    'signed twice',
    'of nobody',
    'of another log',
  ] as const);
  const size = how === 'longer' ? lines + 5 : random.pick([1, Math.max(1, lines - 1), 5]);
  const name = how === 'of another log' ? origin.replace(/\/r-[a-z]+/, '/r-evil') : origin;
  const plain = formatCheckpoint({ origin: name, size, root: random.bytes(32) });
  const text = how === 'extended' ? `${plain}an extension\n` : plain;
  const key = how === 'of nobody' ? altered.world.docks[0]?.stationKey : last.key;
  if (key === undefined) return undefined;
  const line = signatureLine(originKey(name, publicKeyOf(key).key), signNoteText(key, text));
  const note = formatNote(text, how === 'signed twice' ? [line, line] : [line]);
  const file = random.pick(CHECKPOINT_NAMES);
  const [, , , suffix = ''] = origin.split('/');
  const path = join(vault, receiver, 'log', suffix, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, note);
  return mustBeFound(`the keeper of ${receiver} placed ${file} of ${size} lines, ${how}`);
};

/** The clock jumps: the last entries of the log, or all of it, are days off. */
const shiftClock: Attack = async (altered) => {
  const { random } = altered;
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const segment = log?.at(-1);
  if (log === undefined || segment === undefined) return undefined;
  const days = random.pick([-400, -30, -2, 0.05, 2, 400]);
  const from = random.below(segment.entries.length);
  const isWhole = random.below(3) === 0;
  for (const each of log) {
    if (!isWhole && each !== segment) continue;
    each.entries = each.entries.map((entry, at) =>
      isWhole || at >= from ? { ...entry, at: later(entry.at, days) } : entry,
    );
  }
  const isOther = await writeLog(altered, receiver, log);
  const what = `the clock of ${receiver} was ${days} days off in ${isWhole ? 'all of its log' : `its last entries from ${from}`}`;
  return mustBeFound(what, isOther);
};

/** Those that a kit can show. */
export const OPERATORS_OF_KITS: readonly Attack[] = [
  deleteWhatIsHeld,
  rewriteOrder,
  shortenByPolicy,
  revokeByHand,
  enterReceipt,
];

/** All of them. */
export const ATTACKS_OF_OPERATORS: readonly Attack[] = [...OPERATORS_OF_KITS, placeCheckpoint, shiftClock];
