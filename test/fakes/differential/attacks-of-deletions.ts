// What the keeper of a store deletes: because it is due, or by an order, at a time that his clock shows, or that he writes into the record.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { keyIdHex, signDocument } from '../../../protocol/documents/minisign.ts';
import { filesLike, mustBeFound, orderFolder, type Altered, type Attack, type Done } from './attack.ts';
import {
  added,
  cosignNow,
  fieldsOf,
  logOf,
  receiverOf,
  writeLog,
  type Event,
  type Kept,
} from './keeper-log.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function later(at: string, days: number): string {
  return new Date(Date.parse(at) + days * DAY_MS).toISOString();
}

/** A recording goes because it is due, or by an order: all of it is entered. */
export const deleteByHand: Attack = async (altered) => {
  const { random, vault, world, isKit } = altered;
  const there = await filesLike(altered, /\/payload\.age$/);
  if (there.length === 0) return undefined;
  const folder = dirname(random.pick(there));
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const files = ['manifest.json', 'receipt.json'].map((name) => readFile(join(vault, folder, name)));
  const [manifest, receipt] = await Promise.all(files.map((file) => file.catch(() => undefined)));
  const end = log?.at(-1)?.entries.at(-1);
  if (log === undefined || manifest === undefined || receipt === undefined || end === undefined)
    return undefined;
  const of = fieldsOf(manifest);
  const given = fieldsOf(receipt);
  if (of === undefined || given === undefined) return undefined;
  const [station, recording] = [String(of['station']), String(of['recording'])];
  const key = log.at(-1)?.key ?? world.two.builder.storeKey;
  const days = random.pick([1, 5, 13, 14, 20, 30]);
  const enteredAt = later(end.at, random.pick([0, 1, 15, 120, 1200]));
  // A record that was dated ahead looks due, and its entry is of now.
  const aheadDays = random.pick([0, 0, 0, 0, 2, 30]);
  const at = later(enteredAt, aheadDays);
  const about = { station, recording, manifest };
  const held = random.below(4) === 0 ? await heldByOne(altered, about, enteredAt) : undefined;
  const order = random.below(2) === 0 ? await ordered(altered, { ...about, at: enteredAt }) : undefined;
  const from = String(given['received_at']);
  const isSealed = of['clock_synchronised'] === true;
  const start = isSealed ? String(of['sealed_at']) : from;
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
      basis: isSealed ? 'sealed' : 'received',
      from_at: start,
      due_at: later(start, days),
    },
    order_sha256: order?.sha256 ?? null,
    deleted_at: at,
  };
  const bytes = encodeCanonical(record);
  const deletion = { station, recording, deletion_sha256: sha256Hex(bytes) };
  await writeFile(join(vault, folder, 'deletion.json'), bytes);
  const signature = signDocument(key, bytes, 'bodydock deletion-record');
  await writeFile(join(vault, folder, 'deletion.json.minisig'), signature);
  for (const name of ['payload.age', 'chunks.bin']) await rm(join(vault, folder, name), { force: true });
  const announced = { event: 'retention', facts: { days, documents_days: random.pick([1, 89, 90]) } };
  // He can enter a word that nobody said (SPEC 10.5.9).
  const word = { by: 'witness', name: 'witness.example', said_at: at, boot: null };
  if (held !== undefined) added(log, held.entries, held.at);
  if (random.below(3) !== 0) added(log, [{ event: 'outside-time', facts: word }], enteredAt);
  const isTimed = order !== undefined || hasWord(log, at);
  added(
    log,
    [
      ...(random.below(3) === 0 ? [announced] : []),
      ...(order?.entries ?? []),
      { event: 'deleting', facts: deletion },
      { event: 'deleted', facts: deletion },
    ],
    enteredAt,
  );
  const dropped =
    !isKit && random.below(3) === 0
      ? await dropDocuments(altered, { folder, log, record, at: enteredAt, deletion })
      : undefined;
  const isOther = await writeLog(altered, receiver, log);
  const nowMs = Date.parse(world.two.builder.clock.now());
  const isSeen = !isKit && random.below(4) === 0 && (await cosignNow(altered, receiver, nowMs));
  const isAhead =
    aheadDays > 1 || Date.parse(at) > Date.now() + DAY_MS || (isSeen && Date.parse(at) > nowMs + DAY_MS);
  const floors = world.fewest(recording, { isDropped: dropped !== undefined });
  const isDue = days >= floors.days && Date.parse(record.retention.due_at) <= Date.parse(at);
  // A kit may lack the policy that allows it, and a word from outside.
  const isAllowed =
    held?.stands !== true && (order === undefined ? isKit || (isDue && isTimed) : order.isAllowed);
  const what = [
    `the keeper of ${receiver} deleted ${folder} ${order === undefined ? `after ${days} days` : order.what} at ${at}`,
    ...(aheadDays > 0 ? [`entered at ${enteredAt}`] : []),
    ...(isTimed ? [] : ['without a word of the time']),
    ...(held === undefined ? [] : [held.what]),
    ...(isSeen ? [`a witness saw it at ${new Date(nowMs).toISOString()}`] : []),
  ];
  return mustBeFound(
    `${what.join(', ')}${dropped?.what ?? ''}`,
    isOther || dropped?.mustBeFound === true || ((isAhead || !isAllowed) && dropped?.isHidden !== true),
  );
};

