// Who holds every key says something else in one document, and all that names it follows: documents, receipts, orders and logs, each signed again.
// Nothing is left by which it shows but what the document itself says against others.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { keyIdHex, signDocument } from '../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { linesOf, rewriteLog, type LooseLine } from '../manipulations/rewritten-log.ts';
import type { SeededRandom } from '../random-seeded.ts';
import {
  filesLike,
  isTorn,
  mayBeGood,
  segmentsOf,
  someFile,
  stolenKeys,
  type Altered,
  type Attack,
} from './attack.ts';
import { fieldsOf, logOf, writeLog } from './keeper-log.ts';

const DAY_MS = 86_400_000;
const DOCUMENT = /\/(manifest|docking|receipt|deletion|order)\.json$/;
/** What names entries of logs, or checkpoints: it goes, since every line is another one. */
const OF_LINES = new Set(['head', 'store-log', 'carried']);

type Fields = Record<string, unknown>;

function moved(at: unknown, random: SeededRandom): unknown {
  return typeof at === 'string'
    ? new Date(
        Date.parse(at) + random.pick([-40 * DAY_MS, -3_600_000, -1, 1, 3_600_000, 2 * DAY_MS]),
      ).toISOString()
    : null;
}

function otherManifest(of: Fields, random: SeededRandom): Fields {
  const sealedAt = of['sealed_at'];
  const interval = { earliest_at: moved(sealedAt, random), latest_at: sealedAt };
  return random.pick<Fields>([
    { sealed_at: moved(sealedAt, random) },
    { clock_synchronised: random.pick([true, false, null]) },
    {
      capture: {
        ...interval,
        basis: random.pick(['clock-measured', 'docking-interval', 'clock-unmeasured']),
      },
    },
    { capture: { ...(of['capture'] as Fields), latest_at: moved(sealedAt, random) } },
    {
      capture: {
        earliest_at: null,
        latest_at: null,
        basis: random.pick(['clock-measured', 'clock-unmeasured']),
      },
    },
    { original: { ...(of['original'] as Fields), modified_at: moved(sealedAt, random) } },
    { original: { ...(of['original'] as Fields), sha256: '3'.repeat(64) } },
    { role: random.pick(['media', 'sidecar', 'other']) },
    { sidecar_of: (of['source'] as Fields)['path_sha256'], role: 'sidecar' },
    { locked: of['locked'] !== true },
    { rejected: { reason: random.pick(['empty', 'unknown-kind', 'odd-name', 'damaged']), unreadable: [] } },
    { supersedes: ['r'.repeat(25) + 'a'] },
    { previous_manifest_sha256: random.pick([null, '4'.repeat(64)]) },
    { camera: { ...(of['camera'] as Fields), id: 'cam-9' } },
    { bay: 'bay-9' },
    { docking: 'd'.repeat(25) + 'q' },
    { version: 2, joints: random.pick([[0], [1], []]) },
  ]);
}

function otherDocking(of: Fields, random: SeededRandom): Fields {
  const inventory = of['inventory'] as Fields | null;
  const entries = of['entries'] as Fields[];
  const later = entries.map((each) => ({ ...each, later: true }));
  const entry = entries.length === 0 ? undefined : random.pick(entries);
  const change = random.pick<Fields>([
    { erased: random.pick([true, false, null]) },
    { fate: random.pick(['matched', 'waiting', 'vanished']) },
    { fate: 'waiting', recording: null, reason: 'changing', erased: false },
    { later: true },
    { reason: 'odd-name' },
    { modified_at: moved(of['docked_at'], random) },
  ]);
  return random.pick<Fields>([
    { docked_at: moved(of['docked_at'], random) },
    { ended_at: random.pick([null, moved(of['ended_at'] ?? of['docked_at'], random)]) },
    { ended: random.pick(['unplugged', 'stopped', 'failed', 'continued', 'cut-off']) },
    { clock_synchronised: random.pick([true, false, null]) },
    { camera_clock: null },
    { camera_clock: { ...(of['camera_clock'] as Fields | null), offset_ms: random.pick([0, 70_000]) } },
    { inventory: null },
    { inventory: null, ended: random.pick(['cut-off', 'unplugged']), later: entries.length, entries: later },
    { inventory: inventory && { ...inventory, complete: inventory['complete'] !== true } },
    { inventory: inventory && { ...inventory, taken_at: moved(of['docked_at'], random) } },
    { later: 1 },
    { entries: entries.map((each) => (each === entry ? { ...each, ...change } : each)) },
    { entries: entries.slice(1) },
    { previous_docking_sha256: random.pick([null, '4'.repeat(64)]) },
    { camera: { ...(of['camera'] as Fields), id: 'cam-9' } },
    { bay: 'bay-9' },
    { stay: 's'.repeat(25) + 'a' },
    { stay_docked_at: random.pick([null, moved(of['docked_at'], random)]) },
    { plug: random.pick([null, { boot: 'b', device: '1' }]) },
  ]);
}

