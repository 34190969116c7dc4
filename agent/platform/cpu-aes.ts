// Whether this processor has AES instructions: the Raspberry Pi 4 has none, and TLS then costs three times as much with AES.
import { readFile } from 'node:fs/promises';

/**
 * Reads the processor's features.
 * Shape: true where "aes" is listed, and where the system does not tell.
 * Errors: none.
 * Source: Linux, /proc/cpuinfo ("flags" on x86, "Features" on Arm).
 */
export async function hasAesInstructions(path = '/proc/cpuinfo'): Promise<boolean> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const features = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  return features === undefined || / aes(?: |$)/.test(features);
}
