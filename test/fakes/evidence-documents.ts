// Signed documents as the independent checker reads them, by SPEC.md alone: canonical bytes, signature, and what a receipt must say.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from './evidence-bytes.ts';
import { signatureFault, type JudgeKey } from './minisign-judge.ts';

/** Takes one sentence about what is wrong. */
export type Tell = (what: string) => void;

/** Whose documents they are. */
export interface EvidenceKeys {
  readonly station: string;
  readonly stationKey: JudgeKey;
  readonly storeKey: JudgeKey;
}

/** A document that was signed, or whose faults were told. */
export interface SignedSeen<Document> {
  readonly document: Document;
  readonly sha256: string;
}

/** Reads a document with its signature. Throws where it cannot be read or is no JSON. */
export function readSigned<Document>(
  folder: string,
  name: string,
  { type, key, tell }: { readonly type: string; readonly key: JudgeKey; readonly tell: Tell },
): SignedSeen<Document> {
  const bytes = readFileSync(join(folder, name));
  const fault = signatureFault(bytes, readFileSync(join(folder, `${name}.minisig`), 'utf8'), type, key);
  if (fault !== undefined) tell(`${name}: ${fault}`);
  const text = bytes.toString('utf8');
  const value: unknown = JSON.parse(text);
  if (canonical(value) !== text) tell(`${name}: not in its canonical form`);
  if ((value as { type?: unknown }).type !== type) tell(`${name}: its type is another one`);
  return { document: value as Document, sha256: sha256(bytes) };
}

/** What a receipt must repeat of the document that it stands beside. */
export interface ReceiptWanted {
  readonly kind: 'recording' | 'docking';
  readonly recording: string;
  readonly manifest_sha256: string;
  readonly sealed_size_bytes: number;
  readonly chunks_sha256: string;
}

/** True where there is a receipt; what is wrong with it is told. */
export function checkReceipt(folder: string, keys: EvidenceKeys, wanted: ReceiptWanted, tell: Tell): boolean {
  if (!existsSync(join(folder, 'receipt.json'))) return false;
  const how = { type: 'receipt', key: keys.storeKey, tell };
  const { document } = readSigned<Record<string, unknown>>(folder, 'receipt.json', how);
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
