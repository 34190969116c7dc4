// The ports of a hub as the kernel shows them in /sys, by the path of what is plugged into them. Source: Linux, drivers/usb/core/port.c and
// Documentation/ABI/testing/sysfs-bus-usb, `<hub>-port<N>/disable` (6.0).
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { otherPortOf, portFolder } from '../../../drivers/usb/socket.ts';
import { systemCode } from '../../../protocol/format/errors.ts';

const CLASS_HUB = '09';

/** One port of one hub. */
export interface HubPort {
  /** Of what would be plugged into it, such as "1-1.4". */
  readonly portPath: string;
  /** The kernel's file that switches it: "1" is off. */
  readonly file: string;
}

/** The port at a path; undefined for what is no path of a port. Never throws. */
export function hubPort(root: string, portPath: string): HubPort | undefined {
  const at = portFolder(root, portPath);
  return at && { portPath, file: join(at.folder, 'disable') };
}

/** The same socket at the other speed, where it has one. Errors: the system's. */
export async function companionOf(root: string, { portPath }: HubPort): Promise<HubPort | undefined> {
  const other = await otherPortOf(root, portPath);
  return other === undefined ? undefined : hubPort(root, other);
}

/** What hangs at a port: nothing, one device, or a hub and whatever hangs there. Errors: the system's. */
export async function seenAt(root: string, portPath: string): Promise<'nothing' | 'device' | 'hub'> {
  const names = (await readdir(root).catch(absent)) ?? [];
  if (names.some((name) => name.startsWith(`${portPath}.`))) return 'hub';
  if (!names.includes(portPath)) return 'nothing';
  const classCode = await readFile(join(root, portPath, 'bDeviceClass'), 'latin1').catch(absent);
  return classCode?.trim() === CLASS_HUB ? 'hub' : 'device';
}

/** Whether the kernel can switch it. Errors: the system's. */
export async function hasSwitch({ file }: HubPort): Promise<boolean> {
  return (await stat(file).catch(absent))?.isFile() === true;
}

/** Errors: the system's. No file is ever made. */
export async function switchPort({ file }: HubPort, to: 'on' | 'off'): Promise<void> {
  const opened = await open(file, 'r+');
  try {
    await opened.write(to === 'off' ? '1' : '0');
  } finally {
    await opened.close();
  }
}

function absent(error: unknown): undefined {
  if (/^(?:ENOENT|ENOTDIR|ENODEV)$/.test(systemCode(error) ?? '')) return undefined;
  throw error;
}
