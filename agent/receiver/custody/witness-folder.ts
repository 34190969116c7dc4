// The witnesses of one receiver in its vault: `<vault>/<receiver>/witness/<day>.json` with their signatures.
//
// Invariants:
// 1. A witness is put in place once and never replaced, whoever makes it at the same time.
// 2. Its signature is there before it: a witness without one is nobody's of ours.
import { dirname, join } from 'node:path';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, listIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import { daySchema, parseWitness, WITNESS_BYTES_MAX } from '../../../protocol/custody/witness.ts';
import { underLock, type LockDeps } from '../vault/locks.ts';
import { SIGNATURE_SUFFIX, VaultLayout } from '../vault/vault-layout.ts';
import { WITNESS } from '../../../protocol/format/file-names.ts';

const SUFFIX = '.json';

/** Where a receiver's witnesses lie. */
export function witnessFolder(vaultPath: string, receiver: ReceiverId): string {
  return join(vaultPath, receiver, WITNESS);
}

/** The witness that the next one follows. */
export interface LastWitness {
  readonly day: string;
  readonly sha256: string;
}

/** Reads and places witnesses. Errors of all: the system's. */
export class WitnessFolder {
  readonly #deps: LockDeps;
  readonly #folder: string;
  readonly #lock: string;

  constructor(deps: LockDeps, vaultPath: string, receiver: ReceiverId) {
    this.#deps = deps;
    this.#folder = witnessFolder(vaultPath, receiver);
    this.#lock = join(new VaultLayout(vaultPath).leases, `witness-${receiver}`);
  }

  /** The witness of the latest day; undefined where there is none. Errors: those of parseWitness where it was damaged. */
  async last(): Promise<LastWitness | undefined> {
    const names = await listIfThere(this.#deps.files, this.#folder);
    const days = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
    const day = days
      .filter((text) => daySchema.safeParse(text).success)
      .sort()
      .at(-1);
    if (day === undefined) return undefined;
    const bytes = await this.#deps.files.readAll(this.#path(day), WITNESS_BYTES_MAX);
    parseWitness(bytes);
    return { day, sha256: sha256Hex(bytes) };
  }

  /** Puts a witness in place, durably; false where its day has one. Errors: "lock.held", the signal's reason. */
  async place(day: string, bytes: Uint8Array, signature: string): Promise<boolean> {
    const { files } = this.#deps;
    for (const path of [dirname(this.#lock), dirname(this.#folder), this.#folder])
      await ensureFolder(files, path);
    for (const path of [dirname(dirname(this.#folder)), dirname(this.#folder)]) await files.syncFolder(path);
    return underLock(this.#deps, this.#lock, async (workFolder) => {
      if ((await files.stat(this.#path(day))) !== undefined) return false;
      await this.#move(workFolder, `${day}${SUFFIX}${SIGNATURE_SUFFIX}`, encodeUtf8(signature));
      await this.#move(workFolder, day + SUFFIX, bytes);
      return true;
    });
  }

  /** Durably and whole. */
  async #move(workFolder: string, name: string, bytes: Uint8Array): Promise<void> {
    const { files } = this.#deps;
    await writeAnew(files, join(workFolder, name), bytes);
    await files.rename(join(workFolder, name), join(this.#folder, name));
    await files.syncFolder(this.#folder);
  }

  #path(day: string): string {
    return join(this.#folder, day + SUFFIX);
  }
}
