// Watches the chains of docking records for records that never came: each names the one before it by its digest (SPEC 4.6). A gap is a
// statement for people, never a reason to refuse a record.
//
// Invariants:
// 1. A record counts as looked at once it is marked as held; its gap was marked before. So a cut in between is made up for when the
//    record is offered again.
// 2. Records of a backlog come in any order: a gap is told only after it stood for a while and the records themselves were looked at.
// 3. Memory holds the stations with gaps and the cameras that were told of, never digests.
import type { CameraId, StationId } from '../../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../../protocol/format/ports.ts';
import { DOCKING_GAP_MS } from '../limits.ts';
import type { DockingIndex, MissingDocking } from '../vault/docking-index-files.ts';

export interface DockingGapsOptions {
  readonly index: DockingIndex;
  readonly stations: Iterable<StationId>;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** What of a docking record matters for its chain. */
export interface DockingLink extends MissingDocking {
  readonly previousSha256: string | null;
}

/** Over all stations of one receiver. */
export class DockingGaps {
  readonly #options: DockingGapsOptions;
  readonly #stop = new AbortController();
  readonly #told = new Map<StationId, Set<CameraId>>();
  readonly #rebuilt = new Set<StationId>();
  #pending = new Set<StationId>();
  #checking: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;

  constructor(options: DockingGapsOptions) {
    this.#options = options;
  }

  /** Looks at what earlier runs found. */
  start(): void {
    for (const station of this.#options.stations) this.#pending.add(station);
    this.#arm();
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the receiver stops'));
    this.#cancel?.();
    await this.#checking;
  }

  /** A record of the station is in place; to be called before its receipt is given. Errors: the system's. */
  async kept(station: StationId, { camera, sha256, previousSha256 }: DockingLink): Promise<void> {
    const { index } = this.#options;
    if (await index.holds(station, sha256)) return;
    if (previousSha256 !== null && !(await index.holds(station, previousSha256))) {
      await index.addMissing(station, { camera, sha256: previousSha256 });
      this.#pending.add(station);
    }
    await index.addHeld(station, sha256);
    await index.removeMissing(station, { camera, sha256 });
    if (this.#told.has(station)) this.#pending.add(station);
    this.#arm();
  }

  #arm(): void {
    if (this.#pending.size === 0 || this.#stop.signal.aborted) return;
    this.#cancel ??= this.#options.clock.after(DOCKING_GAP_MS, () => {
      this.#cancel = undefined;
      this.#checking = this.#checking.then(() => this.#checkAll());
    });
  }

  /** Never rejects: a station whose index cannot be read is looked at again. */
  async #checkAll(): Promise<void> {
    const stations = this.#pending;
    this.#pending = new Set();
    for (const station of stations) {
      if (this.#stop.signal.aborted) return;
      try {
        if (await this.#check(station)) this.#pending.add(station);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#options.log.warn('search for gaps between docking records failed', { station, error });
        this.#pending.add(station);
      }
    }
    this.#arm();
  }

  /** True while there are gaps: another receiver on this vault may close them. */
  async #check(station: StationId): Promise<boolean> {
    const { index } = this.#options;
    let open = await this.#open(station);
    if (open.length > 0 && !this.#rebuilt.has(station)) {
      await index.rebuild(station, this.#stop.signal);
      this.#rebuilt.add(station);
      open = await this.#open(station);
    }
    this.#tell(station, open);
    return open.length > 0;
  }

  /** What is missing in truth; marks of what came since are removed. */
  async #open(station: StationId): Promise<MissingDocking[]> {
    const { index, log } = this.#options;
    const open: MissingDocking[] = [];
    const { found, more } = await index.missing(station);
    for (const missing of found)
      if (await index.holds(station, missing.sha256)) await index.removeMissing(station, missing);
      else open.push(missing);
    if (more) log.warn('too many gaps between docking records to list', { station });
    return open;
  }

  #tell(station: StationId, open: readonly MissingDocking[]): void {
    const { log, conditions } = this.#options;
    const told = this.#told.get(station) ?? new Set();
    const cameras = byCamera(open);
    for (const [camera, gaps] of cameras) {
      const facts = { station, camera, gaps: gaps.length, missing_sha256: gaps[0]?.sha256 ?? null };
      if (!told.has(camera)) log.warn('a docking record is missing', facts);
      conditions.raise('docking.gap', `${station}/${camera}`, facts);
    }
    for (const camera of told) {
      if (cameras.has(camera)) continue;
      log.info('no docking record is missing any more', { station, camera });
      conditions.clear('docking.gap', `${station}/${camera}`);
    }
    if (cameras.size > 0) this.#told.set(station, new Set(cameras.keys()));
    else this.#told.delete(station);
  }
}

function byCamera(gaps: readonly MissingDocking[]): Map<CameraId, MissingDocking[]> {
  const cameras = new Map<CameraId, MissingDocking[]>();
  for (const gap of gaps) cameras.set(gap.camera, [...(cameras.get(gap.camera) ?? []), gap]);
  return cameras;
}
