// A station as witness of a whole store's log (SPEC 6.12): what it saw stays seen, whoever has the store's keys.
import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { writeAcknowledgement } from '../../agent/custody/acknowledgement.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { BASE, DockAndStore } from '../fakes/dock-and-store.ts';
import { sayRestored } from '../fakes/restored-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const vault = (): string => join(dock.folder, 'vault');
const files = (): number => dock.camera.files().length;
const isForked = (): boolean => dock.conditions.isRaised('store.log-forked');
const entered = async (event: string): Promise<Record<string, unknown>[]> =>
  (await dock.custody()).filter((entry) => entry.event === event).map(({ facts }) => facts);
const put = (name: string): void => dock.camera.put(`DCIM/${name}.MP4`, randomBytes(900));

async function delivered(names: readonly string[]): Promise<void> {
  dock = await DockAndStore.open({ hasFastSigner: true });
  for (const name of names) put(name);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => files() === 0, 60_000);
}

test('many receipts on their way at once are proven one after the other, and none has to come again', async () => {
  await delivered(Array.from({ length: 24 }, (_, at) => `M${at}`));
  const lines = dock.log.lines.map((line) => JSON.stringify(line));
  expect(lines.filter((line) => line.includes('receipt rejected'))).toEqual([]);
  expect(await entered('receipt-refused')).toEqual([]);
  const [first] = await entered('store-log');
  const events = (await dock.custody()).map(({ event }) => event);
  expect(events.indexOf('store-log')).toBeLessThan(events.indexOf('receipted'));
  expect(first?.['checkpoint']).toContain(`bodydock/`);
});

/** The store's own log as it was then is put in the place of what it is now, and goes on by the store's key, as its keeper can do it. */
async function keeperCuts(restart: () => Promise<void>): Promise<void> {
  await delivered(['A']);
  await dock.stopReceiver();
  const own = join(vault(), 'r-a');
  await cp(own, `${own}-before`, { recursive: true });
  await dock.startReceiver();
  put('B');
  await dock.until('erased', () => files() === 0, 60_000);
  await dock.stopReceiver();
  await rm(own, { recursive: true });
  await cp(`${own}-before`, own, { recursive: true });
  await rm(`${own}-before`, { recursive: true });
  await restart();
}

test('a log that its keeper cut erases nothing, over starts, until a person has acknowledged it', async () => {
  await keeperCuts(() => dock.startReceiver().then(() => undefined));
  put('C');
  await dock.until('forked', isForked, 60_000);
  await dock.stopStation();
  await dock.startStation();
  await dock.until('forked', isForked, 60_000);
  await dock.until('refused', async () => (await entered('receipt-refused')).length > 0, 60_000);
  expect(files()).toBe(1);
  expect(await entered('erased')).toHaveLength(2);
  const word = { reason: 'looked-at', made_at: '2026-11-25T10:00:00.000Z' };
  await writeAcknowledgement(nodeFiles(), join(dock.folder, 'spool', 'acknowledgement.json'), word);
  await dock.stopStation();
  await dock.startStation();
  await dock.until('erased', () => files() === 0, 60_000);
  expect(isForked()).toBe(false);
});

test('a log that its keeper cut is over where the store says that it was restored: a new log begins', async () => {
  await keeperCuts(async () => {
    await dock.startReceiver();
  });
  put('C');
  await dock.until('forked', isForked, 60_000);
  await dock.stopReceiver();
  await sayRestored(vault(), dock.storeKey);
  await dock.startReceiver();
  await dock.until('erased', () => files() === 0, 60_000);
  expect(isForked()).toBe(false);
  const origins = (await entered('store-log')).map((facts) => String(facts['checkpoint']).split('\n')[0]);
  expect(origins.at(-1)).toMatch(/\/r-a\/[0-9a-f]{16}$/);
});

test('a receipt that is not in the log is not stored, and its file stays', async () => {
  dock = await DockAndStore.open({ hasFastSigner: true });
  dock.hub.fate = ({ to, topic, payload }) => {
    if (to !== 'station' || !topic.startsWith(`${BASE}/v1/`) || !topic.includes('/down/')) return [{}];
    const message = JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
    if (message['message'] !== 'receipt') return [{}];
    delete message['log'];
    return [{ payload: Buffer.from(JSON.stringify(message)) }];
  };
  put('A');
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('said', () => dock.conditions.isRaised('receipt.not-in-log'), 60_000);
  const [folder] = await readdir(join(dock.folder, 'spool', 'ready'));
  expect(await readdir(join(dock.folder, 'spool', 'ready', String(folder)))).not.toContain('receipt.json');
  expect(files()).toBe(1);
  const reasons = async (): Promise<unknown[]> =>
    (await entered('receipt-refused')).map(({ reason }) => reason);
  await dock.until('entered', async () => (await reasons()).includes('receipt.not-in-log'));
  dock.hub.fate = () => [{}];
  await dock.until('erased', () => files() === 0, 60_000);
  expect(dock.conditions.isRaised('receipt.not-in-log')).toBe(false);
  expect(await readFile(join(vault(), 'vault.json'), 'utf8')).toContain('vault');
});
