// Docking records in a vault as tests look at them: the documents alone, without a check.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATION } from './dock-rig-config.ts';

/** Parts of a docking record (SPEC 4.6). */
export interface DockingSeen {
  readonly bay: string;
  readonly camera: { readonly id: string; readonly serial: string | null };
  readonly ended: string;
  readonly camera_clock: { readonly offset_ms: number } | null;
  readonly condition: { readonly battery_percent: number | null } | null;
  readonly entries: readonly { readonly fate: string; readonly erased: boolean | null }[];
}

/** In order of bay, serial number and how they ended. */
export function dockingsIn(vault: string): DockingSeen[] {
  const parent = join(vault, STATION);
  const records = readdirSync(parent).flatMap((name): DockingSeen[] => {
    try {
      return [JSON.parse(readFileSync(join(parent, name, 'docking.json'), 'utf8')) as DockingSeen];
    } catch {
      return []; // a recording's folder, or the custody log
    }
  });
  const key = ({ bay, camera, ended }: DockingSeen): string => `${bay} ${camera.serial} ${ended}`;
  return records.sort((a, b) => key(a).localeCompare(key(b)));
}
