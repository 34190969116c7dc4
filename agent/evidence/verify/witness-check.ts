// Checks the daily witnesses of one receiver (SPEC 4.10): signatures, places, and how they follow each other. Roots are witness-roots.ts.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  daySchema,
  parseWitness,
  WITNESS_AFTER_MS,
  WITNESS_BYTES_MAX,
  WITNESS_TRUSTED_COMMENT,
  type Witness,
} from '../../../protocol/custody/witness.ts';
import { SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { oddName } from './folder-names.ts';
import { listFolder, type ReadFiles } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkDocument } from './signed-document.ts';
import { storeKeys, type TrustedKeys } from './trusted-keys.ts';

const DAY_MS = 86_400_000;
const SUFFIX = '.json';

/** A witness whose signature and place hold. */
export interface FoundWitness {
  readonly witness: Witness;
  readonly sha256: string;
  /** Hex id of the key whose signature holds. */
  readonly keyId: string;
  readonly where: string;
}

/** A folder of witnesses. */
export interface WitnessQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly receiver: string;
  readonly vault: string | undefined;
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}

/** All witnesses of a receiver, by day. Errors: the signal's reason; those of the machine. */
export async function checkWitnesses(
  question: WitnessQuestion,
): Promise<{ readonly witnesses: FoundWitness[]; readonly remarks: Remark[] }> {
  const { files, folder, where } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { witnesses: [], remarks: [] };
  if (!Array.isArray(names)) return { witnesses: [], remarks: [names] };
  const days = names.filter(isWitnessName);
  const known = new Set(days.flatMap((name) => [name, name + SIGNATURE_SUFFIX]));
  const odd = names.filter((name) => !known.has(name));
  const belongs = (name: string): boolean => isWitnessName(name.replace(SIGNATURE_SUFFIX, ''));
  const remarks = odd.map((name) => oddName(where, name, belongs));
  const witnesses: FoundWitness[] = [];
  for (const name of days) {
    question.signal.throwIfAborted();
    const checked = await checkWitness(question, name);
    remarks.push(...checked.remarks);
    if (checked.found !== undefined) witnesses.push(checked.found);
  }
  return { witnesses, remarks: [...remarks, ...chainRemarks(witnesses)] };
}

async function checkWitness(
  { files, folder, where, receiver, vault, keys }: WitnessQuestion,
  name: string,
): Promise<{ readonly found: FoundWitness | undefined; readonly remarks: readonly Remark[] }> {
  const checked = await checkDocument(files, folder, where, {
    name: 'witness',
    file: name,
    bytesMax: WITNESS_BYTES_MAX,
    trustedComment: WITNESS_TRUSTED_COMMENT,
    parse: parseWitness,
    keys: () => storeKeys(keys),
  });
  const { bytes, value: witness, keyId } = checked;
  if (bytes === undefined || witness === undefined || keyId === undefined)
    return { found: undefined, remarks: checked.remarks };
  const place = below(where, name);
  const fields = [
    ['day', dayIn(name), witness.day],
    ['receiver', receiver, witness.receiver],
    ['vault', vault ?? witness.vault, witness.vault],
  ] as const;
  const wrong = fields.filter(([, expected, found]) => expected !== found);
  if (wrong.length === 0)
    return {
      found: { witness, sha256: sha256Hex(bytes), keyId, where: place },
      remarks: tooSoon(witness, place),
    };
  const words = wrong.map(([field, expected, found]) => `${field}: expected ${expected}, found ${found}`);
  return { found: undefined, remarks: [finding('witness.rule', place, `witness: ${words.join('; ')}`)] };
}

function tooSoon({ day, made_at: madeAt }: Witness, place: string): Remark[] {
  const overMs = Date.parse(`${day}T00:00:00.000Z`) + DAY_MS;
  if (Date.parse(madeAt) >= overMs + WITNESS_AFTER_MS) return [];
  const message = `witness: that of ${day} was made at ${madeAt}`;
  return [finding('witness.too-soon', place, message, { day, made_at: madeAt })];
}

function isWitnessName(name: string): boolean {
  return daySchema.safeParse(dayIn(name)).success && name === dayIn(name) + SUFFIX;
}

function dayIn(name: string): string {
  return name.slice(0, 'YYYY-MM-DD'.length);
}

/** Each follows the one of the day before it that is here; the first one may follow some that are not. */
function chainRemarks(witnesses: readonly FoundWitness[]): Remark[] {
  return witnesses.flatMap(({ witness, where }, at) => {
    const { previous_sha256: previous, day } = witness;
    const before = witnesses[at - 1];
    if (before === undefined && previous === null) return [];
    if (before === undefined) {
      const message = `witness: that of ${day} follows another one, which is not here`;
      return [note('witness.begins-later', where, message, { day })];
    }
    if (previous === before.sha256) return [];
    const message = `witness: that of ${day} follows SHA-256 ${previous ?? 'none'}, that of ${before.witness.day} has ${before.sha256}`;
    return [finding('witness.chain', where, message, { day })];
  });
}
