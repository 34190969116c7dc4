// That a vault was restored, and may lack what came since, both roles sign: both verifiers ask for it.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verify } from '../../../../agent/cli/verify.ts';
import { signDocument } from '../../../../protocol/documents/minisign.ts';
import {
  RESTORED_TRUSTED_COMMENT,
  type RestoredCheckpoint,
  restoredName,
} from '../../../../protocol/documents/restored.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { parseReceiverId } from '../../../../protocol/format/ids.ts';
import { parseCheckpoint } from '../../../../protocol/transparency/checkpoint.ts';
import { parseNote } from '../../../../protocol/transparency/signed-note.ts';
import { codesOf, judgeWithPython } from '../../../fakes/manipulations/judges.ts';
import { signed } from '../../../fakes/restored-store.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import type { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { findingsOf, recordedVault } from './recorded-vault.ts';

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-restored-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A vault with such a statement, signed by these roles. */
async function withStatement(
  by: readonly ('officer' | 'supervisor')[],
  named?: (top: string) => RestoredCheckpoint,
): Promise<VaultBuilder> {
  const [builder, { receipt }] = await recordedVault(join(root, String(++count)));
  if (receipt === undefined) throw new Error('no receipt');
  const { vault, receiver } = receipt;
  await builder.receiver.start();
  const tree = named && (await TreeBuilder.begin(builder.receiver));
  const checkpoint = tree && named(tree.note());
  const statement = { vault, receiver: parseReceiverId(receiver), ...(checkpoint && { checkpoint }) };
  const { bytes, signature } = await signed(builder.storeKey, statement);
  const complete_until = '2020-01-01T00:00:00.000Z';
  await builder.receiver.enter('restored', { restored_sha256: sha256Hex(bytes), complete_until });
  await builder.close();
  const file = join(builder.vault, receiver, 'restored', restoredName(bytes));
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, bytes);
  await writeFile(`${file}.minisig`, signature);
  for (const [at, role] of by.entries()) {
    const name = `${file}.${['officer', 'supervisor'][at]}.minisig`;
    await writeFile(name, signDocument(builder.orders.keys[role], bytes, RESTORED_TRUSTED_COMMENT));
  }
  return builder;
}

/** Of the note, with so many more leaves and perhaps another root. */
const checkpointOf = (note: string, more: number, other = false): RestoredCheckpoint => {
  const { origin, size, root } = parseCheckpoint(parseNote(note).text);
  if (other) root.fill(1);
  return { origin, size: size + more, root: Buffer.from(root).toString('hex') };
};

test.each([
  ['that the tree has', (note: string) => checkpointOf(note, 0), []],
  ['of other lines', (note: string) => checkpointOf(note, 0, true), ['log.forked']],
  ['of more lines than are here', (note: string) => checkpointOf(note, 1000), ['log.shortened']],
] as const)('a statement with a checkpoint %s', async (_, named, expected) => {
  const builder = await withStatement(['officer', 'supervisor'], named);
  expect(await findingsOf(builder)).toEqual(expected);
  const [python = { good: false, findings: [] }] = await judgeWithPython([builder.vault], builder);
  expect(codesOf(python)).toEqual(expected);
});

test.each([
  ['both roles signed', ['officer', 'supervisor'], [], 0, []],
  ['nobody signed but the store', [], [], 1, ['restored.unsigned']],
  ['one role signed', ['officer'], [], 1, ['restored.unsigned']],
  ['one key signed as both roles', ['officer', 'officer'], [], 1, ['restored.signature-unknown-key']],
  ['no key of a role is given', ['officer', 'supervisor'], ['officer', 'supervisor'], 3, []],
] as const)('a statement that %s', async (_, by, unknown, exitCode, findings) => {
  const builder = await withStatement(by);
  for (const name of await readdir(builder.keys))
    if (unknown.some((role) => name.startsWith(role))) await rm(join(builder.keys, name));
  const ran = await runCommand(verify, builder.vault);
  expect([ran.exitCode, ...findings.filter((code) => !ran.out.includes(code))]).toEqual([exitCode]);
  const [python = { good: false, findings: [] }] = await judgeWithPython([builder.vault], builder);
  expect([codesOf(python).length > 0, ran.exitCode]).toEqual([findings.length > 0, exitCode]);
});
