// What the next manifest of a camera names as its previous one (SPEC 4.1): the one that became durable last, by the same key.
//
// The ledger remembers it. It may lack what became durable right before a cut, so what is here and goes on from there comes behind it. Where the log
// knows nothing of a camera whose recordings are here, the newest of them is the end.
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { keyIdHex } from '../../protocol/documents/minisign.ts';
import type { CameraId } from '../../protocol/format/ids.ts';
import type { Log } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { Catalogue } from './catalogue.ts';
import type { Released } from './released.ts';
import type { LinkFacts } from './spooled-recording.ts';

/** One per spool. */
export class ManifestChain {
  readonly #catalogue: Pick<Catalogue, 'get' | 'naming' | 'newestOf'>;
  readonly #released: Pick<Released, 'naming' | 'newestOf'>;
  readonly #log: Log;
  /** Id of the key that signs now; undefined where none is known. */
  readonly #keyId: string | undefined;
  /** What this process made durable last of a camera, or found out. */
  readonly #ends = new Map<CameraId, string | null>();
  /** What left in this run, and is not in the catalogue any more. */
  readonly #left: LinkFacts[] = [];

  /** `stationKeys`: the one that signs now first. */
  constructor(
    catalogue: Pick<Catalogue, 'get' | 'naming' | 'newestOf'>,
    released: Pick<Released, 'naming' | 'newestOf'>,
    stationKeys: readonly PublicKey[],
    log: Log,
  ) {
    this.#catalogue = catalogue;
    this.#released = released;
    this.#log = log;
    const [own] = stationKeys;
    this.#keyId = own && keyIdHex(own.keyId);
  }

  /** A manifest of this process became durable. */
  committed({ camera, manifestSha256 }: Pick<LinkFacts, 'camera' | 'manifestSha256'>): void {
    this.#ends.set(camera, manifestSha256);
  }

  /** A recording is about to leave its place: what its manifest names is no end. */
  leaves({ recording, camera, manifestSha256, previousManifestSha256, sealedAt, keyId }: LinkFacts): void {
    if (this.#ends.has(camera)) return;
    this.#left.push({ recording, camera, manifestSha256, previousManifestSha256, sealedAt, keyId });
  }

  /** Digest of the manifest that the camera's next one names, or null. `logged`: the end of its chain in the ledger. Errors: the machine's. */
  async previous(camera: CameraId, logged: ChainEnd | undefined): Promise<string | null> {
    const known = this.#ends.get(camera);
    if (known !== undefined) return known;
    const end = await (logged === undefined ? this.#rebuilt(camera) : this.#follow(camera, logged));
    if (!this.#ends.has(camera)) this.#ends.set(camera, end);
    return this.#ends.get(camera) ?? null;
  }

  async #follow(camera: CameraId, logged: ChainEnd): Promise<string | null> {
    const keyId = this.#catalogue.get(logged.recording)?.keyId ?? logged.keyId;
    let end = this.#isOfToday(keyId) ? logged.sha256 : null;
    const passed = new Set<string | null>();
    while (!passed.has(end)) {
      passed.add(end);
      const next = (await this.#naming(camera, end)).find((facts) => this.#isOfToday(facts.keyId));
      if (next === undefined) break;
      this.#log.warn('recording is durable, and the log does not say that it came last', {
        recording: next.recording,
      });
      end = next.manifestSha256;
    }
    return end;
  }

  /** Its copy may have been reclaimed since, in an earlier run. */
  async #naming(camera: CameraId, previousSha256: string | null): Promise<LinkFacts[]> {
    const released = await this.#released.naming(camera, previousSha256);
    const left = this.#left.filter(
      (facts) => facts.camera === camera && facts.previousManifestSha256 === previousSha256,
    );
    return [...this.#catalogue.naming(camera, previousSha256), ...left, ...released];
  }

  /** Without a log: the newest that is here of today's key. */
  async #rebuilt(camera: CameraId): Promise<string | null> {
    const left = this.#left.filter((facts) => facts.camera === camera && this.#isOfToday(facts.keyId));
    const found = [this.#catalogue.newestOf(camera, (keyId) => this.#isOfToday(keyId)), ...left];
    found.push(await this.#released.newestOf(camera, (keyId) => this.#isOfToday(keyId)));
    const newest = found
      .flatMap((facts) => facts ?? [])
      .sort((a, b) => (a.sealedAt < b.sealedAt ? 1 : -1))[0];
    return newest?.manifestSha256 ?? null;
  }

  #isOfToday(keyId: string | null): boolean {
    return keyId === null || this.#keyId === undefined || keyId === this.#keyId;
  }
}
