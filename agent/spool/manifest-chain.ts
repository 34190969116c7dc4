// What the next manifest of a camera names as its previous one: the durable manifest that no other durable one names.
import { describeError, isMachineShort } from '../../protocol/format/errors.ts';
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { Log } from '../../protocol/format/ports.ts';
import { namedByEnd, namedByNext } from './chain-end.ts';
import type { SecondLook } from '../custody/second-look.ts';
import type { LoggedEnd } from '../custody/last-of-camera.ts';
import { LoggedEnds } from '../custody/logged-ends.ts';
import type { Catalogue } from './catalogue.ts';
import type { ChainLinks } from './chain-links.ts';
import type { SpooledRecording } from './spooled-recording.ts';

export interface ManifestChainDeps {
  readonly catalogue: Pick<Catalogue, 'end'>;
  readonly find: (recording: RecordingId) => Promise<SpooledRecording | undefined>;
  /** The one that signs now first. */
  readonly stationKeys: readonly PublicKey[];
  readonly links: Pick<ChainLinks, 'unread' | 'isNamed'>;
  readonly secondLook: Pick<SecondLook<RecordingId>, 'atAll'>;
  readonly log: Log;
}

/** What the log says was spooled last of a camera. Errors: the system's. */
export type LastSpooled = (camera: CameraId) => Promise<LoggedEnd | undefined>;

/** One per spool. */
export class ManifestChain {
  readonly #deps: ManifestChainDeps;
  readonly #keyId: string | undefined;
  /** Not asked once this process has made a manifest of the camera durable. */
  readonly #logged = new LoggedEnds();

  constructor(deps: ManifestChainDeps) {
    this.#deps = deps;
    const [own] = deps.stationKeys;
    this.#keyId = own && keyIdHex(own.keyId);
  }

  /** Digest of the manifest that the camera's next one names, or null. Errors: only the machine's. */
  async previous(camera: CameraId, lastSpooled: LastSpooled): Promise<string | null> {
    const { catalogue, links, secondLook, find, log } = this.#deps;
    if (catalogue.end(camera)?.isOwn !== true) await secondLook.atAll();
    const isAsked = catalogue.end(camera)?.isOwn !== true && links.unread.size > 0;
    const logged = isAsked ? await this.#ask(camera, lastSpooled) : undefined;
    const there = logged && (await find(logged.recording));
    const last = catalogue.end(camera);
    if (last?.isOwn === true) return last.manifestSha256;
    const end = last && {
      sha256: last.manifestSha256,
      previousSha256: last.previousManifestSha256,
      isOfEarlierKey: this.#keyId !== undefined && last.keyId !== null && last.keyId !== this.#keyId,
    };
    const named = namedByNext(
      {
        end,
        unread: links.unread,
        isNamed: (sha256) => links.isNamed(sha256),
        isHere: ({ sha256 }) => there?.manifestSha256 === sha256,
      },
      logged,
    );
    if (named !== namedByEnd(end))
      log.warn('last recording of a camera taken from the log', { camera, named });
    return named;
  }

  /** A log that is not shown keeps no recording from becoming durable. Errors: the machine's. */
  async #ask(camera: CameraId, lastSpooled: LastSpooled): Promise<LoggedEnd | undefined> {
    try {
      return await this.#logged.of(camera, lastSpooled);
    } catch (error) {
      if (isMachineShort(error)) throw error;
      this.#deps.log.warn('last recording of a camera not found in the log', {
        camera,
        reason: describeError(error),
      });
      return undefined;
    }
  }
}
