// The kernel's boot id: tells two runs of one machine apart where the wall clock cannot.
import { readFile } from 'node:fs/promises';

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const BOOT_ID_PATTERN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the boot id of the running kernel.
 * Shape: a lower-case UUID, drawn anew at each boot, or null where the system does not tell one.
 * Errors: none.
 * Source: Linux, Documentation/admin-guide/sysctl/kernel.rst, "random".
 */
export async function readBootId(path = BOOT_ID_PATH): Promise<string | null> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const id = text.trim();
  return BOOT_ID_PATTERN.test(id) ? id : null;
}
