// Anybody who has a key that a store put aside in order, and can write into its vault, explains nothing away that the new key receipted.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { custody } from '../../../../agent/cli/custody.ts';
import type { CustodyEvent } from '../../../../protocol/custody/custody-entry.ts';
import { makeSecretKey, type SecretKey } from '../../../../protocol/documents/minisign.ts';
import { droppedFacts } from '../../../fakes/dropped-facts.ts';
import { TwoReceivers } from '../../../fakes/two-receivers.ts';
import { writeKeyChange } from '../../../fakes/vault-builder-keys.ts';
import { BuilderLog } from '../../../fakes/vault-builder-log.ts';
import type { BuiltRecording, VaultBuilder } from '../../../fakes/vault-builder.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { findingsOf } from './recorded-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-old-key-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** That the store let a recording go. */
function dropped(recording: BuiltRecording): CustodyEvent['facts'] {
  return { ...(droppedFacts(recording) ?? expect.fail('it has no receipt')) };
}

/** A store that changed its key, and what it receipted by the new one. `facts` is what `key-changed` says. */
interface Changed {
  readonly builder: VaultBuilder;
  readonly old: SecretKey;
  readonly victim: BuiltRecording;
  readonly facts: CustodyEvent['facts'];
}

async function changed(name: string): Promise<Changed> {
  const two = await TwoReceivers.create(join(root, name));
  const { builder } = two;
  const { key: old } = builder.receiver;
  await two.recordBy('r-store');
  await builder.receiver.start();
  const facts = await two.changeKey(builder.receiver, makeSecretKey(builder.random));
  const victim = await two.recordBy('r-store');
  await builder.dock({ camera: 'cam-2' });
  await builder.close();
  return { builder, old, victim, facts };
}

/** Goes on with the store's log by its old key, behind what the thief says of that. */
async function goOn({ builder, old, victim }: Changed, keyChanged: CustodyEvent['facts']): Promise<void> {
  const { log, custody: folder } = builder.receiver;
  await log.open(old);
  log.log('key-changed', keyChanged);
  log.log('documents-dropped', dropped(victim));
  await log.write(folder);
}

/** Writes the log of a receiver, with an excuse in it. */
async function invent({ builder, victim }: Changed, receiver: string, key: SecretKey): Promise<void> {
  const log = new BuilderLog(receiver, builder.random, builder.clock);
  await log.open(key);
  log.log('receiver-started', { version: '0.1.0' });
  log.log('documents-dropped', dropped(victim));
  await log.write(join(builder.vault, receiver, 'custody'));
}

test('a change that was planned, and what is behind it, are good; a recording that is taken away is missing', async () => {
  const { builder, victim } = await changed('planned');
  expect(await findingsOf(builder)).toEqual([]);
  await rm(victim.folder, { recursive: true });
  expect(await findingsOf(builder)).toContain('recording.missing');
});

describe('the old key lets nothing go:', () => {
  test('not in a segment that tells the change the other way round', async () => {
    const vault = await changed('back');
    const { builder, victim, facts } = vault;
    await rm(victim.folder, { recursive: true });
    await goOn(vault, {
      ...facts,
      old_key_id: facts['new_key_id'] ?? '',
      new_key_id: facts['old_key_id'] ?? '',
    });
    expect(await findingsOf(builder)).toEqual(
      expect.arrayContaining(['custody.old-key', 'key-change.other-logged']),
    );
  });

  test('not behind a change that only it signed, because the new key was lost', async () => {
    const vault = await changed('lost');
    const { builder, old, victim } = vault;
    await rm(victim.folder, { recursive: true });
    const { receiver: holder, key } = builder.receiver;
    const at = builder.clock.now();
    const change = { holder, old: key, fresh: old, reason: 'lost', at } as const;
    await goOn(vault, await writeKeyChange(builder.vault, change));
    expect(await findingsOf(builder)).toEqual(
      expect.arrayContaining(['custody.old-key', 'key-change.goes-back']),
    );
  });

  test('not in the log of a receiver that never was', async () => {
    const vault = await changed('evil');
    const { builder, old, victim } = vault;
    await rm(victim.folder, { recursive: true });
    await invent(vault, 'r-evil', old);
    expect(await findingsOf(builder)).toContain('drop.not-deleted');
  });

  test('nor where that receiver made a key of its own from the old one', async () => {
    const vault = await changed('own');
    const { builder, old, victim } = vault;
    await rm(victim.folder, { recursive: true });
    const fresh = makeSecretKey(builder.random);
    const at = builder.clock.now();
    await writeKeyChange(builder.vault, { holder: 'r-evil' as never, old, fresh, at });
    await invent(vault, 'r-evil', fresh);
    expect(await findingsOf(builder)).toContain('drop.not-deleted');
  });

  test('nor where the store’s own name stands in such a change', async () => {
    const vault = await changed('twice');
    const { builder, old, victim } = vault;
    await rm(victim.folder, { recursive: true });
    const fresh = makeSecretKey(builder.random);
    const { receiver: holder } = builder.receiver;
    await writeKeyChange(builder.vault, { holder, old, fresh, at: builder.clock.now() });
    await invent(vault, 'r-evil', fresh);
    expect(await findingsOf(builder)).toContain('key-change.twice');
  });

  test('not in the life of the recording', async () => {
    const vault = await changed('life');
    const { builder, old, victim } = vault;
    await rm(victim.folder, { recursive: true });
    await invent(vault, 'r-evil', old);
    const { exitCode, json } = await runCommand(custody, victim.id, '--vault', builder.vault, '--json');
    const { findings } = json as { findings: readonly { code: string }[] };
    expect({ exitCode, codes: findings.map(({ code }) => code) }).toEqual({
      exitCode: 1,
      codes: expect.arrayContaining(['drop.not-deleted']) as string[],
    });
  });
});

