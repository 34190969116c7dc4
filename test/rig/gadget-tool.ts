// The rig's tool for gadgets of the guest's own kernel.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Gadgets that can be plugged in at once, as dummy_udc.0 and so on; all files of a guest share them, so all load as many. */
const GADGETS_MAX = 2;

/** Loads the kernel's part, where that is not done yet. */
export async function loadGadgets(tools: string): Promise<void> {
  await callGadget(tools, 'load', `${GADGETS_MAX}`);
}

/** One command of gadget.sh. Errors: those of the command. */
export async function callGadget(tools: string, ...words: readonly string[]): Promise<void> {
  await promisify(execFile)(join(tools, 'gadget.sh'), words);
}
