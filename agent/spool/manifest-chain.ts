// What the next manifest of a camera names as its previous one: the durable manifest that no other durable one names.
//
// What a start read of it is believed once its signature was verified, as the next manifest names its digest for good: a page read wrong would
// look like a recording that was taken away. Where it does not hold, or something lies apart that nobody can read, the log says which was the last.
import { describeError, isMachineShort } from '../../protocol/errors.ts';
import type { CameraId, RecordingId } from '../../protocol/ids.ts';
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
  /** Something lies in the spool that is a recording by its name, and that the start could not read. */
  readonly lacksRead: boolean;
  readonly log: Log;
}

/** What the log says was spooled last of a camera. Errors: the system's. */
export type LastSpooled = (camera: CameraId) => Promise<LoggedManifest | undefined>;

/** One per spool. */
export class ManifestChain {
  readonly #deps: ManifestChainDeps;
  readonly #keyId: string | undefined;

  constructor(deps: ManifestChainDeps) {
    this.#deps = deps;
    const [own] = deps.stationKeys;
    this.#keyId = own && keyIdHex(own.keyId);
  }

  /** Digest of the manifest that the camera's next one names, or null. Errors: only the machine's. */
  async previous(camera: CameraId, lastSpooled: LastSpooled): Promise<string | null> {
    const { catalogue, lacksRead } = this.#deps;
    const end = catalogue.end(camera);
    if (end?.isProven === true) return end.manifestSha256;
    const signedBy = end && (await this.#signedBy(end));
    const known = this.#named(end?.manifestSha256, signedBy ?? end?.keyId ?? undefined);
    const isWhole = end === undefined ? !catalogue.holds(camera) : signedBy !== undefined;
    if (isWhole && !lacksRead) return known;
    const logged = await this.#logged(camera, lastSpooled);
    if (logged === undefined || (await this.#isBefore(logged, end))) return known;
    if (logged.sha256 !== known)
      this.#deps.log.warn('the log says which recording came last of a camera', { camera, ...logged });
    return logged.isOfEarlierKey ? null : logged.sha256;
  }

  /** A chain is of one key (SPEC 4.1). */
  #named(sha256: string | undefined, keyId: string | undefined): string | null {
    const isOwn = this.#keyId === undefined || keyId === undefined || keyId === this.#keyId;
    return isOwn ? (sha256 ?? null) : null;
  }

  /** Key of a manifest that is here, is what the start took it for, and verifies; else undefined. Errors: the machine's. */
  async #signedBy({ recording, manifestSha256 }: ChainEnd): Promise<string | undefined> {
    const { documents, find, stationKeys } = this.#deps;
    try {
      const found = await find(recording);
      if (found?.manifestSha256 !== manifestSha256) return undefined;
      return signatureKeyId((await documents.manifest(found, stationKeys)).signature);
    } catch (error) {
      if (isMachineShort(error)) throw error;
      return undefined;
    }
  }

  /** A log that is not shown keeps no recording from becoming durable. Errors: the machine's. */
  async #logged(camera: CameraId, lastSpooled: LastSpooled): Promise<LoggedManifest | undefined> {
    try {
      return await lookPatiently(() => lastSpooled(camera));
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.#deps.log.warn('the log does not say which recording came last of a camera', {
        camera,
        reason: describeError(error),
      });
      return undefined;
    }
  }

  /** The log may be behind by the last one: what it names was read by the start, and is another one than the end. */
  async #isBefore({ recording, sha256 }: LoggedManifest, end: ChainEnd | undefined): Promise<boolean> {
    if (end === undefined || recording === end.recording) return false;
    if (end.previousManifestSha256 === sha256) return true;
    return (await this.#deps.find(recording))?.manifestSha256 === sha256;
  }
}
