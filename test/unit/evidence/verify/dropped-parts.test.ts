// A docking record in parts of which the store let one go (SPEC 10.3): no recording that it names is there any more, and another part's is held.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportCommand } from '../../../../agent/cli/export.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { parseReceipt } from '../../../../protocol/documents/receipt.ts';
import { VaultBuilder, type BuiltRecording } from '../../../fakes/vault-builder.ts';
import { runCommand, type CommandRun } from '../../cli/io-memory.ts';
import { verdictOf } from './broken-vault.ts';

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-dropped-parts-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** One docking with a part for each of two recordings; of the second one nothing is left, nor of its part. */
async function vaultWithout({
  isLogged,
}: {
  readonly isLogged: boolean;
}): Promise<[VaultBuilder, BuiltRecording]> {
  const builder = await VaultBuilder.create(join(root, String(++count)));
  const { receiver, orders, clock } = builder;
  await builder.dock();
  const [held, gone] = [await builder.record(), await builder.record()];
  const { parts } = await builder.undock({ entriesPerPart: 1 });
  await orders.give(held, { verb: 'hold' });
  clock.advance(30 * 86_400_000);
  await receiver.delete(gone);
  clock.advance(800 * 86_400_000);
  await receiver.dropDocuments(gone);
  const part = parts.find(({ record }) => record.entries[0]?.recording === gone.id);
  if (part === undefined) throw new Error('no such part');
  const receipt = await readFile(join(part.folder, 'receipt.json'));
  const facts = {
    station: builder.station,
    recording: part.record.record,
    manifest_sha256: sha256Hex(part.bytes),
    receipt_sha256: sha256Hex(receipt),
    received_at: parseReceipt(receipt).received_at,
    deletion_sha256: null,
    deleted_at: null,
  };
  if (isLogged) await receiver.enter('documents-dropped', facts);
  await rm(part.folder, { recursive: true });
  await builder.close();
  return [builder, held];
}

test.each([
  [true, []],
  [false, ['docking.part-missing']],
])('it is not missing where the log says so: %s', async (isLogged, expected) => {
  const [builder] = await vaultWithout({ isLogged });
  const nowMs = Date.parse(builder.clock.now());
  const { findings } = await verdictOf(builder.vault, builder, { nowMs, identities: [] });
  expect(findings.filter((code) => code.startsWith('docking.part'))).toEqual(expected);
  if (isLogged) expect(findings).toEqual([]);
});

test.each([
  [true, 0],
  [false, 1],
])('nor from a kit of the recording that is held: %s', async (isLogged, exitCode) => {
  const [builder, held] = await vaultWithout({ isLogged });
  const kit = join(root, `kit-${count}`);
  const words = ['--vault', builder.vault, '--out', kit, '--reason', 'az-1', '--json'];
  const ran: CommandRun = await runCommand(exportCommand, held.id, ...words);
  expect([ran.exitCode, ran.err]).toEqual([exitCode, ran.err]);
  if (exitCode === 1) expect(ran.out).toContain('docking.part-missing');
});

test('nor is a sidecar missing from a kit of which the log says so', async () => {
  const builder = await VaultBuilder.create(join(root, String(++count)));
  const { receiver, clock } = builder;
  await builder.dock();
  const sidecar = await builder.record({ path: '1.GPS', role: 'sidecar', sidecarOf: '1.MP4' });
  const media = await builder.record({ path: '1.MP4', sidecars: ['1.GPS'] });
  await builder.undock();
  clock.advance(30 * 86_400_000);
  await receiver.delete(sidecar);
  clock.advance(800 * 86_400_000);
  await receiver.dropDocuments(sidecar);
  await builder.close();
  const words = ['--vault', builder.vault, '--out', join(root, `kit-${count}`), '--reason', 'az-1', '--json'];
  expect(await runCommand(exportCommand, media.id, ...words)).toMatchObject({ exitCode: 0 });
});
