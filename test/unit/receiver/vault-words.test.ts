// A vault with statements that it was restored, and with policies: each station hears the newest of both before it is answered, and receipts
// of a restored vault say what it holds.
import { expect, test } from 'vitest';
import { makePolicy, placePolicy } from '../../../agent/receiver/retention/policies.ts';
import { POLICY_TRUSTED_COMMENT } from '../../../protocol/documents/policy.ts';
import { restoredName, type Restored } from '../../../protocol/documents/restored.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseReceiverId, type SessionId } from '../../../protocol/format/ids.ts';
import { whileTimePasses } from '../../fakes/clock-manual.ts';
import { signFast } from '../../fakes/signer-fast.ts';
import { depsOn, officerKey, supervisorKey } from './retention/retention-scenario.ts';
import { signed } from '../../fakes/restored-store.ts';
import { openBench, STORE_KEY, type Bench } from './bench-top.ts';

/** Puts a statement into the vault, as the command does. Gives its digest. */
async function say({ top }: Bench, change: Partial<Restored> = {}): Promise<string> {
  const { vault } = JSON.parse(Buffer.from(top.disk.peek('/vault/vault.json') ?? []).toString()) as {
    vault: SessionId;
  };
  const { bytes, signature } = await signed(STORE_KEY, { vault, ...change });
  const folder = `/vault/${change.receiver ?? 'r-a'}/restored`;
  top.disk.plantFolder(folder);
  top.disk.plant(`${folder}/${restoredName(bytes)}`, bytes);
  top.disk.plant(`${folder}/${restoredName(bytes)}.minisig`, signature);
  return sha256Hex(bytes);
}

test('the newest statement is told within seconds, whichever receiver made it; one that cannot be read is left out', async () => {
  const at = await openBench(1);
  expect(at.station.statements).toEqual([]);
  await say(at, { restored_at: '2026-11-25T10:00:00.000Z' });
  const newest = await say(at, {
    receiver: parseReceiverId('r-b'),
    restored_at: '2026-11-26T10:00:00.000Z',
  });
  at.top.disk.plant(`/vault/r-a/restored/${'0'.repeat(16)}.json`, '{');
  await at.top.until('told', () => at.station.statements.length > 0, 20_000);
  expect(at.station.statements).toEqual([newest]);
});

test('it is sent again once both roles have signed it, with both signatures', async () => {
  const at = await openBench(5);
  const sha256 = await say(at);
  await at.top.until('sent', () => at.station.statements.length > 0, 20_000);
  expect(at.station.statementRoles).toEqual([[]]);
  const path = `/vault/r-a/restored/${sha256.slice(0, 16)}.json`;
  at.top.disk.plant(`${path}.officer.minisig`, 'by the officer');
  await at.top.clock.advance(60_000);
  expect(at.station.statements).toHaveLength(1);
  at.top.disk.plant(`${path}.supervisor.minisig`, 'by the supervisor');
  await at.top.until('sent again', () => at.station.statements.length > 1, 20_000);
  expect(at.station.statements).toEqual([sha256, sha256]);
  expect(at.station.statementRoles.at(-1)).toEqual(['by the officer', 'by the supervisor']);
});

/** Has both roles agree on the next policy, by a command beside the receiver. Gives its digest. */
async function agree({ top, receiver }: Bench): Promise<string> {
  const deps = { ...depsOn(top.disk, 7), vault: receiver.vault.id };
  const unsettled = { ...deps, retention: { days: null, documentsDays: null, timerHours: 24 } };
  const wish = { daysMin: undefined, daysMax: undefined, documentsDays: undefined };
  const bytes = await makePolicy(unsettled, wish);
  const signatures = {
    officer: signFast(officerKey, bytes, POLICY_TRUSTED_COMMENT),
    supervisor: signFast(supervisorKey, bytes, POLICY_TRUSTED_COMMENT),
  };
  await whileTimePasses(deps.clock, placePolicy(unsettled, bytes, signatures));
  return sha256Hex(bytes);
}

test('the policy in force is sent within seconds, whichever receiver placed it, and to a station that comes later', async () => {
  const at = await openBench(3);
  const first = await agree(at);
  await at.top.until('sent', () => at.station.policies.length > 0, 20_000);
  const second = await agree(at);
  await at.top.until('sent', () => at.station.policies.length > 1, 20_000);
  expect(at.station.policies).toEqual([first, second]);
  await at.receiver.stop();
  await at.top.receiver();
  await at.top.until('sent again', () => at.station.policies.length > 2, 20_000);
  expect(at.station.policies.slice(2)).toContain(second);
});

test('one that a disk lost is missed once in the log, and sent once it is there again', async () => {
  const at = await openBench(4);
  const agreed = await agree(at);
  await at.receiver.stop();
  const path = '/vault/policies/1/policy.json';
  const text = at.top.disk.peek(path) ?? '';
  await at.top.disk.removeTree(path);
  at.station.policies.splice(0);
  const again = await at.top.receiver();
  await at.top.clock.advance(60_000);
  const warnings = again.log.lines.filter(({ message }) => message.startsWith('what the vault says'));
  expect([at.station.policies, warnings.length]).toEqual([[], 1]);
  at.top.disk.plant(path, text);
  await at.top.until('sent', () => at.station.policies.length > 0, 20_000);
  expect(at.station.policies).toEqual([agreed]);
});

test('a receipt of a restored vault says that it holds what it is for, an old one and a new one', async () => {
  const at = await openBench(2);
  const [old, fresh] = [at.top.sample(60), at.top.sample(60)];
  at.station.push(old);
  await at.top.until('receipt', () => at.station.receipts.size === 1);
  expect([...at.station.held.values()]).toEqual([undefined]);
  const restored = await say(at);
  await at.top.until('told', () => at.station.statements.length > 0, 20_000);
  at.station.receipts.clear();
  for (const sample of [old, fresh]) at.station.push(sample);
  await at.top.until('receipts', () => at.station.receipts.size === 2);
  for (const [recording, receipt_sha256] of at.station.receiptTexts)
    expect(at.station.held.get(recording)).toMatchObject({
      receipt_sha256,
      restored_sha256: restored,
    });
});
