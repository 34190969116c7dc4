// A vault with one recording of one docking that is over, and what `bodydock verify` finds in one.
import { vi } from 'vitest';
import { verify } from '../../../../agent/cli/verify.ts';
import { VaultBuilder, type BuiltRecording } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';

/** In a folder that is not there yet. */
export async function recordedVault(folder: string): Promise<[VaultBuilder, BuiltRecording]> {
  const builder = await VaultBuilder.create(folder);
  const one = await builder.record();
  await builder.undock();
  return [builder, one];
}

/** Runs something when all that was built is over. */
export async function atTimeOf<T>({ clock }: Pick<VaultBuilder, 'clock'>, run: () => Promise<T>): Promise<T> {
  vi.setSystemTime(Date.parse(clock.now()));
  try {
    return await run();
  } finally {
    vi.useRealTimers();
  }
}

/** Codes of the findings, each once, in order, when all that was built is over. */
export async function findingsOf({ vault, clock }: Pick<VaultBuilder, 'vault' | 'clock'>): Promise<string[]> {
  const { out } = await atTimeOf({ clock }, () => runCommand(verify, vault));
  return [...new Set([...out.matchAll(/FINDING (\S+)/g)].map(([, code]) => String(code)))].sort();
}