/** Whether a log that is a tree has a word of about then; of another one none is asked for. */
function hasWord(log: readonly Kept[], at: string): boolean {
  const entries = log.flatMap((segment) => segment.entries);
  const begun = entries.find(({ facts }) => facts['log_origin'] !== undefined)?.at;
  if (begun === undefined || Date.parse(at) < Date.parse(begun)) return true;
  return entries.some(({ event, facts }) => {
    const off = event === 'outside-time' ? Date.parse(String(facts['said_at'])) - Date.parse(at) : NaN;
    return off >= -25 * HOUR_MS && off <= HOUR_MS;
  });
}

/** A hold by one role of some days before, entered then; for a day it stands whatever a policy says, but for the shortest. */
async function heldByOne(
  altered: Altered,
  { station, recording, manifest }: { station: string; recording: string; manifest: Uint8Array },
  until: string,
): Promise<{
  readonly entries: readonly Event[];
  readonly at: string;
  readonly what: string;
  readonly stands: boolean;
}> {
  const { vault, world, random } = altered;
  const daysBefore = random.pick([0.5, 2, 4, 8, 25]);
  const at = later(until, -daysBefore);
  const order = 'h'.repeat(25) + 'a';
  const about = { station, recording, manifest_sha256: sha256Hex(manifest) };
  const value = { type: 'order', version: 1, order, verb: 'hold', ...about, reason: 'x', ordered_at: at };
  const bytes = encodeCanonical(value);
  const folder = join(vault, orderFolder(altered, station, order));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order.json'), bytes);
  const key = world.two.builder.orders.keys.officer;
  await writeFile(join(folder, 'order.json.officer.minisig'), signDocument(key, bytes, 'bodydock order'));
  const said = { verb: 'hold', role: 'officer', order_sha256: sha256Hex(bytes), key_id: keyIdHex(key.keyId) };
  const entries = [{ event: 'order', facts: { station, recording, order, ...said } }];
  return { entries, at, what: `held by one role for ${daysBefore} days`, stands: daysBefore < 1 };
}

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
    record: { manifest_sha256: string; receipt_sha256: string; deleted_at: string };
    at: string;
    deletion: { station: string; recording: string; deletion_sha256: string };
  },
): Promise<Done & { readonly isHidden: boolean }> {
  const receipt = fieldsOf(await readFile(join(vault, folder, 'receipt.json')));
  const { station, recording } = deletion;
  const kept = join(vault, station, 'deletions', recording);
  const days = random.pick([10, 89, 90, 800]);
  const droppedAt = later(at, days);
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
  const { manifest_sha256, receipt_sha256, deleted_at } = record;
  const named = { manifest_sha256, receipt_sha256, received_at: receipt?.['received_at'], deleted_at };
  added(log, [{ event: 'documents-dropped', facts: { ...deletion, ...named } }], droppedAt);
  const isEarly = days < world.fewest(recording, { isDropped: true }).documentsDays - 1;
  const isAhead = Date.parse(droppedAt) > Date.now() + DAY_MS;
  return {
    what: `, and dropped its documents ${isKept ? '' : 'and its deletion record '}${days} days later`,
    mustBeFound: isEarly || isAhead || (!isKept && isLater),
    // A store of 0.1.0, which announced nothing and had no tree, kept no record that could show more (SPEC 10.3.24).
    isHidden: !isKept && !isLater,
  };
}

interface Ordered {
  readonly sha256: string;
  readonly entries: readonly Event[];
  readonly what: string;
  readonly isAllowed: boolean;
}

/** An order to delete by keys of the roles, or by others, entered or not. */
async function ordered(
  altered: Altered,
  {
    station,
    recording,
    manifest,
    at,
  }: { station: string; recording: string; manifest: Uint8Array; at: string },
): Promise<Ordered> {
  const { vault, world, random } = altered;
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
  const folder = join(vault, orderFolder(altered, station, id));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order.json'), bytes);
  const has = random.pick(['both', 'officer', 'supervisor', 'others'] as const);
  const roles = (['officer', 'supervisor'] as const).filter(
    (role) => has === role || has === 'both' || has === 'others',
  );
  const entries: Event[] = [];
  for (const role of roles) {
    const key = has === 'others' ? world.two.builder.storeKey : keys[role];
    await writeFile(join(folder, `order.json.${role}.minisig`), signDocument(key, bytes, 'bodydock order'));
    const said = { verb: 'delete', role, order_sha256: sha256Hex(bytes), key_id: keyIdHex(key.keyId) };
    if (random.below(5) !== 0)
      entries.push({ event: 'order', facts: { station, recording, order: id, ...said } });
  }
  return { sha256: sha256Hex(bytes), entries, what: `by order of ${has}`, isAllowed: has === 'both' };
}
