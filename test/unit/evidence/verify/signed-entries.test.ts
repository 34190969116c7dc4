// What a station may do and sign holds to the letter, no matter who had a key of it: no erasure while the store asks again, nothing by the old key.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { TwoReceivers } from '../../../fakes/two-receivers.ts';
import type { BuiltRecording } from '../../../fakes/vault-builder.ts';
import { findingsOf, recordedVault } from './recorded-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-signed-entries-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const recorded = (name: string): ReturnType<typeof recordedVault> => recordedVault(join(root, name));

describe('a recording that the store asked for again', () => {
  type Step = 'asked-again' | 'receipted' | 'erasing' | 'erased';
  test.each<[string, Step[], string[]]>([
    ['is not erased', ['asked-again', 'erasing', 'erased'], ['custody.erased-early']],
    ['is erased behind another receipt', ['asked-again', 'receipted', 'erasing', 'erased'], []],
    ['may be gone once it was about to go', ['erasing', 'asked-again', 'erased'], []],
  ])('%s', async (name, steps, found) => {
    const [builder, one] = await recorded(name);
    const receipt_sha256 = sha256Hex(await readFile(join(one.folder, 'receipt.json')));
    const { docking, source } = one.manifest;
    const receipt = { recording: one.id, receiver: 'r-store', receipt_sha256 };
    const erasure = { recording: one.id, docking, path_sha256: source.path_sha256 };
    for (const step of steps) builder.log(step, step.startsWith('eras') ? erasure : receipt);
    await builder.close();
    const findings = await findingsOf(builder);
    // The docking's record is from before: it does not list the erasure.
    expect(findings.filter((code) => !code.startsWith('docking.'))).toEqual(found);
  });
});

describe('after a change of keys', () => {
  test('the old key signs no document', async () => {
    const [builder] = await recorded('old-key-document');
    const old = builder.stationKey;
    await builder.publish('station-dock-1.pub', old);
    await builder.changeKey();
    const late = await builder.record({ camera: 'cam-9' });
    await builder.close();
    expect(await findingsOf(builder)).toEqual([]);
    await builder.writeManifest(late.folder, late.manifest, old);
    expect(await findingsOf(builder)).toContain('custody.old-key');
  });

  test('what it signed before is entered by the new one where a cut came in between', async () => {
    const [builder] = await recorded('old-key-cut');
    const old = builder.stationKey;
    await builder.publish('station-dock-1.pub', old);
    const sealedAt = builder.clock.now();
    await builder.changeKey();
    const early = (manifest: BuiltRecording['manifest']): BuiltRecording['manifest'] => ({
      ...manifest,
      sealed_at: sealedAt,
    });
    const made = await builder.record({ camera: 'cam-9', change: early });
    await builder.close();
    await builder.writeManifest(made.folder, made.manifest, old);
    expect(await findingsOf(builder)).not.toContain('custody.old-key');
  });

  test('a change of keys stands in the second entry of a segment and in no other', async () => {
    const two = await TwoReceivers.create(join(root, 'third'));
    const { builder } = two;
    await two.recordBy('r-store');
    await builder.receiver.start();
    const facts = await two.changeKey(builder.receiver, makeSecretKey(builder.random));
    await builder.close();
    expect(await findingsOf(builder)).toEqual([]);
    await builder.receiver.enter('key-changed', facts);
    await builder.close();
    expect(await findingsOf(builder)).toEqual(['custody.key-not-announced']);
  });
});
