// For tests that break a vault: one that is good, copies of it that may be broken, and what a verification says of them.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenedIdentity } from '../../../../config/enrolment/identity-file.ts';
import { type Totals, verifyFolder } from '../../../../agent/evidence/verify/verify-place.ts';
import type { Remark, RemarkCode } from '../../../../agent/evidence/verify/remark.ts';
import type { ReadFiles } from '../../../../agent/evidence/verify/read-files.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { parseManifest, type Manifest } from '../../../../protocol/documents/manifest.ts';
import { parseReceipt, type Receipt } from '../../../../protocol/documents/receipt.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';

/** Recordings of the good vault by what they are, as indices into `builder.recordings`. */
export const FIRST = 0; // camera 1, three units, has a sidecar
export const SIDECAR = 1; // camera 1
export const MIDDLE = 2; // camera 1
export const NEWEST = 3; // camera 1, in the second custody segment
export const OTHER = 4; // camera 2, two units
export const OTHER_NEWEST = 5; // camera 2

/** A vault with six recordings of two cameras, two custody segments and all receipts. Small ones have one unit each. */
export async function goodVault(size: 'large' | 'small' = 'large'): Promise<VaultBuilder> {
  const builder = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-verify-')));
  await builder.dock();
  await builder.record({
    original: builder.random.bytes(size === 'large' ? 1_100_000 : 2100),
    path: 'DCIM/A.MP4',
    sidecars: ['DCIM/A.GPS'],
  });
  await builder.record({ path: 'DCIM/A.GPS', role: 'sidecar', sidecarOf: 'DCIM/A.MP4' });
  await builder.record({ path: 'DCIM/B.MP4' });
  await builder.restart();
  await builder.dock();
  await builder.record({ path: 'DCIM/C.MP4' });
  await builder.record({ path: 'DCIM/A.MP4', camera: 'cam-2', original: builder.random.bytes(530_000) });
  await builder.record({
    path: 'DCIM/B.MP4',
    camera: 'cam-2',
    original: new Uint8Array(0),
    rejected: 'empty',
  });
  await builder.close();
  return builder;
}

/** What a verification said. */
export interface Verdict {
  /** Codes of findings, sorted, each once. */
  readonly findings: readonly string[];
  readonly notes: readonly string[];
  readonly remarks: readonly Remark[];
  readonly totals: Totals;
}

/** Noon of the day on which a built vault begins. */
export const NOON_MS = Date.UTC(2026, 10, 25, 12);

/** Verifies a folder; unless told otherwise with the keys of the builder, at noon of its first day, opening everything. */
export async function verdictOf(
  path: string,
  builder: VaultBuilder,
  other: {
    readonly keysFolder?: string;
    readonly identities?: readonly OpenedIdentity[];
    readonly nowMs?: number;
    readonly files?: ReadFiles;
  } = {},
): Promise<Verdict> {
  const remarks: Remark[] = [];
  const own = { keysFolder: builder.keys, identities: [builder.store], nowMs: NOON_MS };
  const options = { files: nodeFiles(), ...own, ...other };
  const { totals } = await verifyFolder(
    path,
    { ...options, signal: new AbortController().signal },
    {
      recording: (checked) => remarks.push(...checked.remarks),
      docking: (checked) => remarks.push(...checked.remarks),
      remark: (remark) => remarks.push(remark),
    },
  );
  const codes = (kind: Remark['kind']): string[] => [
    ...new Set(remarks.filter((remark) => remark.kind === kind).map(({ code }) => code)),
  ];
  return { findings: codes('finding').sort(), notes: codes('note').sort(), remarks, totals };
}

/** A copy of a good vault that a test may break. */
export class BrokenVault {
  readonly root: string;
  readonly builder: VaultBuilder;

  private constructor(root: string, builder: VaultBuilder) {
    this.root = root;
    this.builder = builder;
  }

  static async copy(builder: VaultBuilder): Promise<BrokenVault> {
    const root = await mkdtemp(join(tmpdir(), 'bodydock-broken-'));
    await copyTree(builder.root, root);
    return new BrokenVault(root, builder);
  }

  get vault(): string {
    return join(this.root, 'vault');
  }
  get station(): string {
    return join(this.vault, this.builder.station);
  }
  get custody(): string {
    return join(this.station, 'custody');
  }

  /** Folder of a recording of the copy. */
  folder(recording: number): string {
    return join(this.station, this.built(recording).id);
  }

  /** Path of a file of a recording of the copy. */
  file(recording: number, name: string): string {
    return join(this.folder(recording), name);
  }

  /** Path of a custody segment of the copy. */
  segment(number: number): string {
    return join(this.custody, `${this.builder.segments[number]}.jsonl`);
  }

  built(recording: number): VaultBuilder['recordings'][number] {
    const built = this.builder.recordings[recording];
    if (built === undefined) throw new Error(`no recording ${recording}`);
    return built;
  }

  /** Signs a changed manifest again, with the station's key unless another is given. */
  async resign(
    recording: number,
    change: (manifest: Manifest) => Manifest,
    ...how: [key?: VaultBuilder['stationKey'], comment?: string]
  ): Promise<void> {
    const manifest = parseManifest(await readFile(this.file(recording, 'manifest.json')));
    await this.builder.writeManifest(this.folder(recording), change(manifest), ...how);
  }

  /** The same for a receipt. */
  async reissue(
    recording: number,
    change: (receipt: Receipt) => Receipt,
    ...how: [key?: VaultBuilder['storeKey'], comment?: string]
  ): Promise<void> {
    const receipt = parseReceipt(await readFile(this.file(recording, 'receipt.json')));
    await this.builder.writeReceipt(this.folder(recording), change(receipt), ...how);
  }

  /** Verifies the copy, opening every payload. */
  verdict(): Promise<Verdict> {
    return verdictOf(this.vault, this.builder);
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** Plain files and folders; several times faster than `cp`, which looks at each of them again and again. */
async function copyTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (!entry.isDirectory()) await copyFile(source, target);
    else {
      await mkdir(target);
      await copyTree(source, target);
    }
  }
}

/** One way to break a vault, and the findings that it must lead to: these and no others. */
export interface Manipulation {
  readonly name: string;
  readonly act: (vault: BrokenVault) => Promise<void>;
  readonly finds: readonly RemarkCode[];
}

/** Replaces a file by what the change makes of its bytes. */
export async function change(path: string, edit: (bytes: Buffer) => Uint8Array | string): Promise<void> {
  await writeFile(path, edit(await readFile(path)));
}

/** Turns one bit around. A negative position counts from the end. */
export function flip(position: number, bit = 0): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const at = position < 0 ? bytes.length + position : position;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    return bytes;
  };
}

/** Exchanges two files. */
export async function exchange(a: string, b: string): Promise<void> {
  const [first, second] = await Promise.all([readFile(a), readFile(b)]);
  await Promise.all([writeFile(a, second), writeFile(b, first)]);
}

/** Edits a text file line by line; the lines come without LF and get it back. */
export async function editLines(path: string, edit: (lines: string[]) => string[]): Promise<void> {
  await change(path, (bytes) => {
    const lines = bytes.toString('utf8').split('\n').slice(0, -1);
    return edit(lines)
      .map((line) => `${line}\n`)
      .join('');
  });
}
