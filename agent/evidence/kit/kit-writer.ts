// Writes a kit into a folder beside its place, under a name that nobody looks at, and puts it in place as a whole.
//
// Invariants:
// 1. A folder that has something in it is never touched.
// 2. The kit gets its name only when every byte of it is durable; a kit that was not finished leaves nothing behind.
// 3. SHA256SUMS names every other file, with the digest of the bytes that were read for it.
import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import {
  encodePublicKey,
  keyIdHex,
  parsePublicKey,
  publicKeyLine,
  signatureKeyId,
} from '../../../protocol/documents/minisign.ts';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { unlinkIfThere, writeDurable } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import {
  DELETION,
  DOCKING,
  MANIFEST,
  ORDER,
  ORDERS,
  RECEIPT,
  SEALED_NAMES,
  SEGMENT_SUFFIX,
  SIGNATURE_SUFFIX,
  signed,
} from '../../../protocol/format/file-names.ts';
import { isReceiverId, makeSessionId } from '../../../protocol/format/ids.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files, OpenFile, Random } from '../../../protocol/format/ports.ts';
import { type ReadFiles, readSmall } from '../verify/read-files.ts';
import type { NamedKey, TrustedKeys } from '../verify/trusted-keys.ts';
import { keyChangeKind } from '../verify/document-kinds.ts';
import { claimed, type KitFile, type KitParts, type KitSegment } from './kit-plan.ts';

const PIECE_BYTES = 1024 * 1024;
const SUMS = 'SHA256SUMS';

/** A kit that is being written. Paths below it have `/` between their parts. */
export class KitWriter {
  /** Where it lies until it is finished. */
  readonly folder: string;
  readonly #files: Files;
  readonly #out: string;
  readonly #signal: AbortSignal;
  readonly #folders = new Set<string>();
  readonly #sums = new Map<string, string>();

  private constructor(files: Files, out: string, folder: string, signal: AbortSignal) {
    this.#files = files;
    this.#out = out;
    this.folder = folder;
    this.#signal = signal;
  }

  /** Begins a kit. Errors: "export.exists" where `out` holds something or is no folder; "export.unwritable". */
  static async begin(files: Files, out: string, random: Random, signal: AbortSignal): Promise<KitWriter> {
    const path = resolve(out);
    const isThere = await isEmptyFolder(files, path);
    const folder = join(dirname(path), `.bodydock-export-${makeSessionId(random)}`);
    try {
      await files.makeFolder(folder);
      if (isThere) await tryPlace(files, folder, path);
    } catch (error) {
      throw unwritable(path, error);
    }
    return new KitWriter(files, path, folder, signal);
  }

