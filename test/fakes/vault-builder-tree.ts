// For the vault builder: the log of a store as a tree, and what the store and others keep of it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { publicKeyOf, signNoteText, type SecretKey } from '../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { encodeReceipt, type Receipt } from '../../protocol/documents/receipt.ts';
import { formatCheckpoint, originKey } from '../../protocol/transparency/checkpoint.ts';
import { CompactRange, leafHash } from '../../protocol/transparency/merkle.ts';
import { formatNote, signatureLine } from '../../protocol/transparency/signed-note.ts';
import type { StoreBuilder } from './vault-builder-store.ts';

/** Newest entry of a log. */
export interface Head {
  readonly segment: string;
  readonly sequence: number;
  readonly sha256: string;
}

/** The newest entry of a log, from its lines and the ids of its segments. */
export function headOf(lines: readonly string[], segments: readonly string[]): Head {
  const line = lines.at(-1) ?? '';
  const { sequence } = JSON.parse(line) as { sequence: number };
  return { segment: segments.at(-1) ?? '', sequence, sha256: sha256Hex(Buffer.from(line)) };
}

/** The tree of a store's log, from the segment on that `begin` opens. */
export class TreeBuilder {
  readonly #store: StoreBuilder;
  readonly #before: number;
  #written: string[] | undefined;
  readonly origin: string;

  private constructor(store: StoreBuilder, before: number) {
    this.#store = store;
    this.#before = before;
    this.origin = `bodydock/${store.vaultId}/${store.receiver}`;
  }

  static async begin(store: StoreBuilder): Promise<TreeBuilder> {
    await store.log.flush();
    const tree = new TreeBuilder(store, store.log.lines().length);
    await tree.segment(0);
    return tree;
  }

  /** One that begins with the next segment of the log, and that all later ones are of. */
  static ahead(store: StoreBuilder): TreeBuilder {
    const tree = new TreeBuilder(store, store.log.lines().length);
    store.log.opening = () => ({ log_origin: tree.origin, log_size: tree.lines.length });
    return tree;
  }

  /** The tree of the segments as they lie in a folder, all of which are of one: what somebody made of the store's. */
  static async of(store: StoreBuilder, folder: string): Promise<TreeBuilder> {
    const tree = new TreeBuilder(store, 0);
    const texts = store.log.segments.map((name) => readFile(join(folder, `${name}.jsonl`), 'utf8'));
    tree.#written = (await Promise.all(texts)).flatMap((text) => text.trimEnd().split('\n'));
    return tree;
  }

  /** Lines so far. */
  get lines(): string[] {
    return this.#written ?? this.#store.log.lines().slice(this.#before);
  }

  /** Another segment, which says that it begins at that size. */
  async segment(size = this.lines.length): Promise<void> {
    await this.#store.log.open(this.#store.key, { log_origin: this.origin, log_size: size });
    await this.#store.log.flush();
  }

  /** Enters that a receipt was given, for a document that names that policy. */
  async receipt(receipt: Receipt, policySha256?: string): Promise<void> {
    this.#receipt(receipt, policySha256);
    await this.#store.log.flush();
  }

  /** Enters that receipts were given, in one group. */
  async receipts(receipts: readonly Receipt[]): Promise<void> {
    for (const receipt of receipts) this.#receipt(receipt);
    await this.#store.log.flush();
  }

  #receipt(receipt: Receipt, policySha256?: string): void {
    const { kind, station, recording } = receipt;
    this.#store.log.log('receipt', {
      kind,
      station,
      recording,
      receipt_sha256: sha256Hex(encodeReceipt(receipt)),
      ...(policySha256 !== undefined && { policy_sha256: policySha256 }),
    });
  }

  /** Enters how much of a station's log is held. */
  async head(station: string, head: NonNullable<Receipt['custody_head']>): Promise<void> {
    this.#store.log.log('head', { station, ...head });
    await this.#store.log.flush();
  }

  /** Root at a size. */
  root(size = this.lines.length, lines: readonly string[] = this.lines): Uint8Array {
    const range = new CompactRange();
    for (const line of lines.slice(0, size)) range.append(leafHash(Buffer.from(line)));
    return range.root();
  }

  /** Text of a checkpoint of a size. */
  text(size = this.lines.length, root = this.root(size)): string {
    return formatCheckpoint({ origin: this.origin, size, root });
  }

  /** The note of a checkpoint's text, with further signature lines. */
  note(text = this.text(), more: readonly string[] = [], key: SecretKey = this.#store.key): string {
    const own = signatureLine(originKey(this.origin, publicKeyOf(key).key), signNoteText(key, text));
    return formatNote(text, [own, ...more]);
  }

  /** Puts a file into the folder of the tree. */
  async put(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#store.vault, this.#store.receiver, 'log', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
