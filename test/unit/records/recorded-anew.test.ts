// A start is not shown the record of a docking that the log does not know yet, and makes it anew: that one is the end of the chain then, not the one that
// it replaced and that lies in the quarantine.
import { expect, test } from 'vitest';
import { CAMERA } from '../spool/scenario.ts';
import { cutBeforeLog, partsOn } from './cut-before-log.ts';
import { endedOf, openDockings, plan, startDockings } from './life.ts';

for (const parts of [1, 2])
  for (const isHidden of [true, false])
    test(`${parts} parts, ${isHidden ? 'not shown at one start' : 'control'}: the next docking names the last one that is here`, async () => {
      const disk = await cutBeforeLog(plan(1, 0, parts === 1 ? 2 : 300), parts);
      if (isHidden)
        disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: '/spool/dockings/' });
      const second = await openDockings(disk, 2);
      disk.heal();
      second.dockings.start();
      await second.dockings.ready(new AbortController().signal);
      await second.close();
      const here = partsOn(disk);
      expect(here.map(({ record }) => record.part)).toEqual(parts === 1 ? [1] : [1, 2]);
      // It is the first docking of this camera: no record names another one of the same docking.
      expect.soft(here[0]?.record.previous_docking_sha256).toBe(null);
      const third = await openDockings(disk, 3);
      const made: (string | null)[] = [];
      startDockings(third, (part) => void made.push(part.facts.previousSha256));
      await third.dockings.ready(new AbortController().signal);
      const planned = plan(9, 0, 2);
      third.custody.append({
        event: 'docked',
        facts: { bay: 'bay-1', camera: CAMERA, docking: planned.docking },
      });
      await third.custody.checkpoint();
      third.dockings.end(endedOf(planned));
      await third.close();
      expect(made).toEqual([here.at(-1)?.sha256]);
    });
