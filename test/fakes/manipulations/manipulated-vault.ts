// A copy of the evidence vault that a manipulation may change, and the tools of a thief: change bytes, sign with a key that was stolen,
// write a log again.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { makeSecretKey, type SecretKey } from '../../../protocol/documents/minisign.ts';
import { seededRandom } from '../random-seeded.ts';
import { signFast } from '../signer-fast.ts';
import type { BuiltDockingPart } from '../vault-builder-dockings.ts';
import type { BuiltOrder } from '../vault-builder-orders.ts';
import type { BuiltRecording, VaultBuilder } from '../vault-builder.ts';
import type { EvidenceVault } from './evidence-vault.ts';
import { rewriteLog, type LogEdit } from './rewritten-log.ts';

/** A JSON object whose fields a manipulation changes as it likes. */
export type Loose = Record<string, unknown>;

/** One way to manipulate a vault, and the reason that the verifier in Python must give, among others. */
export interface Manipulation {
  readonly name: string;
  readonly act: (vault: ManipulatedVault) => Promise<unknown>;
  readonly reason: string;
}

/** A key that nobody trusts. */
export const STRANGER: SecretKey = makeSecretKey(seededRandom(4711));

/** Types of documents by the names of their files. */
const TYPES: Readonly<Record<string, string>> = {
  'manifest.json': 'recording-manifest',
  'receipt.json': 'receipt',
  'docking.json': 'docking-record',
  'deletion.json': 'deletion-record',
  'order.json': 'order',
  'evaluation.json': 'evaluation',
};

/** The copy. */
export class ManipulatedVault {
  readonly root: string;
  readonly evidence: EvidenceVault;

  constructor(root: string, evidence: EvidenceVault) {
    this.root = root;
    this.evidence = evidence;
  }

  /** Copies the evidence; `folder` is where, else somewhere temporary. */
  static async copy(evidence: EvidenceVault, folder?: string): Promise<ManipulatedVault> {
    const root = folder ?? (await mkdtemp(join(tmpdir(), 'bodydock-manipulated-')));
    await copyTree(evidence.dock1.vault, join(root, 'vault'));
    return new ManipulatedVault(root, evidence);
  }

  get vault(): string {
    return join(this.root, 'vault');
  }

  /** Where something of the evidence lies in the copy. */
  at(original: { readonly folder: string } | string, ...names: readonly string[]): string {
    const path = typeof original === 'string' ? original : original.folder;
    return join(this.vault, relative(this.evidence.dock1.vault, path), ...names);
  }

  /** A custody segment of a station. */
  segment(dock: VaultBuilder, number: number): string {
    return this.at(dock.custody, `${dock.segments.at(number)}.jsonl`);
  }

  /** A segment of the store's log. */
  storeSegment(number: number): string {
    const { receiver } = this.evidence.dock1;
    return this.at(receiver.custody, `${receiver.log.segments.at(number)}.jsonl`);
  }

  /** The part of a docking record of a station. */
  part(dock: VaultBuilder, docking: number, part = 0): BuiltDockingPart {
    const built = dock.dockings.at(docking)?.parts.at(part);
    if (built === undefined) throw new Error(`no part ${part} of docking ${docking}`);
    return built;
  }

  /** Changes fields of a document and signs it again. */
  async resign(
    path: string,
    key: SecretKey,
    change: (value: Loose) => Loose | undefined,
    type?: string,
  ): Promise<void> {
    const value = JSON.parse(await readFile(path, 'utf8')) as Loose;
    await this.sign(path, encodeCanonical(change(value) ?? value), key, type);
  }

  /** Writes bytes as a document and signs them; the type is that of the file's name. */
  async sign(path: string, bytes: Uint8Array | string, key: SecretKey, type?: string): Promise<void> {
    const data = typeof bytes === 'string' ? encodeUtf8(bytes) : bytes;
    const comment = `bodydock ${type ?? TYPES[path.slice(path.lastIndexOf('/') + 1)] ?? 'witness'}`;
    await writeFile(path, data);
    await writeFile(`${path}.minisig`, signFast(key, data, comment));
  }

