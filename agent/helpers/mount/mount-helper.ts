// The helper: answers requests for the bays of the station's file, and looks after what is mounted, once a second.
import type { MountAnswer, MountRequest } from '../../../drivers/mass-storage/mount-request.ts';
import { MOUNT_CODES, type MountCode } from '../../../drivers/mass-storage/volumes.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import type { BayId } from '../../../protocol/format/ids.ts';
import { BayLane } from './bay-lane.ts';
import { BayMount, type BayMountDeps } from './bay-mount.ts';
import type { BayPorts } from '../bay-ports.ts';
import { mountError } from './mount-error.ts';

const LOOK_MS = 1000;

export interface MountHelperDeps extends Omit<BayMountDeps, 'bay'> {
  readonly bayPorts: () => Promise<BayPorts | undefined>;
}

interface BayKeeping {
  readonly lane: BayLane;
  readonly mount: BayMount;
}

export class MountHelper {
  readonly #deps: MountHelperDeps;
  /** Bays of the file only, so there are never many. */
  readonly #bays = new Map<BayId, BayKeeping>();
  #isEnding = false;

  constructor(deps: MountHelperDeps) {
    this.#deps = deps;
  }

  /** Never rejects. */
  async answer({ verb, bay }: MountRequest): Promise<MountAnswer> {
    try {
      if (verb === 'unmount') {
        const known = this.#bays.get(bay);
        await known?.lane.run(() => known.mount.unmount());
        return { ok: true, report: null };
      }
      const port = (await this.#deps.bayPorts())?.get(bay);
      if (port === undefined)
        throw mountError('mount.refused', 'the configuration names no USB port for this bay');
      const { lane, mount } = this.#keeping(bay);
      const mode = verb === 'mount-rw' ? 'rw' : 'ro';
      const report = await lane.run(async () => {
        if (this.#isEnding) throw mountError('mount.failed', 'the helper was asked to end: ask again');
        return mount.mount(port, mode);
      });
      return { ok: true, report };
    } catch (error) {
      return this.#refusal(bay, verb, error);
    }
  }

  /** Until the signal is aborted; never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      for (const [bay, { lane, mount }] of this.#bays) {
        if (signal.aborted || !mount.isMounted || lane.isBusy) continue;
        const failed = (error: unknown): void =>
          log.error('mount could not be looked at', { bay, error: codeOf(error) });
        void lane.run(() => mount.look()).catch(failed); // one that hangs keeps no other bay from being looked at
      }
    }
  }

  /** Takes away everything; nothing is mounted any more, as nobody would take it away. Never rejects. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const ending = [...this.#bays.values()].map(({ lane, mount }) => lane.runLast(() => mount.end()));
    await Promise.allSettled(ending);
  }

  #keeping(bay: BayId): BayKeeping {
    const known = this.#bays.get(bay);
    if (known !== undefined) return known;
    const made = { lane: new BayLane(this.#deps.clock), mount: new BayMount({ ...this.#deps, bay }) };
    this.#bays.set(bay, made);
    return made;
  }

  #refusal(bay: BayId, verb: string, error: unknown): MountAnswer {
    const code = MOUNT_CODES.find((each) => isDockError(error, each));
    if (code !== undefined && isDockError(error)) return { ok: false, code, message: error.message };
    this.#deps.log.error('request failed', { bay, verb, error: codeOf(error) });
    const unexpected: MountCode = 'mount.failed';
    return { ok: false, code: unexpected, message: 'the helper could not do it; its log says why' };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 400) : 'unknown';
}
