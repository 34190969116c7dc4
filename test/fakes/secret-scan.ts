// Looks for marked secrets in whatever was written or said: byte for byte, and as base64 and hex would show them.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What must not be found, by what it is called in a finding. */
export type Secrets = Readonly<Record<string, Uint8Array | string>>;

/** Three bytes of base64 depend on what stands before them: those that do not are looked for. */
const BASE64_SHIFTS = [0, 1, 2];

interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Finds secrets. Short ones would be found by chance: at least 4 bytes. */
export class SecretScan {
  readonly #needles: readonly Needle[];
  readonly #longest: number;

  constructor(secrets: Secrets) {
    this.#needles = Object.entries(secrets).flatMap(([name, secret]) => needles(name, Buffer.from(secret)));
    this.#longest = Math.max(...this.#needles.map(({ bytes }) => bytes.length));
  }

  /** Names of the secrets that are in these bytes. */
  inBytes(bytes: Uint8Array): string[] {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const found = this.#needles.filter((needle) => buffer.includes(needle.bytes)).map(({ name }) => name);
    return [...new Set(found)];
  }

  async inFile(path: string): Promise<string[]> {
    const found = new Set<string>();
    let kept = Buffer.alloc(0);
    for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) {
      const both = Buffer.concat([kept, chunk as Buffer]);
      for (const name of this.inBytes(both)) found.add(name);
      kept = both.subarray(Math.max(0, both.length - this.#longest));
    }
    return [...found];
  }

  /** Findings below a folder, names of files among what is looked at: "secret in path". */
  async below(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const findings: string[] = [];
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const inside = entry.isFile() ? await this.inFile(path) : [];
      for (const name of [...this.inBytes(Buffer.from(entry.name)), ...inside])
        findings.push(`${name} in ${path}`);
    }
    return findings;
  }
}

function needles(name: string, secret: Buffer): Needle[] {
  if (secret.length < 4) throw new RangeError(`${name} is too short to be looked for`);
  const hex = secret.toString('hex');
  const base64 = BASE64_SHIFTS.map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret])
      .toString('base64')
      .replaceAll('=', '');
    return text.slice(Math.ceil((shift * 4) / 3), -1);
  });
  return [secret, ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text))].map((bytes) => ({
    name,
    bytes,
  }));
}