/** The text with each digest that became another one. */
function followed(text: string, digests: ReadonlyMap<string, string>): string {
  return text.replaceAll(/[0-9a-f]{64}/g, (digest) => digests.get(digest) ?? digest);
}

/** Documents that follow from the one that says something else, by their path; undefined where a damaged one is among them. */
async function documentsAfter(
  altered: Altered,
  path: string,
  bytes: Uint8Array,
): Promise<
  { readonly texts: ReadonlyMap<string, string>; readonly digests: ReadonlyMap<string, string> } | undefined
> {
  const before = new Map<string, string>();
  for (const each of await filesLike(altered, DOCUMENT)) {
    const read = await readFile(join(altered.vault, each));
    if (fieldsOf(read) === undefined) return undefined;
    before.set(each, read.toString('utf8'));
  }
  const digests = new Map<string, string>();
  const texts = new Map<string, string>();
  for (let isNew = true; isNew;) {
    isNew = false;
    for (const [each, was] of before) {
      const value = fieldsOf(Buffer.from(each === path ? bytes : was)) ?? {};
      // No entry of a log is what it was.
      const own = basename(each) === 'receipt.json' ? { ...value, custody_head: null } : value;
      const text = followed(Buffer.from(encodeCanonical(own)).toString('utf8'), digests);
      const [old, now] = [was, text].map((said) => sha256Hex(Buffer.from(said))) as [string, string];
      if (old === now || digests.get(old) === now) continue;
      digests.set(old, now);
      texts.set(each, text);
      isNew = true;
    }
  }
  return { texts, digests };
}

/** Signs it again by the keys that had signed it; false where one of them is nobody's. */
async function signAgain(altered: Altered, path: string, text: string): Promise<boolean> {
  const own = (await filesLike(altered, /\.minisig$/)).filter((each) => each.startsWith(`${path}.`));
  for (const each of own) {
    const [, line = '', comment = ''] = (await readFile(join(altered.vault, each), 'utf8')).split('\n');
    const id = Buffer.from(line, 'base64').subarray(2, 10).toString('hex');
    const key = stolenKeys(altered).find(({ keyId }) => keyIdHex(keyId) === id);
    if (key === undefined) return false;
    const signature = signDocument(key, Buffer.from(text), comment.replace('trusted comment: ', ''));
    await writeFile(join(altered.vault, each), signature);
  }
  await writeFile(join(altered.vault, path), text);
  return true;
}

/** One document says something else, and everything that names it was signed again. */
export const sayOtherwise: Attack = async (altered) => {
  const { vault, random, world } = altered;
  const path = await someFile(altered, /\/(manifest|docking)\.json$/);
  const of = path === undefined ? undefined : fieldsOf(await readFile(join(vault, path)));
  if (path === undefined || of === undefined) return undefined;
  const change = basename(path) === 'manifest.json' ? otherManifest(of, random) : otherDocking(of, random);
  const followers = await documentsAfter(altered, path, encodeCanonical({ ...of, ...change }));
  if (followers === undefined) return undefined;
  const logs = await filesLike(altered, /^dock-\d\/custody\/.*\.jsonl$/);
  for (const each of logs) if (await isTorn(altered, each)) return undefined;
  for (const [each, text] of followers.texts) if (!(await signAgain(altered, each, text))) return undefined;
  const edit = (entries: readonly LooseLine[]): LooseLine[] =>
    entries
      .filter(({ event }) => !OF_LINES.has(event))
      .map((entry) => ({
        ...entry,
        facts: JSON.parse(followed(JSON.stringify(entry.facts), followers.digests)) as Fields,
      }));
  for (const { station, stationKeys } of world.docks) {
    const paths = await segmentsOf(altered, station);
    if (paths.length === 0) continue;
    const keys: (typeof stationKeys)[number][] = [];
    for (const each of paths) {
      const lines = linesOf(await readFile(join(vault, each), 'utf8'));
      const signature = String(lines.find(({ event }) => event === 'checkpoint')?.facts['signature']);
      const id = Buffer.from(signature.split('\n')[1] ?? '', 'base64')
        .subarray(2, 10)
        .toString('hex');
      const key = stationKeys.find(({ keyId }) => keyIdHex(keyId) === id);
      if (key === undefined) return undefined;
      keys.push(key);
      await rm(join(vault, `${each}.minisig`), { force: true });
    }
    const folder = join(vault, station, 'custody');
    const segments = paths.map((each) => basename(each, '.jsonl'));
    const keyOf = (at: number): (typeof keys)[number] => keys[at] ?? world.two.builder.stationKey;
    await rewriteLog({ folder, segments, holder: station, keyOf }, edit);
  }
  for (const { receiver } of world.stores) {
    const log = await logOf(altered, receiver);
    for (const segment of log ?? []) segment.entries = edit(segment.entries);
    if (log !== undefined) await writeLog(altered, receiver, log);
  }
  for (const each of await filesLike(altered, /\/cosigned(-[0-9a-f]{8})?$/)) await rm(join(vault, each));
  return mayBeGood(
    `${path} says ${JSON.stringify(change).slice(0, 300)}, and all that names it was signed again`,
  );
};
