// What somebody does to reports and texts of the staff, with a station's key or as the keeper of the store: says something else, invents one, lets
// one go before its time.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { signDocument } from '../../../protocol/documents/minisign.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { mayBeGood, mustBeFound, someFile, type Altered, type Attack } from './attack.ts';
import { added, fieldsOf, logOf, receiverOf, writeLog } from './keeper-log.ts';

const STAFF = /^dock-\d\/[a-z2-7]{26}\/(report|text)\.json$/;

/** What one of them may say instead, well formed or not. */
function changed(value: Record<string, unknown>, { random }: Altered): Record<string, unknown> {
  const isText = value['type'] === 'staff-text';
  const changes: Record<string, unknown>[] = [
    { day: random.pick(['2025-01-01', '2026-11-30', '2025-02-30']) },
    { station: 'dock-9' },
    { record: 'b'.repeat(25) + 'a' },
    { version: 2 },
    { bay: 'bay-1' },
    ...(isText
      ? [
          { recipients: [] },
          { sealed: '' },
          { sealed: 'YWdl' },
          { recipients: (value['recipients'] as string[]).slice(1) },
        ]
      : [
          { answers: { effect: 'calmed', use: 'announced-on' } },
          { answers: {} },
          { answers: { Effect: 'calmed' } },
          { answers: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`q-${at}`, 'yes'])) },
          { questions_sha256: '7'.repeat(64) },
        ]),
  ];
  return { ...value, ...random.pick(changes) };
}

async function sign(altered: Altered, path: string, value: Record<string, unknown>): Promise<void> {
  const { vault, world, random } = altered;
  const [station = ''] = path.split('/');
  const dock = world.docks.find((each) => each.station === station) ?? world.two.builder;
  const key = random.below(4) === 0 ? random.pick(world.storeKeys) : random.pick(dock.stationKeys);
  const bytes = encodeCanonical(value);
  await mkdir(join(vault, dirname(path)), { recursive: true });
  await writeFile(join(vault, path), bytes);
  await writeFile(
    join(vault, `${path}.minisig`),
    signDocument(key, bytes, `bodydock ${String(value['type'])}`),
  );
}

/** Another answer, day or text; its receipt names what was there. */
const rewriteStaff: Attack = async (altered) => {
  const path = await someFile(altered, STAFF);
  const value = path === undefined ? undefined : fieldsOf(await readFile(join(altered.vault, path)));
  if (path === undefined || value === undefined) return undefined;
  const other = changed(value, altered);
  await sign(altered, path, other);
  return mustBeFound(`${path} says ${JSON.stringify(other).slice(0, 200)}`);
};

/** One more, of another id, with the receipt of another one or none, and perhaps as the other kind. */
const inventStaff: Attack = async (altered) => {
  const { vault, random } = altered;
  const path = await someFile(altered, STAFF);
  const value = path === undefined ? undefined : fieldsOf(await readFile(join(vault, path)));
  if (path === undefined || value === undefined) return undefined;
  const record = 'b'.repeat(25) + 'a';
  if (dirname(path).endsWith(record)) return undefined; // invented before
  const target = join(dirname(path), '..', record);
  const hasReceipt = random.below(2) === 0;
  if (hasReceipt) await cp(join(vault, dirname(path)), join(vault, target), { recursive: true });
  const day = random.pick([value['day'], '2025-01-01', '2026-11-30']);
  const file = random.below(5) === 0 ? 'report.json' : basename(path);
  await sign(altered, join(target, file), { ...value, record, day });
  const what = `${target}/${file} of ${String(day)} invented, ${hasReceipt ? 'with the receipt of another one' : 'without a receipt'}`;
  return hasReceipt || file !== basename(path) ? mustBeFound(what) : mayBeGood(what);
};

/** The keeper drops one when he likes, by the time of his clock. */
const dropStaff: Attack = async (altered) => {
  const { vault, random } = altered;
  const path = await someFile(altered, STAFF);
  const receiver = receiverOf(altered);
  const log = await logOf(altered, receiver);
  const end = log?.at(-1)?.entries.at(-1);
  if (path === undefined || log === undefined || end === undefined) return undefined;
  const folder = dirname(path);
  const [station = '', recording = ''] = folder.split('/');
  const receipt = await readFile(join(vault, folder, 'receipt.json')).catch(() => undefined);
  const given = receipt === undefined ? undefined : fieldsOf(receipt);
  if (receipt === undefined || given === undefined) return undefined;
  const document = await readFile(join(vault, path));
  const days = random.pick([0, 1, 20, 300]);
  const at = new Date(Date.parse(end.at) + days * 86_400_000).toISOString();
  const named = {
    station,
    recording,
    manifest_sha256: sha256Hex(document),
    receipt_sha256: sha256Hex(receipt),
  };
  const { received_at } = given;
  const facts = { ...named, received_at, deletion_sha256: null, deleted_at: null };
  added(log, [{ event: 'documents-dropped', facts }], at);
  const isOther = await writeLog(altered, receiver, log);
  await rm(join(vault, folder), { recursive: true });
  const isEarly = Date.parse(at) - Date.parse(String(received_at)) < 29 * 86_400_000; // no policy allows fewer than 30
  const isAhead = Date.parse(at) > Date.now() + 86_400_000;
  const what = `the keeper of ${receiver} dropped ${path} at ${at}`;
  return mustBeFound(what, isOther || isAhead || (isEarly && path.endsWith('report.json')));
};

/** All of them. */
export const ATTACKS_ON_STAFF_DOCUMENTS: readonly Attack[] = [rewriteStaff, inventStaff, dropStaff];
