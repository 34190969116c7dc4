// Runs of a station with dockings of one camera, one record naming the one before it: records and log on one disk, ended in order.
import type { StoredRecord } from '../../../agent/dockings/stored-record.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import { endedOf, openDockings, plan, type OpenedDockings, type PlannedDocking } from './life.ts';

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
  async dock({ custody }: Pick<OpenedDockings, 'custody'>): Promise<PlannedDocking> {
    const planned = plan(++this.#seed, 0, 2);
    custody.append({ event: 'docked', facts: { bay: 'bay-1', camera: CAMERA, docking: planned.docking } });
    await custody.checkpoint();
    return planned;
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
    dockings.start((part) => {
      made.push(part);
      heard();
    });
    await dockings.ready(new AbortController().signal);
    for (let ends = 0; ends < count; ends++) {
      const planned = await this.dock(opened);
      const recorded = new Promise<void>((resolve) => (heard = resolve));
      dockings.end({ ...endedOf(planned), ...(at === undefined ? {} : { docked_at: at }) });
      await recorded;
    }
    await custody.checkpoint();
    const segment = custody.segments().at(-1)?.segment ?? '';
    await opened.close();
    return { made, segment };
  }
}
