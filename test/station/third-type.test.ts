// A third type of signed item, here a report without payload: its row of ITEM_DOCUMENTS and one line of registration take it the whole way that
// recordings and docking records go, to a receiver that knows no more of it than that row.
import { Changes } from '../../agent/spool/changes.ts';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { CustodyLog } from '../../agent/custody/custody-log.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { TrustedWallClock } from '../../agent/platform/trusted-wall-clock.ts';
import { StrangeKeys } from '../../agent/push/push-verify.ts';
import { Pusher } from '../../agent/push/push.ts';
import { SendLimits } from '../../agent/push/send-limits.ts';
import { StoreStanding } from '../../agent/push/store-rollback.ts';
import {
  DocumentStore,
  documentType,
  plainDocuments,
  type StoredDocument,
} from '../../agent/spool/document-store.ts';
import { Keep } from '../../agent/spool/keep.ts';
import { Settlement } from '../../agent/spool/settlement.ts';
import { SignedItems } from '../../agent/spool/signed-items.ts';
import { Spool } from '../../agent/spool/spool.ts';
import { recordingType } from '../../agent/spool/spooled-recording.ts';
import * as d from '../../protocol/documents/document.ts';
import { ITEM_DOCUMENTS, withoutPayload } from '../../protocol/documents/item-documents.ts';
import { inlineSigner, publicKeyOf, signDocument } from '../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { makeRecordingId, makeSessionId, parseReceiverId } from '../../protocol/format/ids.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import { bulkInline } from '../fakes/bulk-inline.ts';
import { BASE, DockAndStore, STATION } from '../fakes/dock-and-store.ts';

const COMMENT = 'bodydock trial-report';
const schema = z.strictObject({
  type: z.literal('trial-report'),
  version: z.literal(1),
  station: d.stationIdSchema,
  record: d.recordingIdSchema,
  text: z.string(),
});
const random = nodeRandom();
const [files, clock] = [nodeFiles(), nodeClock()];

let dock: DockAndStore;
let rig: Awaited<ReturnType<typeof openStation>>;
let ending: AbortController;

/** Its row: all that either end knows of it. */
beforeAll(() => {
  ITEM_DOCUMENTS.set('trial-report', {
    name: 'report.json',
    trustedComment: COMMENT,
    hasPayload: false,
    content: (bytes) => withoutPayload(d.parseDocument(schema, bytes, 4096)),
  });
});
afterAll(() => void ITEM_DOCUMENTS.delete('trial-report'));

beforeEach(async () => {
  dock = await DockAndStore.open({ hasFastSigner: true });
  await mkdir(join(dock.folder, 'spool'), { recursive: true });
  await dock.startReceiver();
  ending = new AbortController();
  rig = await openStation();
});
afterEach(async () => {
  ending.abort();
  await rig.close();
  await dock.close();
});

/** What of a station takes part, put together as compose-station.ts does. */
async function openStation() {
  const { log, conditions } = dock;
  const stationKeys = [publicKeyOf(dock.stationKey)];
  const storeKeys = [publicKeyOf(dock.storeKey)];
  const common = { files, clock, random, log, conditions, stationKeys, storeKeys };
  const { spool } = await Spool.open({
    ...common,
    path: join(dock.folder, 'spool'),
    reserveBytes: 0,
    bulk: bulkInline({ files, random }),
  });
  const { layout, changes } = spool;
  const custody = await CustodyLog.open({
    ...common,
    station: STATION,
    version: 'test',
    bootId: null,
    folder: layout.custody,
    snapshot: spool.snapshot,
    reserve: spool.logReserve,
    signer: inlineSigner(dock.stationKey),
  });
  const folder = join(layout.root, 'reports');
  const { store, findings } = await DocumentStore.open(plainDocuments('trial-report', folder), {
    ...common,
    spool,
  });
  const types = [
    recordingType(spool, files, custody.ledger),
    documentType('trial-report', store, entriesOf, files), // the one line
  ];
  const items = new SignedItems({ types, custody, files, changes, log });
  const trusted = { station: STATION, storeKeys, receivers: [parseReceiverId('r-a')] };
  const standing = new StoreStanding({
    state: spool.store,
    files,
    layout,
    reserve: spool.logReserve,
    store: trusted,
    differences: { isLogForked: false },
    levels: new Changes<'level'>(),
    clock,
    log,
    conditions,
  });
  const broker = dock.hub.client(`station-${makeSessionId(random)}`);
  const topics = stationTopics(BASE, STATION);
  const pusher = new Pusher({
    witness: { follow: () => undefined, newest: undefined },
    broker,
    limits: new SendLimits({ clock, localMs: (ms) => ms, log }),
    topics,
    session: makeSessionId(random),
    store: trusted,
    strangeKeys: new StrangeKeys({ clock, conditions }),
    items,
    changes,
    units: bulkInline({ files, random }),
    freeBuffer: () => undefined,
    custody,
    custodyPush: { level: async () => true },
    clock,
    log,
    conditions,
    standing,
    differences: { isOurs: async () => true },
  });
  broker.onMessage(({ topic, payload }) => {
    const down = topics.parseDown(topic);
    if (down?.kind === 'recording') pusher.take(down.recording, payload);
  });
  broker.onState((connected) => pusher.connectionChanged(connected));
  await broker.subscribe(topics.downFilter);
  const settlement = new Settlement({ items, custody, spool, layout, files, clock, log });
  pusher.start(settlement.enter(new AbortController().signal));
  broker.start();
  const wall = new TrustedWallClock(clock, () => null);
  const keep = new Keep({
    items,
    wall,
    policy: { daysMax: undefined },
    keepMs: 0,
    store: standing,
    changes,
    clock,
    log,
  });
  const close = async (): Promise<void> => {
    await standing.stop();
    await pusher.stop();
    await broker.close(true);
    await custody.close();
    await spool.close();
  };
  return { spool, store, items, keep, findings, folder, close };
}

