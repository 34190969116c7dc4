// One measurement of the group `usb`, in a process of its own so that its memory is its own: so many cameras on wires in memory are read at
// a time, by the bare pipe, by the driver, or by the whole pull into sealed files. Prints one JSON document.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pullInto } from '../../agent/pull/pull.ts';
import type { Bulk } from '../../agent/seal/bulk.ts';
import { openBulkWorkers } from '../../agent/seal/bulk-workers.ts';
import type { CameraSession, InventoryEntry } from '../../drivers/driver.ts';
import { CONTAINER_HEADER_BYTES, encodeCommand } from '../../drivers/ptp/container.ts';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { MemoryCamera } from '../fakes/memory-camera.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import { USB_TRANSFER_BYTES_MAX, type UsbTransport } from '../../drivers/usb/transport.ts';
import { makeIdentity } from '../../protocol/age/age-keys.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { live, patternBytes } from '../contracts/driver-subject.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { PtpResponder } from '../fakes/ptp/responder.ts';
import { UsbDock } from '../fakes/usb/dock.ts';

/** What is done with what comes. */
export type UsbMode = 'pipe' | 'read' | 'pull';

export interface UsbRun {
  readonly elapsedMs: number;
  /** Of all threads, user and system. */
  readonly cpuS: number;
  readonly peakBytes: number;
  readonly good: boolean;
}

const MIB = 1024 * 1024;
/** Larger than what is asked for at a time, and the same bytes again in each MiB. */
const PATTERN = Buffer.concat(Array<Uint8Array>(8).fill(patternBytes(MIB)));
const WAIT_MS = 60_000;
const OPERATION = { openSession: 0x1002, handles: 0x1007, object: 0x1009 };
const ALL = 0xffffffff;

type World = ReturnType<typeof world>;

/** `bays` cameras with one file each. */
function world(bays: number, fileBytes: number) {
  const clock = nodeClock();
  const dock = new UsbDock(clock);
  const budget = new UsbBudget();
  for (let bay = 1; bay <= bays; bay++) {
    const responder = new PtpResponder(new MemoryCamera());
    const bytesAt = (offset: number, count: number): Uint8Array =>
      PATTERN.subarray(offset % MIB, (offset % MIB) + count);
    responder.objects.putVirtual('KOD_0001.MP4', { sizeBytes: fileBytes, bytesAt });
    dock.plug(`1-1.${bay}`, responder);
  }
  const driver = ptpDriver({
    devices: dock.devices,
    openUsb: dock.openUsb,
    clock,
    onRecovery: () => undefined,
  });
  return { clock, dock, driver, budget, fileBytes };
}

async function overPipe(at: World, bay: number): Promise<boolean> {
  const device = await at.dock.devices.at(`1-1.${bay}`, live());
  if (device === undefined) return false;
  const transport = await at.dock.openUsb(device, 0, live());
  try {
    return await fetchObject(transport, at.fileBytes);
  } finally {
    await transport.close();
  }
}

async function fetchObject(transport: UsbTransport, fileBytes: number): Promise<boolean> {
  const fetch = (): Promise<Uint8Array> => transport.bulkIn(USB_TRANSFER_BYTES_MAX, WAIT_MS, live());
  const command = (operation: number, transaction: number, parameters: readonly number[]): Promise<void> =>
    transport.bulkOut(encodeCommand(operation, transaction, parameters), WAIT_MS, live());
  await command(OPERATION.openSession, 0, [1]);
  await fetch();
  await command(OPERATION.handles, 1, [ALL, 0, ALL]);
  const handles = await fetch();
  await fetch();
  await command(OPERATION.object, 2, [new DataView(handles.buffer, handles.byteOffset).getUint32(16, true)]);
  let come = 0;
  while (come < fileBytes + CONTAINER_HEADER_BYTES) come += (await fetch()).length;
  return come >= fileBytes;
}

async function bySession(
  { driver }: World,
  bay: number,
  use: (session: CameraSession, entry: InventoryEntry) => Promise<boolean>,
): Promise<boolean> {
  const session = await driver.open({ kind: 'usb', path: `1-1.${bay}` }, live());
  try {
    const [entry] = (await session.inventory(live())).entries;
    return entry !== undefined && (await use(session, entry));
  } finally {
    await session.close();
  }
}

async function read(session: CameraSession, entry: InventoryEntry): Promise<boolean> {
  let come = 0;
  for await (const piece of session.read(entry, 0, live()))
    if (piece.kind === 'bytes') come += piece.bytes.length;
  return come === entry.sizeBytes;
}

async function pull(
  at: World,
  bulk: Bulk,
  path: string,
  [session, entry]: readonly [CameraSession, InventoryEntry],
): Promise<string> {
  const recipients = [makeIdentity(nodeRandom()).recipient];
  const sealing = await bulk.startSeal({
    payloadPath: `${path}.age`,
    chunksPath: `${path}.chunks`,
    recipients,
  });
  const { clock } = at;
  const context = { session, clock, log: new MemoryLog(), signal: live(), onProgress: () => undefined };
  await pullInto(sealing, entry, context);
  return (await sealing.finish()).originalSha256;
}

/** Digest of what each camera holds. */
function expectedSha256(fileBytes: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < fileBytes; at += MIB) hash.update(PATTERN.subarray(0, Math.min(MIB, fileBytes - at)));
  return hash.digest('hex');
}

async function measure(mode: UsbMode, bays: number, fileBytes: number): Promise<UsbRun> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bench-'));
  const cores = availableParallelism();
  const bulk = await openBulkWorkers({ count: Math.max(1, Math.min(bays, cores)), cores });
  try {
    const at = world(bays, fileBytes);
    const sha256 = mode === 'pull' ? expectedSha256(fileBytes) : '';
    const pulled = (bay: number) => (session: CameraSession, entry: InventoryEntry) =>
      pull(at, bulk, join(folder, `${bay}`), [session, entry]).then((found) => found === sha256);
    const one = (bay: number): Promise<boolean> => {
      if (mode === 'pipe') return overPipe(at, bay);
      return bySession(at, bay, mode === 'read' ? read : pulled(bay));
    };
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    const done = await Promise.all(Array.from({ length: bays }, (_, index) => one(index + 1)));
    const elapsedMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(cpu);
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    return { elapsedMs, cpuS: (user + system) / 1e6, peakBytes, good: done.every(Boolean) };
  } finally {
    await bulk.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const [mode = '', bays = '', fileBytes = ''] = process.argv.slice(2);
if (mode !== 'pipe' && mode !== 'read' && mode !== 'pull') throw new Error(`${mode} is no mode`);
process.stdout.write(`${JSON.stringify(await measure(mode, Number(bays), Number(fileBytes)))}\n`);
