// What a station knows of a restored store: what it keeps over starts, what follows from statements, and which receipts count.
import { Changes } from '../../../agent/spool/changes.ts';
import { beforeEach, expect, test } from 'vitest';
import { StoreRollback, StoreStanding } from '../../../agent/push/store-rollback.ts';
import { NOTHING_KNOWN, readStoreState } from '../../../agent/spool/store-state.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import {
  makeSecretKey,
  publicKeyOf,
  type SecretKey,
  signDocument,
} from '../../../protocol/documents/minisign.ts';
import type { RoleKeys } from '../../../protocol/documents/order.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { encodeReceipt } from '../../../protocol/documents/receipt.ts';
import { RESTORED_TRUSTED_COMMENT } from '../../../protocol/documents/restored.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  makeRecordingId,
  makeSegmentId,
  makeSessionId,
  parseReceiverId,
  parseStationId,
  type RecordingId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import {
  encodeMessage,
  encodeSignedBody,
  messageField,
  type SignedMessage,
} from '../../../protocol/transfer/messages.ts';
import { logOrigin } from '../../../protocol/transparency/checkpoint.ts';
import { keyIdHex, signMessage } from '../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { signed, STATEMENT_ROLES, type StatementChange } from '../../fakes/restored-store.ts';

const random = seededRandom(5);
const KEY = makeSecretKey(random);
const [station, receiver, vault] = [parseStationId('kod-1'), parseReceiverId('r-a'), makeSessionId(random)];
const recording = makeRecordingId(random);
const layout = spoolLayout('/spool');

class Rig {
  readonly disk = new CrashDisk();
  readonly clock = new ManualClock();
  readonly custody = new MemoryCustody();
  readonly conditions = new MemoryConditions();
  readonly log = new MemoryLog();
  /** What was done, in order. */
  readonly done: string[] = [];
  /** Vault of a receipt that counted before; and the receivers that are listed. */
  vault: SessionId | undefined = vault;
  receivers = [receiver];
  /** While one of them is taken back. */
  takingBack: () => void = () => undefined;
  /** What only documents are left of; a disk that refuses the second one. */
  lost: (typeof recording)[] = [recording];
  /** Receipts that are taken back. */
  offered = 0;
  refuses = 0;
  /** What its log shows. */
  isLogForked = false;
  /** Roots that contradict what was seen of its log. */
  other: string | undefined;
  /** Those that the station knows. */
  roleKeys: RoleKeys = { officer: STATEMENT_ROLES.officers, supervisor: STATEMENT_ROLES.supervisors };

  constructor() {
    this.disk.plantFolder('/spool');
  }

  /** Both parts of it as one, for the tests. */
  async start(): Promise<StoreStanding & Pick<StoreRollback, 'take'>> {
    const { done, clock, log, conditions, custody } = this;
    const store = { station, storeKeys: [publicKeyOf(KEY)], receivers: this.receivers };
    const standing = new StoreStanding({
      state: await readStoreState(this.disk, layout),
      files: this.disk,
      layout,
      reserve: { giveUp: async () => false },
      store,
      differences: this,
      levels: new Changes<'level'>(),
      clock,
      log,
      conditions,
    });
    const rollback = new StoreRollback({
      standing,
      store,
      policy: { roleKeys: () => this.roleKeys },
      custody,
      log,
      conditions,
      spool: {
        withdrawLost: (from, until) => {
          done.push(`lost after ${until}`);
          return this.#withdrawn(from);
        },
      },
      items: {
        offerAgain: () => {
          done.push('offered');
          return this.#takenBack();
        },
        withdrawn: (_kind, item) => void done.push(`${item} gone`),
      },
      differences: {
        storeLost: (lost) => void done.push(`told ${lost.length}`),
        logRestored: () => (this.isLogForked = false),
      },
      custodyPush: { forgetAcknowledged: () => void done.push('forgot') },
      witness: {
        contradicts: ({ root }) => (this.isLogForked ||= Buffer.from(root).toString('hex') === this.other),
      },
    });
    void (async () => {
      for await (const level of standing.levels.read(new AbortController().signal)) done.push(level);
    })();
    if (this.vault !== undefined) await standing.pin({ receiver, vault: this.vault });
    rollback.start();
    return Object.assign(standing, { take: (payload: Uint8Array) => rollback.take(payload) });
  }