function entriesOf({ recording, manifestSha256 }: StoredDocument) {
  const facts = { kind: 'trial-report', record: recording, sha256: manifestSha256 };
  return [{ event: 'document-recorded' as const, facts }];
}

async function written(text: string): Promise<StoredDocument> {
  const report = {
    type: 'trial-report',
    version: 1,
    station: STATION,
    record: makeRecordingId(random),
    text,
  };
  const bytes = d.encodeDocument(schema, report as z.infer<typeof schema>);
  return rig.store.write({ bytes, signature: signDocument(dock.stationKey, bytes, COMMENT) });
}

const logged = async (id: string): Promise<string[]> =>
  (await dock.custody())
    .toSorted((a, b) => a.sequence - b.sequence) // within a run; times may be the same
    .filter(({ facts }) => [facts['recording'], facts['record'], facts['name']].includes(id))
    .map(({ event }) => event);

const poll = { timeout: 15_000 };

test('it is spooled, delivered, receipted by a receiver and reclaimed, each with its entry', async () => {
  const { recording, folder } = await written('all is well');
  expect(rig.items.stateOf(recording)).toBe('spooled');
  rig.items.spooled('trial-report', recording);
  await expect.poll(() => rig.items.stateOf(recording), poll).toBe('receipted');
  const vault = join(dock.folder, 'vault', STATION, recording);
  expect(await readFile(join(vault, 'report.json'))).toEqual(await readFile(join(folder, 'report.json')));
  const receipt = parseReceipt(await readFile(join(vault, 'receipt.json')));
  expect(receipt).toMatchObject({ kind: 'trial-report', recording, sealed_size_bytes: 0 });
  expect(await readFile(join(folder, 'receipt.json'))).toEqual(await readFile(join(vault, 'receipt.json')));
  await expect.poll(() => logged(recording), poll).toEqual(['document-recorded', 'offered', 'receipted']);
  const keeping = rig.keep.run(ending.signal);
  await expect.poll(() => rig.items.stateOf(recording), poll).toBeUndefined();
  expect(await readdir(rig.folder)).toEqual([]);
  ending.abort();
  await keeping; // with its entry
  await rig.close();
  expect(await logged(recording)).toEqual(['document-recorded', 'offered', 'receipted', 'spool-reclaimed']);
  rig = await openStation();
});

test('one that was altered is neither sent nor receipted: it goes to the quarantine, and so it does at a start', async () => {
  const alter = async ({ folder }: StoredDocument): Promise<void> =>
    writeFile(join(folder, 'report.json'), encodeUtf8('{}'));
  const [sent, whole] = [await written('sent'), await written('whole')];
  await alter(sent);
  rig.items.spooled('trial-report', sent.recording);
  await expect.poll(() => rig.spool.asideNames, poll).toEqual([sent.recording]);
  expect(rig.items.stateOf(sent.recording)).toBeUndefined();
  await rig.close();
  expect(await logged(sent.recording)).toEqual(['document-recorded', 'quarantined']);
  expect(await readdir(join(dock.folder, 'vault', STATION)).catch(() => [])).not.toContain(sent.recording);
  rig = await openStation();
  expect(rig.items.stateOf(whole.recording)).toBe('spooled');
  const found = await written('found at a start');
  await alter(found);
  await rig.close();
  rig = await openStation();
  expect(rig.findings.map(({ kind, name }) => [kind, name])).toEqual([['quarantined', found.recording]]);
});

test('its receipt is taken back when the store was restored, and it is offered again', async () => {
  const { recording } = await written('again');
  rig.items.spooled('trial-report', recording);
  await expect.poll(() => rig.items.stateOf(recording), poll).toBe('receipted');
  await expect.poll(() => logged(recording), poll).toContain('receipted');
  const offered: string[] = [];
  for await (const id of rig.items.offerAgain()) offered.push(id);
  expect(offered).toEqual([recording]);
  await expect.poll(() => rig.items.stateOf(recording), poll).toBe('receipted');
});
