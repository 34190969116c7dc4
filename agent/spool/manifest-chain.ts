// What the next manifest of a camera names as its previous one: the durable manifest that no other durable one names.
//
// What a start read of it is believed once its signature was verified: a page read wrong would look like a recording that was taken away.
import { sha256Hex } from '../../protocol/bytes.ts';
import { describeError, isMachineShort } from '../../protocol/errors.ts';
import type { CameraId, RecordingId } from '../../protocol/ids.ts';
import { parseManifest } from '../../protocol/manifest.ts';
import { keyIdHex, signatureKeyId, type PublicKey } from '../../protocol/minisign.ts';
import type { Log } from '../../protocol/ports.ts';
import { namedByNext } from '../chain-end.ts';
import type { LoggedEnd } from '../custody/last-of-camera.ts';
import { lookPatiently } from '../look-patiently.ts';
import type { Catalogue, ChainEnd } from './catalogue.ts';
import type { Documents } from './documents.ts';
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
  /** Whether a manifest that was read names the one of that digest. Looks through all of them: it is asked seldom. */
  readonly isNamed: (sha256: string) => boolean;
}

/** What the log says was spooled last of a camera. Errors: the system's. */
export type LastSpooled = (camera: CameraId) => Promise<LoggedEnd | undefined>;

/** One per spool. */
export class ManifestChain {
  readonly #deps: ManifestChainDeps;
  readonly #keyId: string | undefined;
  /** By camera: what the log said. Not asked once this process has made a manifest of it durable. */
  readonly #told = new Map<CameraId, LoggedEnd | undefined>();

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
    const here = {
      known,
      isWhole: end === undefined ? !catalogue.holds(camera) : read !== undefined,
      unread: unread.recordings,
      isNamed: unread.isNamed,
      isHere: async ({ recording, sha256 }: LoggedEnd) =>
        (await this.#deps.find(recording))?.manifestSha256 === sha256,
    };
    const named = await namedByNext(here, () => this.#logged(camera, lastSpooled));
    if (named !== known)
      this.#deps.log.warn('the log says which recording came last of a camera', { camera, named });
    return named;
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
  async #logged(camera: CameraId, lastSpooled: LastSpooled): Promise<LoggedEnd | undefined> {
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
}
