// A real folder that stands for a mounted card, with what a person can do to it behind the driver's back.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SLASH = 0x2f;

/** A fresh temporary folder. Paths below it are bytes. */
export class CardFolder {
  readonly #outer: string;
  readonly root: string;

  constructor() {
    this.#outer = mkdtempSync(join(tmpdir(), 'bodydock-card-'));
    this.root = join(this.#outer, 'card');
  }

  static async make(): Promise<CardFolder> {
    const card = new CardFolder();
    await fs.mkdir(card.root);
    return card;
  }

  /** Absolute path of what lies at these bytes below the root. */
  at(path: Uint8Array | string): Buffer {
    return Buffer.concat([Buffer.from(`${this.root}/`), Buffer.from(path)]);
  }

  /** A file is always another one after a change: another change time, whatever the resolution of the file system. */
  async put(path: Uint8Array | string, bytes: Uint8Array): Promise<void> {
    const at = this.at(path);
    await fs.mkdir(at.subarray(0, at.lastIndexOf(SLASH)), { recursive: true });
    const before = await changedNs(at);
    let after = before;
    while (after === before) {
      await fs.writeFile(at, bytes);
      after = await changedNs(at);
    }
  }

  remove(path: Uint8Array | string): Promise<void> {
    return fs.unlink(this.at(path));
  }

  makeFifo(path: string): void {
    execFileSync('mkfifo', [join(this.root, path)]);
  }

  /** Moves the root away, as an unmount leaves its mount point without it. */
  detach(): Promise<void> {
    return fs.rename(this.root, join(this.#outer, 'elsewhere'));
  }

  /** Every file by its path as Latin-1 text. */
  async contents(): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const visit = async (folder: Buffer): Promise<void> => {
      const names = (await fs.readdir(folder, { encoding: 'buffer' })) as unknown as Buffer[];
      for (const name of names) {
        const at = Buffer.concat([folder, Buffer.of(SLASH), name]);
        const stat = await fs.lstat(at);
        if (stat.isDirectory()) await visit(at);
        else if (stat.isFile())
          found.set(at.subarray(this.root.length + 1).toString('latin1'), await fs.readFile(at));
      }
    };
    await visit(Buffer.from(this.root));
    return found;
  }

  dispose(): void {
    rmSync(this.#outer, { recursive: true, force: true });
  }
}

async function changedNs(at: Buffer): Promise<bigint | undefined> {
  return (await fs.stat(at, { bigint: true }).catch(() => undefined))?.ctimeNs;
}