  /** Changes a manifest and signs it with a key: by default with the one that signed it. */
  manifest(
    of: BuiltRecording,
    change: (value: Loose) => Loose | undefined,
    key = this.keyOf(of),
  ): Promise<void> {
    return this.resign(this.at(of, 'manifest.json'), key, change);
  }

  /** Changes a receipt and signs it with the store's key. */
  receipt(of: BuiltRecording | BuiltDockingPart, change: (value: Loose) => Loose | undefined): Promise<void> {
    return this.resign(this.at(of, 'receipt.json'), this.store, change);
  }

  /** Changes a part of a docking record and signs it with its station's key. */
  docking(
    of: BuiltDockingPart,
    change: (value: Loose) => Loose | undefined,
    key = this.keyOf(of),
  ): Promise<void> {
    return this.resign(this.at(of, 'docking.json'), key, change);
  }

  /** Changes a deletion record and signs it with the store's key. */
  deletion(of: BuiltRecording, change: (value: Loose) => Loose | undefined, key = this.store): Promise<void> {
    return this.resign(this.at(of, 'deletion.json'), key, change);
  }

  /** Changes an order and signs it with the keys that are given for its roles. */
  async order(
    of: BuiltOrder,
    change: (value: Loose) => Loose | undefined,
    keys: Readonly<Record<string, SecretKey>> = this.evidence.dock1.orders.keys,
  ): Promise<void> {
    const path = this.at(of, 'order.json');
    const value = JSON.parse(await readFile(path, 'utf8')) as Loose;
    const bytes = encodeCanonical(change(value) ?? value);
    await writeFile(path, bytes);
    for (const [role, key] of Object.entries(keys))
      await writeFile(`${path}.${role}.minisig`, signFast(key, bytes, 'bodydock order'));
  }

  /** Writes the log of a station again, with its own keys. */
  rewrite(dock: VaultBuilder, edit: LogEdit): Promise<void> {
    const keyOf = (segment: number): SecretKey =>
      (dock.stationKeys.length > 1 && segment < dock.segments.length - 1 ? dock.stationKeys[0] : undefined) ??
      dock.stationKey;
    return rewriteLog(
      { folder: this.at(dock.custody), segments: dock.segments, holder: dock.station, keyOf },
      edit,
    );
  }

  /** The same for the store's log. */
  rewriteStore(edit: LogEdit): Promise<void> {
    const { receiver } = this.evidence.dock1;
    const { segments } = receiver.log;
    const folder = this.at(receiver.custody);
    return rewriteLog({ folder, segments, holder: receiver.receiver, keyOf: () => receiver.key }, edit);
  }

  /** The store's key. */
  get store(): SecretKey {
    return this.evidence.dock1.storeKey;
  }

  /** The station key that signed a document. */
  keyOf(of: BuiltRecording | BuiltDockingPart): SecretKey {
    const { dock1, dock2, fresh, freshNext } = this.evidence;
    if (of.folder.startsWith(dock2.vault) && of.folder.includes(`/${dock2.station}/`))
      return dock2.stationKey;
    const isFresh =
      of === fresh || of === freshNext || dock1.dockings.at(-1)?.parts.some((part) => part === of);
    return isFresh === true ? dock1.stationKey : (dock1.stationKeys[0] ?? dock1.stationKey);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** Replaces a file by what the change makes of its bytes. */
export async function change(path: string, edit: (bytes: Buffer) => Uint8Array | string): Promise<void> {
  await writeFile(path, edit(await readFile(path)));
}

/** The same with text. */
export function changeText(path: string, edit: (text: string) => string): Promise<void> {
  return change(path, (bytes) => edit(bytes.toString('utf8')));
}

/** Exchanges two files. */
export async function exchange(a: string, b: string): Promise<void> {
  const [first, second] = await Promise.all([readFile(a), readFile(b)]);
  await Promise.all([writeFile(a, second), writeFile(b, first)]);
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    await (entry.isDirectory() ? copyTree(source, target) : copyFile(source, target));
  }
}
