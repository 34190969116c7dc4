// Signed documents as the independent checker reads them, by SPEC.md alone: canonical bytes, signature, and what a receipt must say.
import { join } from 'node:path';
import { sha256 } from './evidence-bytes.ts';
import type { Shelf } from './evidence-shelf.ts';
import { signatureFault, type JudgeKey } from './minisign-judge.ts';

/** Takes one sentence about what is wrong. */
export type Tell = (what: string) => void;

/** Whose documents they are, and where they lie. */
export interface EvidenceKeys {
  readonly station: string;
  readonly stationKey: JudgeKey;
  readonly storeKey: JudgeKey;
  readonly shelf: Shelf;
}

/** A document that was signed, or whose faults were told. */
export interface SignedSeen<Document> {
  readonly document: Document;
  readonly sha256: string;
}

/** What is read of a document, and how: `shape` has the fields that are looked at, each with a value of its kind. */
export interface SignedWanted {
  readonly type: string;
  readonly key: JudgeKey;
  readonly shape: object;
  readonly tell: Tell;
}

/** What the reading gives, in a list; none where it throws, which is told of that folder. */
export function readOrTell<Seen>(folder: string, problems: string[], read: (tell: Tell) => Seen): Seen[] {
  const tell = (what: string): void => void problems.push(`${folder}: ${what}`);
  try {
    return [read(tell)];
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    return [];
  }
}

/** Reads a document with its signature. Throws where it cannot be read, is no JSON, or lacks what is looked at. */
export function readSigned<Document>(
  shelf: Shelf,
  folder: string,
  name: string,
  { type, key, shape, tell }: SignedWanted,
): SignedSeen<Document> {
  const bytes = shelf.read(join(folder, name));
  const fault = signatureFault(
    bytes,
    shelf.read(join(folder, `${name}.minisig`)).toString('utf8'),
    type,
    key,
  );
  if (fault !== undefined) tell(`${name}: ${fault}`);
  const text = bytes.toString('utf8');
  const value = parseLike(text, { type, ...shape }, name);
  if (canonical(value) !== text) tell(`${name}: not in its canonical form`);
  if (value['type'] !== type) tell(`${name}: its type is another one`);
  return { document: value as Document, sha256: sha256(bytes) };
}

/** An object with the fields of the shape, each of the same kind. Throws where the text is none. */
export function parseLike(text: string, shape: object, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name}: is no JSON`);
  }
  if (!isLike(value, shape)) throw new Error(`${name}: lacks what such a document says`);
  return value as Record<string, unknown>;
}

function isLike(value: unknown, shape: unknown): boolean {
  if (typeof shape !== 'object' || shape === null) return typeof value === typeof shape;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(shape))
    return false;
  return Object.entries(shape).every(([name, field]) => isLike((value as Facts)[name], field));
}

type Facts = Readonly<Record<string, unknown>>;

/** What a receipt must repeat of the document that it stands beside. */
export interface ReceiptWanted {
  readonly kind: 'recording' | 'docking';
  readonly recording: string;
  readonly manifest_sha256: string;
  readonly sealed_size_bytes: number;
  readonly chunks_sha256: string;
}

/** True where there is a receipt; what is wrong with it is told. One of its files alone is an unfinished write, and none (SPEC 4.4). */
export function checkReceipt(folder: string, keys: EvidenceKeys, wanted: ReceiptWanted, tell: Tell): boolean {
  const names = ['receipt.json', 'receipt.json.minisig'];
  if (!names.every((name) => keys.shelf.has(join(folder, name)))) return false;
  const how = { type: 'receipt', key: keys.storeKey, shape: {}, tell };
  const { document } = readSigned<Facts>(keys.shelf, folder, 'receipt.json', how);
  for (const [name, value] of Object.entries({ ...wanted, station: keys.station }))
    if (document[name] !== value) tell(`receipt: ${name} is ${JSON.stringify(document[name])}`);
  return true;
}

/** RFC 8785 of a value with integers only. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
