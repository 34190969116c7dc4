// What nobody signed in a log says nothing, in whatever check: neither something of a recording or of keys, nor that something went.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { TwoReceivers } from '../../../fakes/two-receivers.ts';
import { appendUnsigned, openUnsigned } from '../../../fakes/unsigned-lines.ts';
import { findingsOf, recordedVault } from './recorded-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-unsigned-entries-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const DIGEST = '5'.repeat(64);

const recorded = (name: string): ReturnType<typeof recordedVault> => recordedVault(join(root, name));

describe('what nobody signed says nothing:', () => {
  test('no change of keys', async () => {
    const [builder] = await recorded('unsigned-change');
    await builder.close();
    const newest = join(builder.custody, `${builder.segments.at(-1)}.jsonl`);
    const added = await openUnsigned(newest, `${'b'.repeat(25)}a`, builder.station);
    const keyId = '0123456789abcdef';
    await appendUnsigned(added, 'key-changed', {
      old_key_id: keyId,
      new_key_id: keyId,
      change_sha256: DIGEST,
    });
    expect(await findingsOf(builder)).toEqual([]);
  });

  test('nothing else of a recording than its manifest does', async () => {
    const [builder, one] = await recorded('unsigned-pulled');
    await builder.close();
    const { recording, docking, source } = one.manifest;
    const facts = { recording, docking, path_sha256: source.path_sha256, size_bytes: 1, sha256: DIGEST };
    await appendUnsigned(join(builder.custody, `${builder.segments.at(-1)}.jsonl`), 'pulled', facts);
    expect(await findingsOf(builder)).toEqual([]);
  });

  test('nor in the log of a receiver that is not believed', async () => {
    const two = await TwoReceivers.create(join(root, 'unsigned-excuse'));
    const { builder, other } = two;
    const { id: recording } = await two.recordBy('r-store');
    await other.start();
    await builder.receiver.start();
    await two.changeKey(builder.receiver, makeSecretKey(builder.random));
    await two.recordBy('r-store');
    await two.close();
    const path = join(other.custody, `${other.log.segments.at(-1)}.jsonl`);
    await appendUnsigned(path, 'deleting', { station: builder.station, recording, deletion_sha256: DIGEST });
    expect(await findingsOf(builder)).toEqual([]);
  });
});
