// Group 66 of a simulated serial camera: identity, recordings, erase, condition, USB mode, indicator (SPEC 11.7).
import { isDockError } from '../../protocol/format/errors.ts';
import { equalBytes } from '../../protocol/format/bytes.ts';
import type { CameraCondition, CameraIdentity } from '../driver.ts';
import type { SmpMap } from '../serial/smp/packet.ts';
import {
  RC_ACCESS_DENIED,
  RC_INVALID,
  RC_NO_ENTRY,
  RC_NOT_SUPPORTED,
  RC_UNKNOWN,
} from '../serial/smp/refusals.ts';
import { mcumgrCbor } from './mcumgr-cbor.ts';
import { sha256Of } from './smp-file-group.ts';
import type { SmpFile, SmpFiles } from './smp-files.ts';
import { bytesOf, countOf, textOf, type SmpGroup, type SmpReply } from './smp-groups.ts';

/** "keeps": answers that it is done and keeps the file; "errors": erases it and answers an error. */
export type SmpErasing = 'honest' | 'keeps' | 'errors';

export interface SmpCameraGroupWish {
  readonly files: SmpFiles;
  readonly identity: CameraIdentity;
  /** null: this camera does not know the command. */
  readonly condition: () => CameraCondition | null;
  readonly erasing: () => SmpErasing;
  /** True where the camera has such a thing and took it. */
  readonly onIndicator: (state: 'wait' | 'safe' | 'help') => boolean;
  readonly onUsbMode: (mode: 'charge' | 'storage' | 'mtp') => boolean;
}

export function smpCameraGroup(wish: SmpCameraGroupWish): SmpGroup {
  return async ({ op, command, map, room }) => {
    if (op === 'read') {
      if (command === 0) return withoutNulls({ ...wish.identity });
      if (command === 1) return recordings(wish.files, map, room);
      if (command === 3) return conditionMap(wish.condition());
    } else {
      if (command === 2) return erase(wish, map);
      if (command === 4) return chosen(map['mode'], ['charge', 'storage', 'mtp'], wish.onUsbMode);
      if (command === 5) return chosen(map['state'], ['wait', 'safe', 'help'], wish.onIndicator);
    }
    return RC_NOT_SUPPORTED;
  };
}

async function recordings(files: SmpFiles, map: SmpMap, room: number): Promise<SmpReply> {
  const off = countOf(map, 'off', 0);
  const max = countOf(map, 'max', 1);
  if (off === undefined || max === undefined) return RC_INVALID;
  const all = await files.list();
  const items: SmpMap[] = [];
  let used = mcumgrCbor({ total: all.length, items: [] }).length;
  for (const file of all.slice(off, off + max)) {
    const item = itemOf(file);
    used += mcumgrCbor(item).length;
    if (used > room && items.length > 0) break;
    items.push(item);
  }
  return { total: all.length, items };
}

function itemOf({ name, sizeBytes, at, kind, locked }: SmpFile): SmpMap {
  return { ...withoutNulls({ name, len: sizeBytes, at, kind }), ...(locked ? { locked } : {}) };
}

async function erase({ files, erasing }: SmpCameraGroupWish, map: SmpMap): Promise<SmpReply> {
  const name = textOf(map, 'name');
  const sha256 = bytesOf(map, 'sha256');
  if (name === undefined || sha256?.length !== 32) return RC_INVALID;
  const file = await files.find(name);
  if (file === undefined) return RC_NO_ENTRY;
  if (!equalBytes(await sha256Of(files, name, 0, file.sizeBytes), sha256)) return RC_ACCESS_DENIED;
  if (erasing() === 'keeps') return {};
  try {
    await files.erase(name);
  } catch (error) {
    if (isDockError(error, 'simulated.protected')) return RC_ACCESS_DENIED;
    throw error;
  }
  return erasing() === 'errors' ? RC_UNKNOWN : {};
}

function conditionMap(condition: CameraCondition | null): SmpReply {
  if (condition === null) return RC_NOT_SUPPORTED;
  return withoutNulls({
    battery_percent: condition.batteryPercent,
    battery_mv: condition.batteryMv,
    battery_cycles: condition.batteryCycles,
    charging: condition.charging,
    temperature_c: condition.temperatureC,
    storage_total: condition.storageTotalBytes,
    storage_free: condition.storageFreeBytes,
    power_ons: condition.powerOns,
  });
}

function chosen<T extends string>(
  value: unknown,
  known: readonly T[],
  take: (value: T) => boolean,
): SmpReply {
  const found = known.find((each) => each === value);
  if (found === undefined) return RC_INVALID;
  return take(found) ? {} : RC_NOT_SUPPORTED;
}

function withoutNulls(map: SmpMap): SmpMap {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}
