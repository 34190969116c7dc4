import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { revokeKey } from '../../../../agent/receiver/cli/revoke.ts';
import { Revocations } from '../../../../agent/receiver/keys/revocations.ts';
import { REVOCATIONS_MS } from '../../../../agent/receiver/limits.ts';
import { VaultLayout } from '../../../../agent/receiver/vault/vault-layout.ts';
import { readPublicKeyFile } from '../../../../config/enrolment/keys.ts';
import type { CustodyEvent } from '../../../../protocol/custody/custody-entry.ts';
import {
  KEY_REVOCATION_TRUSTED_COMMENT,
  parseKeyRevocation,
} from '../../../../protocol/documents/key-documents.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  stockKeyId,
  verifyDocument,
} from '../../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../../fakes/conditions-memory.ts';
import { CrashDisk, SURVIVALS } from '../../../fakes/files-crash.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { STORE_KEY } from '../bench-top.ts';
import { fastMessageSigner } from '../../../fakes/signer-fast.ts';
import { STATION } from '../sample.ts';
import { RECEIVER, withStore } from './store-folder.ts';

const KEY = makeSecretKey(new SeededRandom(3));
const KEY_ID = keyIdHex(KEY.keyId);
const PATH = `/vault/${STATION}/keys/${KEY_ID}.revocation.json`;
const REQUEST = { station: STATION, keyId: KEY_ID, reason: 'stolen' } as const;

function signedByStore(bytes: Uint8Array | undefined, signature: Uint8Array | undefined): string {
  const text = Buffer.from(signature ?? []).toString();
  const keys = [publicKeyOf(STORE_KEY)];
  return keyIdHex(
    verifyDocument(bytes ?? new Uint8Array(0), text, KEY_REVOCATION_TRUSTED_COMMENT, keys).keyId,
  );
}