  async *#takenBack(): AsyncGenerator<RecordingId> {
    this.takingBack();
    for (let count = 0; count < this.offered; count++) {
      this.done.push(`${recording} spooled`);
      yield recording;
    }
  }

  async *#withdrawn(from: string): AsyncGenerator<typeof recording> {
    for (const each of from === vault ? this.lost.splice(0, 1) : []) yield each;
    if (this.refuses-- > 0) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
    yield* this.lost.splice(0);
  }

  /** `by`: keys with which the officer and the supervisor signed it. */
  async said(
    rollback: Pick<StoreRollback, 'take'>,
    change: StatementChange = {},
    by: readonly [SecretKey, SecretKey] | 'nobody' | 'both' = 'both',
  ): Promise<string> {
    const { bytes, signature, roles: both } = await signed(KEY, { vault, ...change });
    const sign = (key: SecretKey): string => signDocument(key, bytes, RESTORED_TRUSTED_COMMENT);
    const others = typeof by === 'string' ? {} : { officer: sign(by[0]), supervisor: sign(by[1]) };
    const roles = by === 'both' ? both : others;
    const statement = messageField(bytes);
    rollback.take(encodeMessage({ message: 'restored', receiver, statement, signature, ...roles }));
    await settle();
    return sha256Hex(bytes);
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function receiptOf(of: string): { receipt: Receipt; bytes: Uint8Array } {
  const receipt: Receipt = {
    type: 'receipt',
    version: 1,
    kind: 'recording',
    recording,
    station,
    manifest_sha256: 'a'.repeat(64),
    sealed_size_bytes: 1,
    chunks_sha256: 'b'.repeat(64),
    receiver,
    vault: of as Receipt['vault'],
    custody_head: null,
    received_at: '2026-11-25T09:30:00.000Z',
  };
  return { receipt, bytes: encodeReceipt(receipt) };
}

function held(receiptSha256: string, restoredSha256: string, key = KEY): { held: SignedMessage } {
  const digests = { receipt_sha256: receiptSha256, restored_sha256: restoredSha256 };
  const body = encodeSignedBody({ message: 'held', station, recording, receiver, ...digests });
  const signature = signMessage(key, body);
  return { held: { message: 'held', body, signature, key_id: keyIdHex(key.keyId) } };
}

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

test('that the store shows less outlives a start, and ends with its statement', async () => {
  const first = await rig.start();
  first.showsLess({ segment: makeSegmentId(random), acknowledged: 9, shown: 3 });
  expect(first.isBehind).toBe(true);
  await settle();
  await first.stop();
  const next = await rig.start();
  expect([next.isBehind, rig.conditions.isRaised('store.rolled-back')]).toEqual([true, true]);
  await rig.said(next);
  expect([next.isBehind, rig.conditions.isRaised('store.rolled-back')]).toEqual([false, false]);
  expect(rig.done.at(-1)).toBe('level');
});

test('one without both signatures, by keys that are known, is not followed: from then on nothing is erased, over starts too', async () => {
  const [officer, supervisor, keeper] = [makeSecretKey(random), makeSecretKey(random), makeSecretKey(random)];
  rig.roleKeys = { officer: [], supervisor: [publicKeyOf(supervisor)] };
  rig.isLogForked = true;
  const first = await rig.start();
  const reason = (): unknown => rig.conditions.facts('restored.refused')?.['reason'];
  const restored_at = '2026-11-25T10:00:00.000Z';
  await rig.said(first, { restored_at }, [officer, supervisor]);
  expect([reason(), first.isBehind, first.state.restored]).toEqual(['restored.no-roles', true, null]);
  rig.roleKeys = { officer: [publicKeyOf(officer)], supervisor: [publicKeyOf(supervisor)] };
  for (const [by, code] of [
    ['nobody', 'restored.unsigned'],
    [[officer, keeper], 'restored.signature'],
    [[supervisor, officer], 'restored.signature'],
  ] as const) {
    await rig.said(first, { restored_at }, by);
    expect([reason(), first.isBehind, first.state.restored]).toEqual([code, true, null]);
  }
  expect([rig.done, rig.isLogForked, rig.custody.of('store-restored')]).toEqual([['told 0'], true, []]);
  rig.isLogForked = false;
  await first.stop();
  const next = await rig.start();
  expect([next.isBehind, rig.conditions.isRaised('store.rolled-back')]).toEqual([true, true]);
  const sha256 = await rig.said(next, { restored_at }, [officer, supervisor]);
  expect([next.isBehind, next.state.restored?.sha256, reason()]).toEqual([false, sha256, undefined]);
});

test('one that names another checkpoint of the log than was seen is not followed, also by both roles', async () => {
  const [officer, supervisor] = [makeSecretKey(random), makeSecretKey(random)];
  rig.roleKeys = { officer: [publicKeyOf(officer)], supervisor: [publicKeyOf(supervisor)] };
  rig.other = 'c'.repeat(64);
  const station = await rig.start();
  const said = (root: string, restored_at: string): Promise<string> => {
    const checkpoint = { origin: logOrigin(vault, receiver), size: 4, root };
    return rig.said(station, { restored_at, checkpoint }, [officer, supervisor]);
  };
  await said(rig.other, '2026-11-25T10:00:00.000Z');
  expect([station.isForked, station.isBehind, station.state.restored]).toEqual([true, true, null]);
  expect(rig.custody.of('store-restored')).toEqual([]);
  rig.isLogForked = false; // a person acknowledged it
  const sha256 = await said('d'.repeat(64), '2026-11-25T11:00:00.000Z');
  expect([station.isBehind, station.state.restored?.sha256]).toEqual([false, sha256]);
});

test('a statement is followed once, over starts too; an older one and one of another vault are passed over', async () => {
  const first = await rig.start();
  const sha256 = await rig.said(first, { restored_at: '2026-11-25T10:00:00.000Z' });
  await rig.said(first, { restored_at: '2026-11-25T10:00:00.000Z' });
  await rig.said(first, { restored_at: '2026-11-25T09:00:00.000Z' });
  await rig.said(first, { vault: makeSessionId(random), restored_at: '2026-11-26T09:00:00.000Z' });
  await first.stop();
  const next = await rig.start();
  await rig.said(next, { restored_at: '2026-11-25T10:00:00.000Z' });
  expect(rig.done.filter((what) => what === 'offered')).toHaveLength(1);
  expect(rig.custody.of('store-restored')).toEqual([
    { event: 'store-restored', facts: { receiver, restored_sha256: sha256 } },
  ]);
  await rig.said(next, { restored_at: '2026-11-27T10:00:00.000Z' });
  expect(rig.done.filter((what) => what === 'offered')).toHaveLength(2);
});

test('a statement of the vault that is pinned now is followed, but none that is older than that of the vault before', async () => {
  const first = await rig.start();
  await rig.said(first, { restored_at: '2026-11-25T10:00:00.000Z' });
  await first.stop();
  const [fresh, other] = [parseReceiverId('r-new'), makeSessionId(random)];
  rig.receivers = [fresh];
  rig.vault = undefined;
  const rollback = await rig.start();
  await rollback.pin({ receiver: fresh, vault: other });
  const said = (restoredAt: string): Promise<string> =>
    rig.said(rollback, { receiver: fresh, vault: other, restored_at: restoredAt });
  await said('2026-11-25T09:30:00.000Z');
  const { receipt, bytes } = receiptOf(vault);
  expect(() => rollback.assertHeld(receipt, bytes, {})).toThrow('does not say that it holds');
  expect(rig.custody.of('store-restored')).toHaveLength(1);
  await said('2026-11-25T10:30:00.000Z');
  expect(rig.custody.of('store-restored')).toHaveLength(2);
});

test('a statement of a vault in the place of a restored one is followed before its first receipt', async () => {
  const first = await rig.start();
  await rig.said(first, { restored_at: '2026-11-25T10:00:00.000Z' });
  await first.stop();
  const [fresh, other] = [parseReceiverId('r-new'), makeSessionId(random)];
  rig.vault = undefined;
  const said = async (receivers: (typeof fresh)[]): Promise<number> => {
    rig.receivers = receivers;
    const rollback = await rig.start();
    await rig.said(rollback, { receiver: fresh, vault: other, restored_at: '2026-11-26T10:00:00.000Z' });
    await rollback.stop();
    return rig.custody.of('store-restored').length;
  };
  expect(await said([receiver, fresh])).toBe(1);
  expect(await said([fresh])).toBe(2);
});

test('the vault of the first receipt is pinned, over starts too, until no receiver that gave one of it is listed', async () => {
  rig.vault = undefined;
  const first = await rig.start();
  expect(first.vault).toBeUndefined();
  const [second, fresh, other] = [parseReceiverId('r-b'), parseReceiverId('r-new'), makeSessionId(random)];
  rig.receivers = [receiver, second];
  await first.pin({ receiver, vault });
  const next = await rig.start();
  expect(next.vault).toBe(vault);
  await next.pin({ receiver: second, vault });
  rig.receivers = [second, fresh];
  const without = await rig.start();
  expect(without.vault).toBe(vault);
  rig.receivers = [fresh];
  const replaced = await rig.start();
  expect(replaced.vault).toBeUndefined();
  await replaced.pin({ receiver: fresh, vault: other });
  expect([replaced.vault, (await rig.start()).vault]).toEqual([other, other]);
});

test('a vault that the disk did not take is none to store a receipt of, until it takes it', async () => {
  rig.vault = undefined;
  const rollback = await rig.start();
  rig.disk.fail({ operation: 'create', path: '/spool/pinned.json.new', nth: 1, code: 'ENOSPC' });
  await expect(rollback.pin({ receiver, vault })).rejects.toMatchObject({ code: 'ENOSPC' });
  expect((await readStoreState(rig.disk, layout)).pinned).toBeNull();
  await Promise.all([rollback.pin({ receiver, vault }), rig.said(rollback)]);
  expect(await readStoreState(rig.disk, layout)).toMatchObject({
    pinned: { vault, receivers: [receiver] },
    restored: { offered: true },
  });
});

test('a pinned vault in which a bit was turned is none: the next receipt pins its vault, and the store still counts', async () => {
  rig.vault = undefined;
  await (await rig.start()).pin({ receiver, vault });
  const whole = Buffer.from(rig.disk.peek('/spool/pinned.json') ?? []);
  expect(whole.includes(vault)).toBe(true);
  for (let bit = 0; bit < 8 * whole.length; bit += 5) {
    const turned = Buffer.from(whole);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    rig.disk.plant('/spool/pinned.json', turned);
    expect(await readStoreState(rig.disk, layout), `bit ${bit}`).toEqual(NOTHING_KNOWN);
  }
  const next = await rig.start();
  expect([next.isBehind, next.vault]).toEqual([false, undefined]);
  await next.pin({ receiver, vault });
  expect((await rig.start()).vault).toBe(vault);
});

test('what is withdrawn before the disk refuses one is remembered over starts, too', async () => {
  const rollback = await rig.start();
  const second = makeRecordingId(random);
  rig.lost = [recording, second];
  rig.refuses = 1;
  await rig.said(rollback);
  expect(rollback.isBehind).toBe(true);
  await rig.clock.advance(1000);
  await settle();
  expect((await readStoreState(rig.disk, layout)).lost).toEqual([recording, second]);
  expect(rig.done).toEqual(expect.arrayContaining([`${recording} gone`, `${second} gone`]));
});

test('a stop ends it in the midst, and the next start goes on', async () => {
  const rollback = await rig.start();
  let stopped: Promise<void> | undefined;
  rig.offered = 100;
  rig.takingBack = () => {
    stopped = rollback.stop();
  };
  await rig.said(rollback);
  await stopped;
  expect(rig.done.filter((what) => what === `${recording} spooled`)).toHaveLength(1);
  expect((await readStoreState(rig.disk, layout)).restored?.offered).toBe(false);
  expect(rig.log.messages()).toEqual([]);
  rig.offered = 0;
  rig.takingBack = () => undefined;
  await rig.start();
  await settle();
  expect((await readStoreState(rig.disk, layout)).restored?.offered).toBe(true);
});

test('a station without a receipt follows any statement of its store; a forged one nobody does', async () => {
  rig.vault = undefined;
  const rollback = await rig.start();
  const { bytes, signature } = await signed(makeSecretKey(random), { vault });
  rollback.take(encodeMessage({ message: 'restored', receiver, statement: messageField(bytes), signature }));
  await settle();
  expect(rig.custody.of('store-restored')).toEqual([]);
  await rig.said(rollback);
  expect(rig.custody.of('store-restored')).toHaveLength(1);
});

test('as long as the disk does not take what follows, the store counts as behind; a cut goes on with the next start', async () => {
  const first = await rig.start();
  rig.disk.fail({ operation: 'create', path: '/spool/store.json.new', nth: 1, code: 'ENOSPC' });
  await rig.said(first);
  expect([first.isBehind, rig.conditions.isRaised('store.rolled-back')]).toEqual([true, true]);
  expect(rig.done).not.toContain('offered');
  await rig.clock.advance(1000);
  await settle();
  expect([first.isBehind, rig.done.includes('offered')]).toEqual([false, true]);
});

test('a statement that a cut left half followed is gone on with', async () => {
  const restored = { receiver, vault, sha256: 'c'.repeat(64), offered: false } as const;
  const times = { restored_at: '2026-11-25T10:00:00.000Z', complete_until: '2026-11-25T09:00:00.000Z' };
  const { pinned: _, ...known } = NOTHING_KNOWN;
  rig.disk.plant('/spool/store.json', JSON.stringify({ ...known, restored: { ...restored, ...times } }));
  const rollback = await rig.start();
  expect(rollback.isBehind).toBe(true);
  await settle();
  expect(rig.done).toEqual([
    'told 0',
    `lost after ${times.complete_until}`,
    `${recording} gone`,
    'told 1',
    'offered',
    'forgot',
    'level',
  ]);
  expect(await readStoreState(rig.disk, layout)).toMatchObject({
    restored: { offered: true },
    lost: [recording],
  });
});

test('what it keeps of the store, damaged, lets nothing be erased until the store says its statement again', async () => {
  rig.disk.plant('/spool/store.json', '{"version":1,');
  const rollback = await rig.start();
  expect(rollback.isBehind).toBe(true);
  await rig.said(rollback);
  expect(rollback.isBehind).toBe(false);
});

test('a receipt of the restored vault counts only with the word that it holds what that is for', async () => {
  const rollback = await rig.start();
  const { receipt, bytes } = receiptOf(vault);
  const digest = sha256Hex(bytes);
  rollback.assertHeld(receipt, bytes, {});
  const restored = await rig.said(rollback);
  const refuses = (word: { held?: SignedMessage }): boolean => {
    try {
      rollback.assertHeld(receipt, bytes, word);
      return false;
    } catch {
      return true;
    }
  };
  expect(refuses({})).toBe(true);
  expect(refuses(held('d'.repeat(64), restored))).toBe(true);
  expect(refuses(held(digest, 'd'.repeat(64)))).toBe(true);
  expect(refuses(held(digest, restored, makeSecretKey(random)))).toBe(true);
  expect(refuses(held(digest, restored))).toBe(false);
  const other = receiptOf(makeSessionId(random));
  rollback.assertHeld(other.receipt, other.bytes, {});
});
