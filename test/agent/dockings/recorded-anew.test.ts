// A start is not shown the record of a docking that the log does not know yet, and makes it anew: that one is the end of the chain then, not the one that
// it replaced and that lies in the quarantine.
import { expect, test } from 'vitest';
import { parseDockingRecord } from '../../../protocol/docking-record.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { CAMERA, freshDisk } from '../spool/scenario.ts';
import { endedOf, liveDockings, openDockings, plan } from './life.ts';

const digests = (disk: CrashDisk): string[] =>
  [...disk.tree('/spool/dockings')]
    .filter(([path]) => path.endsWith('/docking.json'))
    .map(([, bytes]) => sha256Hex(bytes ?? new Uint8Array(0)));

for (const parts of [1, 2])
  for (const isShown of [true, false])
    test(`${parts} parts, ${isShown ? 'not shown at one start' : 'control'}: the next docking names the record that was made anew`, async () => {
      const whole = await freshDisk();
      await liveDockings(whole, [plan(1, 0, parts === 1 ? 2 : 300)], () => undefined);
      let disk: CrashDisk | undefined;
      for (let step = 1; step <= whole.steps && disk === undefined; step++) {
        const cut = whole.crash(step, 'nothing');
        const log = [...cut.tree('/spool/custody')]
          .map(([, bytes]) => Buffer.from(bytes ?? []).toString())
          .join('');
        if (digests(cut).length === parts && !log.includes('docking-recorded') && log.includes('undocked'))
          disk = cut;
      }
      if (disk === undefined) throw new Error('no such cut');
      if (isShown)
        disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: '/spool/dockings/' });
      const second = await openDockings(disk, 2);
      disk.heal();
      second.dockings.start(() => undefined);
      await second.dockings.ready(new AbortController().signal);
      await second.close();
      const here = digests(disk);
      expect(here).toHaveLength(parts);
      // It is the first docking of this camera: no record names another one of the same docking.
      const named = [...disk.tree('/spool/dockings')]
        .filter(([path]) => path.endsWith('/docking.json'))
        .map(([, bytes]) => parseDockingRecord(bytes ?? new Uint8Array(0)))
        .filter(({ part }) => part === 1)
        .map(({ previous_docking_sha256: previous }) => previous);
      expect.soft(named).toEqual([null]);
      const third = await openDockings(disk, 3);
      const made: (string | null)[] = [];
      third.dockings.start((part) => void made.push(part.facts.previousSha256));
      await third.dockings.ready(new AbortController().signal);
      const planned = plan(9, 0, 2);
      third.custody.append({
        event: 'docked',
        facts: { bay: 'bay-1', camera: CAMERA, docking: planned.docking },
      });
      await third.custody.checkpoint();
      third.dockings.end(endedOf(planned));
      await third.close();
      expect(made).toHaveLength(1);
      expect(here).toContain(made[0]);
    });
