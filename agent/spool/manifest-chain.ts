// What the next manifest of a camera names as its previous one: the durable manifest that no other durable one names.
//
// What a start read of it is believed once its signature was verified, as the next manifest names its digest for good: a page read wrong would
// look like a recording that was taken away. Where it does not hold, or something lies apart that nobody can read, the log says which was the last.
import { sha256Hex } from '../../protocol/bytes.ts';
import { describeError, isMachineShort } from '../../protocol/errors.ts';
import type { CameraId, RecordingId } from '../../protocol/ids.ts';
import { parseManifest } from '../../protocol/manifest.ts';
import { keyIdHex, signatureKeyId, type PublicKey } from '../../protocol/minisign.ts';
import type { Log } from '../../protocol/ports.ts';
import { lookPatiently } from '../look-patiently.ts';
import type { Catalogue, ChainEnd } from './catalogue.ts';
import type { Documents } from './documents.ts';
import type { LoggedManifest } from './spooled-log.ts';
import type { SpooledRecording } from './spooled-recording.ts';

export interface ManifestChainDeps {
  readonly catalogue: Catalogue;
  readonly documents: Documents;
  readonly find: (recording: RecordingId) => Promise<SpooledRecording | undefined>;
  /** The one that signs now first. */
  readonly stationKeys: readonly PublicKey[];
  /** What the start could not read; see Recovery. */
  readonly unread: UnreadManifests;
  readonly log: Log;
}

/** What a start could not read of the manifests. */
export interface UnreadManifests {
  /** Things that are recordings by their names. */
  readonly recordings: ReadonlySet<string>;
  /** Whether a manifest that was read names the one of that digest: it is not the last one. Known where something was not read. */
  readonly isNamed: (sha256: string) => boolean;
}

/** What the log says was spooled last of a camera. Errors: the system's. */
export type LastSpooled = (camera: CameraId) => Promise<LoggedManifest | undefined>;

/** One per spool. */
export class ManifestChain {
  readonly #deps: ManifestChainDeps;
  readonly #keyId: string | undefined;
  /** By camera: what the log said while nothing more of that was durable. */
  readonly #told = new Map<CameraId, LoggedManifest | undefined>();

  constructor(deps: ManifestChainDeps) {
    this.#deps = deps;
    const [own] = deps.stationKeys;
    this.#keyId = own && keyIdHex(own.keyId);
  }

  /** Digest of the manifest that the camera's next one names, or null. Errors: only the machine's. */
  async previous(camera: CameraId, lastSpooled: LastSpooled): Promise<string | null> {
    const { catalogue, unread } = this.#deps;
    const end = catalogue.end(camera);
    if (end?.isProven === true) return end.manifestSha256;
    const read = end && (await this.#verified(end));
    const known = this.#named(read?.sha256 ?? end?.manifestSha256, read?.keyId ?? end?.keyId ?? undefined);
    const isWhole = end === undefined ? !catalogue.holds(camera) : read !== undefined;
    if (isWhole && unread.recordings.size === 0) return known;
    const logged = await this.#logged(camera, lastSpooled);
    if (logged === undefined || this.#isBefore(logged, end)) return known;
    // Where the end verifies, the log is asked only for what nobody could read, and which of several ends came last.
    if (isWhole && !unread.recordings.has(logged.recording) && !(await this.#isHere(logged))) return known;
    if (logged.sha256 !== known)
      this.#deps.log.warn('the log says which recording came last of a camera', { camera, ...logged });
    return logged.isOfEarlierKey ? null : logged.sha256;
  }

  /** A chain is of one key (SPEC 4.1). */
  #named(sha256: string | undefined, keyId: string | undefined): string | null {
    const isOwn = this.#keyId === undefined || keyId === undefined || keyId === this.#keyId;
    return isOwn ? (sha256 ?? null) : null;
  }

  /**
   * Digest and key of the manifest of a recording that is here, as it is read now, where it verifies; else undefined. The start may have read it
   * wrong. Errors: the machine's.
   */
  async #verified({
    recording,
  }: ChainEnd): Promise<{ sha256: string; keyId: string | undefined } | undefined> {
    const { documents, find, stationKeys } = this.#deps;
    try {
      const found = await find(recording);
      if (found === undefined) return undefined;
      const { bytes, signature } = await documents.verified(found, stationKeys);
      if (parseManifest(bytes).recording !== recording) return undefined;
      return { sha256: sha256Hex(bytes), keyId: signatureKeyId(signature) };
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return undefined;
    }
  }

  /** A log that is not shown keeps no recording from becoming durable. Errors: the machine's. */
  async #logged(camera: CameraId, lastSpooled: LastSpooled): Promise<LoggedManifest | undefined> {
    if (this.#told.has(camera)) return this.#told.get(camera);
    try {
      const told = await lookPatiently(() => lastSpooled(camera));
      this.#told.set(camera, told);
      return told;
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.#deps.log.warn('the log does not say which recording came last of a camera', {
        camera,
        reason: describeError(error),
      });
      return undefined;
    }
  }

  async #isHere({ recording, sha256 }: LoggedManifest): Promise<boolean> {
    return (await this.#deps.find(recording))?.manifestSha256 === sha256;
  }

  /** The log may be behind: what it names was read by the start, or is named by something that was. */
  #isBefore({ recording, sha256 }: LoggedManifest, end: ChainEnd | undefined): boolean {
    if (end === undefined || recording === end.recording) return false;
    return end.previousManifestSha256 === sha256 || this.#deps.unread.isNamed(sha256);
  }
}
