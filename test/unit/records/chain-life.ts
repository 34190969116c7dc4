// Runs of a station with dockings of one camera, one record naming the one before it: records and log on one disk, ended in order.
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import {
  endedOf,
  openDockings,
  plan,
  type OpenedDockings,
  type PlannedDocking,
  startDockings,
} from './life.ts';

export interface RecordsRun {
  readonly made: StoredRecord[];
  /** That the run wrote. */
  readonly segment: string;
}

export class RecordsLife {
  readonly disk: CrashDisk;
  #seed = 1;

  private constructor(disk: CrashDisk) {
    this.disk = disk;
  }

  static async begin(): Promise<RecordsLife> {
    return new RecordsLife(await freshDisk());
  }

  open(): Promise<OpenedDockings> {
    return openDockings(this.disk, ++this.#seed);
  }

  /** A docking of the camera begins, as the log says. */
  async dock(
    { custody }: Pick<OpenedDockings, 'custody'>,
    planned = plan(++this.#seed, 0, 2),
  ): Promise<PlannedDocking> {
    custody.append({ event: 'docked', facts: { bay: 'bay-1', camera: CAMERA, docking: planned.docking } });
    await custody.checkpoint();
    return planned;
  }

  /** A run with a docking that has a record of two parts, in their order. */
  async twoParts(): Promise<readonly [StoredRecord, StoredRecord]> {
    const opened = await this.open();
    const { dockings } = opened;
    dockings.start();
    const planned = await this.dock(opened, plan(++this.#seed, 0, 300));
    dockings.end(endedOf(planned));
    await opened.close();
    const [first, second, further] = dockings.records
      .partsOf(planned.docking)
      .sort((a, b) => a.facts.part - b.facts.part);
    if (first === undefined || second === undefined || further !== undefined)
      throw new Error('not two parts');
    return [first, second];
  }

  /** Ends what is open with one more docking. Shape: what its record names. */
  async previousOfNext(opened: OpenedDockings): Promise<string | null | undefined> {
    const { dockings } = opened;
    const named: (string | null)[] = [];
    startDockings(opened, (part) => void named.push(part.facts.previousSha256));
    await dockings.ready(new AbortController().signal);
    dockings.end(endedOf(await this.dock(opened)));
    await opened.close();
    return named[0];
  }

  /** The disk does not show the document of that record, wherever it lies, until it is healed. */
  hide(record: string | undefined): void {
    for (const operation of ['open', 'readAll'] as const)
      this.disk.fail({ operation, path: `${record}/docking.json`, nth: 1, times: Infinity, code: 'EIO' });
  }

  /**
   * A run with so many dockings, each from its entry in the log to its record. `begun` is called once it has started; `at` is when they began by
   * the station's clock.
   */
  async run(
    count: number,
    { begun = () => undefined, at }: { begun?: () => void; at?: string } = {},
  ): Promise<RecordsRun> {
    const opened = await this.open();
    const { dockings, custody } = opened;
    begun();
    const made: StoredRecord[] = [];
    let heard: () => void = () => undefined;
    startDockings(opened, (part) => {
      made.push(part);
      heard();
    });
    await dockings.ready(new AbortController().signal);
    for (let ends = 0; ends < count; ends++) {
      const planned = await this.dock(opened);
      const recorded = new Promise<void>((resolve) => (heard = resolve));
      dockings.end({
        ...endedOf(planned),
        ...(at === undefined ? {} : { docked_at: at, stay_docked_at: at }),
      });
      await recorded;
    }
    await custody.checkpoint();
    const segment = custody.segments().at(-1)?.segment ?? '';
    await opened.close();
    return { made, segment };
  }
}
