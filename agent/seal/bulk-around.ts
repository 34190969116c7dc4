// The Bulk port with something around each of its calls, those of sealings and digests too (protocol/format/files-around.ts).
import type { Piece } from '../../drivers/driver.ts';
import type { Around } from '../../protocol/format/files-around.ts';
import type { Bulk, Digesting, ResumeDifference, Sealing, SealJob, SealResult } from './bulk.ts';
import type { FolderLooks, FoldersWanted } from '../spool/folder-look.ts';

/** The same work. Errors: its own. */
export class BulkAround implements Bulk {
  readonly #bulk: Bulk;
  readonly #around: Around;

  constructor(bulk: Bulk, around: Around) {
    this.#bulk = bulk;
    this.#around = around;
  }

  async startSeal(job: SealJob): Promise<Sealing> {
    return new SealingAround(await this.#around(this.#bulk.startSeal(job)), this.#around);
  }

  async startDigest(): Promise<Digesting> {
    return new DigestingAround(await this.#around(this.#bulk.startDigest()), this.#around);
  }

  readUnit(
    path: string,
    position: number,
    sizeBytes: number,
    sha256: Uint8Array,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#around(this.#bulk.readUnit(path, position, sizeBytes, sha256));
  }

  lookInto(wanted: FoldersWanted): Promise<FolderLooks> {
    return this.#around(this.#bulk.lookInto(wanted));
  }

  sealSmall(bytes: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
    return this.#around(this.#bulk.sealSmall(bytes, recipients));
  }

  close(): Promise<void> {
    return this.#around(this.#bulk.close());
  }
}

class SealingAround implements Sealing {
  readonly #sealing: Sealing;
  readonly #around: Around;

  constructor(sealing: Sealing, around: Around) {
    this.#sealing = sealing;
    this.#around = around;
  }

  get positionBytes(): number {
    return this.#sealing.positionBytes;
  }

  get resumeBytes(): number {
    return this.#sealing.resumeBytes;
  }

  write(piece: Piece): Promise<void> {
    return this.#around(this.#sealing.write(piece));
  }

  resumeDifference(bytes: Uint8Array): Promise<ResumeDifference | undefined> {
    return this.#around(this.#sealing.resumeDifference(bytes));
  }

  finish(): Promise<SealResult> {
    return this.#around(this.#sealing.finish());
  }

  abort(): Promise<void> {
    return this.#around(this.#sealing.abort());
  }
}

class DigestingAround implements Digesting {
  readonly #digesting: Digesting;
  readonly #around: Around;

  constructor(digesting: Digesting, around: Around) {
    this.#digesting = digesting;
    this.#around = around;
  }

  write(piece: Piece): Promise<void> {
    return this.#around(this.#digesting.write(piece));
  }

  finish(): ReturnType<Digesting['finish']> {
    return this.#around(this.#digesting.finish());
  }

  abort(): Promise<void> {
    return this.#around(this.#digesting.abort());
  }
}