  /** Paths that were written so far, sorted. */
  get paths(): string[] {
    return [...this.#sums.keys()].sort();
  }

  /** Writes a text of ours. Errors: "export.unwritable". */
  async write(path: string, text: string): Promise<void> {
    const bytes = encodeUtf8(text);
    try {
      await writeDurable(this.#files, await this.#place(path), bytes);
    } catch (error) {
      throw unwritable(this.#out, error);
    }
    this.#sums.set(path, sha256Hex(bytes));
  }

  /** Copies a file as it is. Errors: "export.unwritable"; those of reading; the signal's reason. */
  async copy(from: string, path: string): Promise<void> {
    const source = await this.#files.open(from, 'read');
    const target = await this.#place(path);
    try {
      this.#sums.set(path, await this.#copyInto(source, target));
    } catch (error) {
      await unlinkIfThere(this.#files, target).catch(() => undefined);
      throw error;
    } finally {
      await source.close();
    }
  }

  /** Names a file of that digest that somebody else made, durably, at a path of the folder. */
  took(path: string, sha256: string): void {
    this.#sums.set(path, sha256);
  }

  /** Puts the kit in place. Errors: "export.exists" where something came there meanwhile; "export.unwritable". */
  async finish(): Promise<void> {
    const sums = this.paths.map((path) => `${this.#sums.get(path)}  ${path}\n`).join('');
    try {
      await writeDurable(this.#files, join(this.folder, SUMS), encodeUtf8(sums));
      for (const folder of [...this.#folders, this.folder]) await this.#files.syncFolder(folder);
      await this.#files.rename(this.folder, this.#out);
      await this.#files.syncFolder(dirname(this.#out));
    } catch (error) {
      throw ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error) ?? '')
        ? exists(this.#out)
        : unwritable(this.#out, error);
    }
  }

  /** Removes what was written. Never rejects. */
  async abandon(): Promise<void> {
    await this.#files.removeTree(this.folder).catch(() => undefined);
  }

  async #place(path: string): Promise<string> {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = join(this.folder, ...parts.slice(0, depth));
      if (this.#folders.has(folder)) continue;
      await this.#files.makeFolder(folder);
      this.#folders.add(folder);
    }
    return join(this.folder, path);
  }

  async #copyInto(source: OpenFile, path: string): Promise<string> {
    const hash = createHash('sha256');
    const target = await this.#files.create(path).catch((error: unknown) => {
      throw unwritable(this.#out, error);
    });
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      for (let position = 0; ;) {
        this.#signal.throwIfAborted();
        const bytes = piece.subarray(0, await source.read(piece, position));
        hash.update(bytes);
        await this.#put(target, bytes, position);
        position += bytes.length;
        if (bytes.length < piece.length) break;
      }
      await target.sync();
    } finally {
      await target.close();
    }
    return hash.digest('hex');
  }

  async #put(target: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
    try {
      if (bytes.length > 0) await target.write(bytes, position);
    } catch (error) {
      throw unwritable(this.#out, error);
    }
  }
}

/** False where nothing is there. Errors: "export.exists" for everything else. */
async function isEmptyFolder(files: Files, path: string): Promise<boolean> {
  const found = await files.stat(path);
  if (found === undefined) return false;
  if (found.kind !== 'folder' || (await files.list(path)).length > 0) throw exists(path);
  return true;
}

/** A folder that is there may be one that nothing replaces: where a disk is mounted, or of somebody else. It is known before anything goes out. */
async function tryPlace(files: Files, folder: string, path: string): Promise<void> {
  try {
    await files.rename(folder, path);
  } catch (error) {
    await files.removeTree(folder);
    throw error;
  }
  await files.makeFolder(folder);
}

function exists(path: string): DockError {
  const message = `${path} is there already and not an empty folder; nothing in it is touched: name another one with --out`;
  return new DockError('export.exists', message, { retry: 'person' });
}

function unwritable(path: string, cause: unknown): DockError {
  if (systemCode(cause) === 'EBUSY') {
    const message = `${path} is where a disk is mounted: name a new folder on it with --out, such as ${join(path, 'kit')}`;
    return new DockError('export.unwritable', message, { retry: 'person', cause });
  }
  const message = `${path} could not be written (${systemCode(cause) ?? 'unknown error'}): look at the folder above it, its owner and its space`;
  return new DockError('export.unwritable', message, { retry: 'person', cause });
}

// Where everything lies in a kit: which file of the vault goes where, and which signature belongs to which document. Pure.

/** What is copied of a folder; whatever else lies in it is a finding of verify's and stays where it is. */
const COPIED: ReadonlySet<string> = new Set([
  ...signed(MANIFEST, RECEIPT, DELETION, DOCKING),
  ...SEALED_NAMES,
  ORDER,
  `${ORDER}.officer${SIGNATURE_SUFFIX}`,
  `${ORDER}.supervisor${SIGNATURE_SUFFIX}`,
]);

/** Folder of a keeper's segments in the kit. Not named `custody`: a folder with that name would be taken for a station's. */
function logPath(keeper: string, name: string): string {
  return `log/${keeper}/${name}`;
}

/** Path of a segment's lines in the kit. */
export function segmentFile({ keeper, segment }: KitSegment): string {
  return logPath(keeper, `${segment}${SEGMENT_SUFFIX}`);
}

/** Path of a segment's signed head in the kit. */
export function headFile({ keeper, segment }: KitSegment): string {
  return logPath(keeper, `${segment}.head.json`);
}

/** All files that are copied as they are. */
export function kitFiles(parts: KitParts): KitFile[] {
  const folders = [...parts.asked, ...parts.sidecars].map((one) => ({ ...one, name: one.recording }));
  const dockings = parts.dockings.map((one) => ({ ...one, name: one.record }));
  const orders = parts.orders.map((one) => ({ ...one, name: `${ORDERS}/${one.order.order}` }));
  return [
    ...[...folders, ...dockings, ...orders].flatMap(({ folder, name, names }) =>
      names
        .filter((file) => COPIED.has(file))
        .map((file) => ({ from: join(folder, file), to: `${name}/${file}` })),
    ),
    // Stores' logs first: what their heads name of a station's log is in it when that is copied.
    ...[...parts.segments]
      .sort((one, other) => Number(isReceiverId(other.keeper)) - Number(isReceiverId(one.keeper)))
      .flatMap(({ keeper, path, signed: isSigned }) =>
        withSignature(path, logPath(keeper, basename(path)), isSigned),
      ),
    ...parts.keyDocuments,
    ...parts.policies,
  ];
}

function withSignature(from: string, to: string, isSigned: boolean): KitFile[] {
  const own = { from, to };
  return isSigned ? [own, { from: `${from}${SIGNATURE_SUFFIX}`, to: `${to}${SIGNATURE_SUFFIX}` }] : [own];
}

/** The document that a signature's name belongs to; undefined for a file that is none. */
export function documentOf(path: string): string | undefined {
  const match = /^(.+?\.(?:json|jsonl))(?:\.(?:officer|supervisor|new))?\.minisig$/.exec(path);
  return match?.[1];
}

// Which public keys go into a kit, under which names, and which of them signed which document. A key that only a key change introduces
// is written out as a file, since minisign wants one; whether that change holds is checked like any other document.

/** One key file of a kit. */
export interface KitKey {
  /** Path in the kit, such as `keys/station.pub`. */
  readonly file: string;
  readonly keyId: string;
  /** The line that stands on the label of a station and in its papers. */
  readonly line: string;
  /** The whole file. */
  readonly text: string;
  /** A key change in the kit names it; nobody gave it. */
  readonly introduced: boolean;
}

/** A signature in the kit with the document that it is for and the key that it names. */
export interface KitSignature {
  readonly document: string;
  readonly signature: string;
  /** Hex id of the key that it names; undefined where it is no signature file. */
  readonly keyId: string | undefined;
  /** Path of the key in the kit; undefined where the key is not known. */
  readonly key: string | undefined;
}

/** The keys that any of the signatures names. Errors: those of the machine. */
export async function kitKeys(
  files: ReadFiles,
  trusted: TrustedKeys,
  keyDocuments: readonly KitFile[],
  signers: ReadonlySet<string>,
): Promise<KitKey[]> {
  const given = [trusted.station, trusted.store, trusted.officer, trusted.supervisor].flatMap((keys) =>
    keys.map(ofFile),
  );
  const introduced: KitKey[] = [];
  for (const { from } of keyDocuments.filter(({ to }) => to.endsWith('.change.json')))
    introduced.push(...(await introducedKeys(files, from, trusted)));
  const found = new Map<string, KitKey>();
  for (const key of [...given, ...introduced])
    if (signers.has(key.keyId) && !found.has(key.keyId)) found.set(key.keyId, key);
  return [...found.values()];
}

function ofFile(named: NamedKey): KitKey {
  const { key } = named;
  const own = { keyId: keyIdHex(key.keyId), line: publicKeyLine(key), text: encodePublicKey(key) };
  return { file: `keys/${wordFor(named)}`, ...own, introduced: false };
}

/** The name of its file, where that is one word of a shell as it is: it stands in the lines that the kit has somebody type. */
function wordFor({ file, key, station }: NamedKey): string {
  if (/^[\w@%+=:,.-]+$/.test(file)) return file;
  const [kind = ''] = /^[a-z]+/.exec(file) ?? [];
  return `${kind}${station === null ? '' : `-${station}`}.${keyIdHex(key.keyId)}.pub`;
}

/** Pinned to its station only where those given are: one that is would put the others of that station out of force. */
async function introducedKeys(files: ReadFiles, path: string, trusted: TrustedKeys): Promise<KitKey[]> {
  const change = await claimed(files, dirname(path), keyChangeKind(basename(path)));
  if (change === undefined) return [];
  const { holder } = change;
  const isPinned = trusted.station.some(({ station }) => station === holder);
  const name = isReceiverId(holder) ? `store-${holder}` : `station${isPinned ? '-' : '.'}${holder}`;
  return [change.old_key, change.new_key].map((line): KitKey => {
    const key = parsePublicKey(line);
    const keyId = keyIdHex(key.keyId);
    const file = `keys/${name}.${keyId}.pub`;
    return { file, keyId, line, text: encodePublicKey(key), introduced: true };
  });
}

/** The key id that a signature file names; undefined where it is none. Errors: those of the machine. */
export async function signerOf(files: ReadFiles, path: string): Promise<string | undefined> {
  const read = await readSmall(files, path, SIGNATURE_FILE_BYTES_MAX);
  return read.kind === 'bytes' ? signatureKeyId(parseUtf8(read.bytes) ?? '') : undefined;
}
