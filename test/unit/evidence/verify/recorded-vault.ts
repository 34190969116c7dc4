// A vault with one recording of one docking that is over, and what `bodydock verify` finds in one.
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

/** Codes of the findings, each once, in order. */
export async function findingsOf({ vault }: Pick<VaultBuilder, 'vault'>): Promise<string[]> {
  const { out } = await runCommand(verify, vault);
  return [...new Set([...out.matchAll(/FINDING (\S+)/g)].map(([, code]) => String(code)))].sort();
}