describe('of two receivers that began with one key', () => {
  test('the one that has not changed it yet may let go what the other receipted', async () => {
    const two = await TwoReceivers.create(join(root, 'later'));
    const { builder, other } = two;
    await two.recordBy('r-other');
    await builder.receiver.start();
    await two.changeKey(builder.receiver, makeSecretKey(builder.random));
    const gone = await two.recordBy('r-store');
    await two.recordBy('r-store');
    await two.recordBy('r-other'); // it runs again
    await other.dropDocuments(gone);
    await two.close();
    expect(await findingsOf(builder)).toEqual([]);
  });

  test('each may change it at its own time, and the other goes on', async () => {
    const two = await TwoReceivers.create(join(root, 'both'));
    const { builder, other } = two;
    const first = await two.recordBy('r-other');
    await other.start();
    await builder.receiver.start();
    await two.changeKey(builder.receiver, makeSecretKey(builder.random));
    const second = await two.recordBy('r-store');
    await other.dropDocuments(first);
    await two.changeKey(other, makeSecretKey(builder.random));
    await other.dropDocuments(second);
    await two.recordBy('r-other');
    await two.recordBy('r-store');
    await two.close();
    expect(await findingsOf(builder)).toEqual([]);
  });

  test('one that never receipted anything, and let nothing go, is no fault', async () => {
    const two = await TwoReceivers.create(join(root, 'idle'));
    const { builder, other } = two;
    await two.recordBy('r-store');
    await other.start();
    await builder.receiver.start();
    await two.changeKey(builder.receiver, makeSecretKey(builder.random));
    await two.recordBy('r-store');
    await two.close();
    expect(await findingsOf(builder)).toEqual([]);
  });
});

test('a receiver that changed its key several times goes on to count for what each key signed', async () => {
  const two = await TwoReceivers.create(join(root, 'several'));
  const { builder } = two;
  const { receiver } = builder;
  const [first, second] = [await two.recordBy('r-store'), await two.recordBy('r-store')];
  await receiver.dropDocuments(first);
  for (let times = 0; times < 2; times++) await two.changeKey(receiver, makeSecretKey(builder.random));
  await receiver.dropDocuments(second);
  await two.recordBy('r-store');
  await two.close();
  expect(await findingsOf(builder)).toEqual([]);
});

test('a station’s log that goes back to the key that it changed away from is found', async () => {
  const two = await TwoReceivers.create(join(root, 'station'));
  const { builder } = two;
  const { stationKey: old } = builder;
  await builder.publish('station-dock-1.pub', old);
  await two.recordBy('r-store');
  await builder.changeKey();
  await two.recordBy('r-store');
  await two.close();
  expect(await findingsOf(builder)).toEqual([]);
  await builder.changeKey({ back: old });
  await two.close();
  expect(await findingsOf(builder)).toEqual(
    expect.arrayContaining(['custody.old-key', 'key-change.goes-back']),
  );
});