describe('a revocation', () => {
  function on(disk: CrashDisk, log: CustodyEvent[]): Parameters<typeof revokeKey>[0] {
    return {
      files: disk,
      layout: new VaultLayout('/vault'),
      clock: new ManualClock(),
      signer: fastMessageSigner(STORE_KEY),
      storeKeys: [publicKeyOf(STORE_KEY)],
      isEntered: ({ facts }) => Promise.resolve(log.some((each) => each.facts['key_id'] === facts['key_id'])),
      enter: async (event) => log.push(event),
    };
  }

  function fresh(): CrashDisk {
    const disk = new CrashDisk();
    disk.plantFolder('/vault');
    return disk;
  }

  test('is durable and signed before it is entered, and a second one changes nothing', async () => {
    const disk = fresh();
    const log: CustodyEvent[] = [];
    const first = await revokeKey(on(disk, log), REQUEST);
    expect(first).toMatchObject({ fresh: true, revocation: { key_id: KEY_ID, reason: 'stolen' } });
    expect(log).toEqual([
      { event: 'key-revoked', facts: { station: STATION, key_id: KEY_ID, reason: 'stolen' } },
    ]);
    const steps = disk.steps;
    const again = await revokeKey(on(disk, log), { ...REQUEST, reason: 'retired' });
    expect(again).toEqual({ fresh: false, revocation: first.revocation });
    expect([disk.steps, log.length]).toEqual([steps, 1]);
    const survived = disk.crash(disk.steps, 'nothing');
    expect(signedByStore(survived.peek(PATH), survived.peek(`${PATH}.minisig`))).toBe(
      keyIdHex(STORE_KEY.keyId),
    );
  });

  test('whose signature does not hold is made anew', async () => {
    for (const spoil of [
      (disk: CrashDisk) => disk.corrupt(`${PATH}.minisig`, (bytes) => bytes.map((byte) => byte ^ 1)),
      // Whoever can write there says that it is revoked, from a time on that never comes.
      (disk: CrashDisk) =>
        disk.corrupt(PATH, (bytes) =>
          Buffer.from(
            Buffer.from(bytes)
              .toString()
              .replace(/"20\d\d-/, '"2096-'),
          ),
        ),
    ]) {
      const disk = fresh();
      const log: CustodyEvent[] = [];
      await revokeKey(on(disk, log), REQUEST);
      spoil(disk);
      expect(await revokeKey(on(disk, log), REQUEST)).toMatchObject({ fresh: true });
      expect(signedByStore(disk.peek(PATH), disk.peek(`${PATH}.minisig`))).toBe(keyIdHex(STORE_KEY.keyId));
    }
  });

  test('that was cut off at any step is finished by typing it again', async () => {
    const whole = fresh();
    await revokeKey(on(whole, []), REQUEST);
    for (let step = 0; step <= whole.steps; step++)
      for (const survival of SURVIVALS) {
        const disk = whole.crash(step, survival);
        const log: CustodyEvent[] = [];
        if (disk.tree('/').size === 0) disk.plantFolder('/vault');
        await revokeKey(on(disk, log), REQUEST);
        const where = `at ${step} (${whole.stepLabel(step)}), ${survival} survived`;
        expect(log, where).toHaveLength(1);
        expect(() => signedByStore(disk.peek(PATH), disk.peek(`${PATH}.minisig`)), where).not.toThrow();
      }
  });

  test('counts although the store’s log takes nothing, and is entered by the next attempt', async () => {
    const disk = fresh();
    const log: CustodyEvent[] = [];
    const full = { ...on(disk, log), enter: () => Promise.reject(new Error('no space')) };
    await expect(revokeKey(full, REQUEST)).rejects.toThrow('no space');
    expect(disk.peek(PATH)).toBeDefined();
    expect(await revokeKey(on(disk, log), REQUEST)).toMatchObject({ fresh: false });
    expect(log).toHaveLength(1);
  });
});

describe('bodydock-receiver revoke', () => {
  const other = makeSecretKey(new SeededRandom(4));
  const words = (station: string, key: string, reason: string): string[] =>
    `revoke ${station} --key ${key} --reason ${reason}`.split(' ');

  test('writes it into the vault and its log, and tells what to do next; the key may be named in any form', async () => {
    await withStore([KEY, other], async ({ folder, vault, open, call }) => {
      await (await open()).close();
      const forms = [KEY_ID, stockKeyId(KEY.keyId), publicKeyLine(publicKeyOf(KEY))];
      for (const [at, key] of forms.entries()) {
        const { code, out, err } = await call(...words(STATION, key, 'stolen'));
        expect([code, err]).toEqual([0, '']);
        expect(out).toContain(at === 0 ? `revoked: key ${KEY_ID}` : 'was revoked before');
        expect(out).toContain('bodydock keys rotate --prepare');
        expect(out).toContain(`station-${STATION}.NEWKEYID.pub beside station-${STATION}.pub`);
      }
      const path = join(vault, STATION, 'keys', `${KEY_ID}.revocation.json`);
      const bytes = await readFile(path);
      expect(parseKeyRevocation(bytes)).toMatchObject({
        station: STATION,
        key_id: KEY_ID,
        reason: 'stolen',
      });
      verifyDocument(bytes, await readFile(`${path}.minisig`, 'utf8'), KEY_REVOCATION_TRUSTED_COMMENT, [
        await readPublicKeyFile(join(folder, 'store.pub')),
      ]);
      const custody = join(vault, RECEIVER, 'custody');
      const [segment = ''] = (await readdir(custody)).filter((name) => name.endsWith('.jsonl'));
      const lines = (await readFile(join(custody, segment), 'utf8')).split('\n');
      expect(lines.filter((line) => line.includes('"event":"key-revoked"'))).toHaveLength(1);
    });
  });

  test('is noticed by a receiver that runs on the vault', async () => {
    await withStore([KEY, other], async ({ open, call }) => {
      const vault = await open();
      const clock = new ManualClock();
      const parts = { files: nodeFiles(), layout: vault.layout, clock, log: new MemoryLog() };
      const revocations = new Revocations({ ...parts, conditions: new MemoryConditions() });
      expect(await revocations.of(STATION)).toEqual(new Set());
      await call(...words(STATION, KEY_ID, 'retired'));
      await clock.advance(REVOCATIONS_MS);
      expect(await revocations.of(STATION)).toEqual(new Set([KEY_ID]));
      await vault.close();
    });
  });

  test('refuses a station, a key or a reason that is not known, and a place without a vault', async () => {
    await withStore([KEY], async ({ vault, open, call }) => {
      expect(await call(...words(STATION, KEY_ID, 'stolen'))).toMatchObject({ code: 78, out: '' });
      await (await open()).close();
      for (const [args, code, said] of [
        [words('dock-7', KEY_ID, 'stolen'), 78, `only ${STATION}`],
        [words(STATION, keyIdHex(other.keyId), 'stolen'), 78, `only ${KEY_ID}`],
        [words(STATION, KEY_ID, 'boredom'), 2, 'lost, stolen or retired'],
        [['revoke', STATION], 2, '--key'],
        [['revoke', STATION, 'x', '--key', KEY_ID, '--reason', 'lost'], 2, 'unexpected argument'],
      ] as const) {
        const outcome = await call(...args);
        expect(outcome.code, outcome.err).toBe(code);
        expect(outcome.err).toContain(said);
      }
      expect(await readdir(vault)).not.toContain(STATION);
      const alone = await call(...words(STATION, KEY_ID, 'lost'), '--json');
      expect(JSON.parse(alone.out)).toMatchObject({ fresh: true, revocation: { reason: 'lost' } });
      expect((await call('revoke', '--help')).out).toContain('lost|stolen|retired');
    });
  });
});

test('says what to do where the station is gone with its key', async () => {
  await withStore([KEY], async ({ open, call }) => {
    await (await open()).close();
    const { out } = await call('revoke', STATION, '--key', KEY_ID, '--reason', 'stolen');
    expect(out).toContain(
      'Where it is gone: revoke each of its keys, set another station up with another id',
    );
  });
});

test('says how many other keys of the station still count, and when none does', async () => {
  const keys = [KEY, makeSecretKey(new SeededRandom(4)), makeSecretKey(new SeededRandom(5))];
  await withStore(keys, async ({ open, call }) => {
    await (await open()).close();
    const revoke = async (at: number): Promise<string> => {
      const id = keyIdHex((keys[at] ?? KEY).keyId);
      return (await call('revoke', STATION, '--key', id, '--reason', 'retired')).out;
    };
    expect(await revoke(0)).toContain('Of the other keys of that station in the file 2 still count.\n');
    expect(await revoke(1)).toContain('Of the other keys of that station in the file one still counts.\n');
    expect(await revoke(2)).toContain(
      'No key of that station in the file counts any more: nothing of that station is taken.\n',
    );
  });
});
