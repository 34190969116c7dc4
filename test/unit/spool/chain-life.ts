// Runs of a station that takes recordings of a camera, one manifest naming the one before it: spool and log on one disk, ended in order.
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { makeDockingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { openLog } from '../custody/custody-scenario.ts';
import {
  CAMERA,
  freshDisk,
  openSpool,
  prepare,
  spoolOne,
  stationKey,
  type PrepareOptions,
  type Prepared,
} from './scenario.ts';

/** Spool and log of one run. */
export interface ChainRun {
  readonly spool: Spool;
  readonly custody: CustodyLog;
}

export class ChainLife {
  readonly disk: CrashDisk;
  /** That the last run wrote. */
  segment = '';
  readonly #random = seededRandom(5);
  #runs = 0;

  private constructor(disk: CrashDisk) {
    this.disk = disk;
  }

  static async begin(): Promise<ChainLife> {
    return new ChainLife(await freshDisk());
  }

  /** Differs from all others. */
  get nextSeed(): number {
    return ++this.#runs;
  }

  /** One run; the log's snapshot is written over the spool's, of which no other spool reads it: the next start reads manifests. */
  async run<T>(work: (run: ChainRun) => Promise<T>): Promise<T> {
    const { spool } = await openSpool(this.disk);
    const { custody } = await openLog(this.disk, this.nextSeed, {
      ledgerFile: '/spool/ledger.jsonl',
      signer: fastSigner(stationKey),
      stationKeys: [publicKeyOf(stationKey)],
    });
    const done = await work({ spool, custody });
    await custody.checkpoint();
    this.segment = custody.segments().at(-1)?.segment ?? '';
    await spool.close();
    await custody.close();
    return done;
  }

  /** Takes one recording as a docking does. Without `isLogged` the log does not hear that it is durable. */
  async take(
    { spool, custody }: ChainRun,
    { isLogged = true, camera = CAMERA }: Pick<PrepareOptions, 'camera'> & { isLogged?: boolean } = {},
  ): Promise<Prepared> {
    const previous = await spool.lastManifestSha256(camera, custody.ledger.manifests.get(camera));
    const docking = makeDockingId(this.#random);
    const prepared = prepare(this.#random, { camera, previous, docking });
    const { recording, payload } = prepared;
    custody.append({ event: 'docked', facts: { bay: 'bay-1', camera, docking } });
    const [path_sha256, sha256] = [sha256Hex(Buffer.from(recording)), sha256Hex(payload)];
    custody.append({
      event: 'pulled',
      facts: { recording, docking, path_sha256, size_bytes: payload.length, sha256 },
    });
    await spoolOne(this.disk, spool, prepared);
    if (isLogged) logSpooled(custody, prepared);
    await custody.checkpoint();
    return prepared;
  }

  /** A run that takes one recording. */
  one(): Promise<Prepared> {
    return this.run((run) => this.take(run));
  }
}

export function logSpooled(custody: CustodyLog, prepared: Prepared): void {
  const { recording, documents } = prepared;
  const { size_bytes: sealed_size_bytes } = documents.manifest.sealed;
  const facts = { recording, manifest_sha256: digestOf(prepared), sealed_size_bytes };
  custody.append({ event: 'spooled', facts });
}

export function digestOf({ documents }: Prepared): string {
  return sha256Hex(documents.manifestBytes);
}

/** Digest that its manifest names. */
export function named({ documents }: Prepared): string | null {
  return documents.manifest.previous_manifest_sha256;
}

/** Where its manifest lies. */
export function manifestOf({ recording }: Pick<Prepared, 'recording'>, folder = 'ready'): string {
  return `/spool/${folder}/${recording}/manifest.json`;
}
