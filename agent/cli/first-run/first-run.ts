// The first run: the real broker, receiver and agent on this machine, from cameras to verified receipts, watched over MQTT as
// monitoring would. It owns the order of the steps and nothing of what they do.
import { readdir, rename, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeIdentityFile, readIdentityFile } from '../../../config/enrolment/identity-file.ts';
import { makeSigningKey, readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { makeSimulatedCamera } from '../../../drivers/simulated/camera.ts';
import { publicKeyLine } from '../../../protocol/documents/minisign.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { Clock, Log, Random } from '../../../protocol/format/ports.ts';
import type { BayDocument } from '../../../protocol/transfer/messages.ts';
import { openMqttBroker, type StartableBroker } from '../../platform/broker-mqtt.ts';
import { LoggedConditions } from '../../platform/conditions-log.ts';
import { makeFolders } from '../../platform/make-folders.ts';
import { FIRST_RUN_STATION, type FirstRunCamera, type OutFolder, writeConfigFiles } from './out-folder.ts';
import { Part, runCommand } from './processes.ts';
import { BayWatch, ProgressLines, type ProgressOutput } from './progress.ts';

const BODYDOCK = fileURLToPath(new URL('../../main.js', import.meta.url));
const RECEIVER = fileURLToPath(new URL('../../../agent/receiver/main.js', import.meta.url));
const EMBEDDED_BROKER = fileURLToPath(
  new URL('../../../agent/platform/broker-embedded-main.js', import.meta.url),
);
/** Redrawing, and looking whether all is done. */
const LOOK_MS = 250;
/** An entry that waits (it changes, it cannot be read) is given this long when nothing else moves. */
const GIVE_UP_MS = 20_000;

export interface FirstRunWish {
  readonly out: OutFolder;
  /** Folders of the user's cameras, as checkCameraFolders lets them pass; empty for the simulated ones. */
  readonly cameras: readonly string[];
  readonly erase: boolean;
}

export interface FirstRunTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly output: ProgressOutput;
  readonly signal: AbortSignal;
}

export interface FirstRunResult {
  readonly bays: readonly BayDocument[];
  /** All entries receipted, and erased where that was asked for; simulated cameras were docked once more. */
  readonly complete: boolean;
  /** What `bodydock verify` found. */
  readonly verified: { readonly exitCode: number; readonly text: string };
}

/** Errors: "first-run.*", "key.*", "simulated.taken"; the signal's reason. All processes have ended when it settles. */
export async function firstRun(wish: FirstRunWish, tools: FirstRunTools): Promise<FirstRunResult> {
  const { out } = wish;
  const keys = await openKeys(out, tools.clock);
  const cameras = await openCameras(wish, tools);
  const parts: Part[] = [];
  const tell = (text: string): void => tools.output.write(text);
  let monitor: StartableBroker | undefined;
  try {
    const broker = await Part.start('broker', EMBEDDED_BROKER, [], out.logs, tools.clock);
    parts.push(broker);
    const brokerPort = portOf(await broker.ready(tell));
    await writeConfigFiles({ out, brokerPort, cameras, erase: wish.erase, ...keys });
    await prove(out, tools.signal);
    const receiver = await Part.start(
      'receiver',
      RECEIVER,
      ['run', '--config', out.receiverFile],
      out.logs,
      tools.clock,
    );
    parts.push(receiver);
    await receiver.ready(tell);
    monitor = openMonitor(brokerPort, tools);
    const watch = new BayWatch(
      monitor,
      'bodydock',
      FIRST_RUN_STATION,
      cameras.map(({ number }) => `bay-${number}`),
      () => undefined,
    );
    monitor.start();
    const agent = await Part.start(
      'agent',
      BODYDOCK,
      ['run', '--config', out.stationFile],
      out.logs,
      tools.clock,
    );
    parts.push(agent);
    await agent.ready(tell);
    await Promise.race([untilDone(watch, tools), ...parts.map((part) => part.failure())]);
    const bays = watch.bays.filter((bay) => bay !== undefined);
    let complete = bays.length === cameras.length && bays.every((bay) => isComplete(bay, wish.erase));
    if (complete && wish.cameras.length === 0) complete = await dockOnceMore(wish, cameras, watch, tools);
    await stopAll(parts, monitor);
    return { bays, complete, verified: await verify(out, tools.signal) };
  } finally {
    await stopAll(parts, monitor);
  }
}

interface FirstRunKeys {
  readonly recipient: string;
  readonly stationPublicKey: string;
  readonly storePublicKey: string;
}

/** Keys are made once for a folder and used again when it goes on. */
async function openKeys(out: OutFolder, clock: Clock): Promise<FirstRunKeys> {
  const identity = join(out.keys, 'store.identity');
  if (!(await exists(identity)))
    await makeIdentityFile(
      identity,
      join(out.keys, 'store.recipient'),
      new Date(clock.wallMs()).toISOString(),
    );
  for (const name of ['station', 'store']) {
    const secret = join(out.secrets, `${name}.key`);
    if (!(await exists(secret))) await makeSigningKey(secret, join(out.keys, `${name}.pub`));
  }
  const [opened] = await readIdentityFile(identity);
  if (opened === undefined)
    throw new DockError('key.malformed', `${identity} holds no identity`, { retry: 'person' });
  return {
    recipient: opened.recipient,
    stationPublicKey: publicKeyLine(await readPublicKeyFile(join(out.keys, 'station.pub'))),
    storePublicKey: publicKeyLine(await readPublicKeyFile(join(out.keys, 'store.pub'))),
  };
}

async function openCameras(wish: FirstRunWish, tools: FirstRunTools): Promise<FirstRunCamera[]> {
  if (wish.cameras.length > 0)
    return wish.cameras.map((folder, index) => ({ number: index + 1, folder: resolve(folder) }));
  const made = [1, 2].map((number) => ({ number, folder: join(wish.out.cameras, `camera-${number}`) }));
  if (await exists(wish.out.cameras)) {
    await emptyDrawer(wish.out);
    return made;
  }
  const startedAtMs = tools.clock.wallMs() - 6 * 3_600_000;
  for (const { number, folder } of made) {
    await makeSimulatedCamera(
      folder,
      { kind: number === 1 ? 'long-clip' : 'empty', seed: number, startedAtMs },
      tools.signal,
    );
  }
  return made;
}

/** The gate stays shut until somebody has opened a challenge with the identity: here the user is both ends. */
async function prove(out: OutFolder, signal: AbortSignal): Promise<void> {
  const args = ['keys', 'prove', '--config', out.stationFile, '--identity', join(out.keys, 'store.identity')];
  const { exitCode, stderr } = await runCommand(BODYDOCK, args, signal);
  if (exitCode === 0) return;
  throw new DockError('first-run.prove', `"bodydock keys prove" ended with ${exitCode}: ${stderr.trim()}`, {
    retry: 'person',
  });
}

function openMonitor(port: number, tools: FirstRunTools): StartableBroker {
  return openMqttBroker({
    url: `mqtt://127.0.0.1:${port}`,
    protocol: 4,
    clientId: 'bodydock-first-run-monitor',
    maxPacketBytes: UNIT_BYTES,
    clock: tools.clock,
    random: tools.random,
    log: tools.log,
    conditions: new LoggedConditions(tools.log),
  });
}

async function untilDone(watch: BayWatch, { clock, output, signal }: FirstRunTools): Promise<void> {
  const lines = new ProgressLines(output, () => clock.monotonicMs());
  let restingSinceMs = clock.monotonicMs();
  for (;;) {
    lines.draw(watch.bays);
    if (watch.done) return;
    if (watch.moving) restingSinceMs = clock.monotonicMs();
    else if (clock.monotonicMs() - restingSinceMs > GIVE_UP_MS) return;
    await clock.sleep(LOOK_MS, signal);
  }
}

/** The simulated cameras are empty now: the normal day of a service, which leaves a record all the same. */
function dockOnceMore(
  { out }: FirstRunWish,
  cameras: readonly FirstRunCamera[],
  watch: BayWatch,
  { output, clock, signal }: FirstRunTools,
): Promise<boolean> {
  output.write('Docking both cameras once more, empty: each docking leaves its record.\n');
  return dockEmpty(out, cameras, { clock, signal, bays: () => watch.bays });
}

function isComplete(bay: BayDocument, erase: boolean): boolean {
  return (
    bay.state === 'done' &&
    bay.entries_receipted === bay.entries &&
    (!erase || bay.entries_erased === bay.entries)
  );
}

async function verify(out: OutFolder, signal: AbortSignal): Promise<FirstRunResult['verified']> {
  const { exitCode, stdout, stderr } = await runCommand(
    BODYDOCK,
    ['verify', out.vault, '--identity', join(out.keys, 'store.identity')],
    signal,
  );
  return { exitCode, text: `${stdout}${stderr}`.trim() };
}

/** Agent first, so that the receiver still hears it; idempotent. */
async function stopAll(parts: Part[], monitor: StartableBroker | undefined): Promise<void> {
  await monitor?.close(true);
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) await part.stop();
}

function portOf(message: unknown): number {
  if (
    typeof message === 'object' &&
    message !== null &&
    'port' in message &&
    typeof message.port === 'number'
  )
    return message.port;
  throw new DockError('first-run.part', `the broker did not start: ${JSON.stringify(message)}`, {
    retry: 'person',
  });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

// The second docking of a first run: each simulated camera is taken out of its bay and put back with nothing on it, as on most days of a
// real service. What it leaves is a docking record: the proof that nothing was on the camera any more.
//
// A camera is its folder; out of its bay means that the folder lies in `drawer`. Folders of the user's own cameras are never moved.

/** The station looks more than once a second whether a camera is there; far more than that, on a slow machine too, means that it does not look. */
const MOVE_MS_MAX = 120_000;
const DOCKING_LOOK_MS = 100;

interface EmptyDockingTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Newest documents, in the order of the cameras. */
  readonly bays: () => readonly (BayDocument | undefined)[];
}

/** Docks each camera once more. True where each bay showed it to be empty in time. Errors: the system's; the signal's reason. */
async function dockEmpty(
  out: OutFolder,
  cameras: readonly FirstRunCamera[],
  tools: EmptyDockingTools,
): Promise<boolean> {
  try {
    for (const { folder } of cameras) await rename(folder, join(await drawerOf(out), basename(folder)));
    if (!(await allShow(tools, ({ camera }) => camera === null))) return false;
  } finally {
    await emptyDrawer(out);
  }
  return allShow(tools, ({ camera, state, entries }) => camera !== null && state === 'done' && entries === 0);
}

/** Puts back what an earlier run that was killed left in the drawer. */
async function emptyDrawer(out: OutFolder): Promise<void> {
  const drawer = join(out.path, 'drawer');
  const names = await readdir(drawer).catch((error: unknown): string[] => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) await rename(join(drawer, name), join(out.cameras, name));
}

async function drawerOf(out: OutFolder): Promise<string> {
  const drawer = join(out.path, 'drawer');
  await makeFolders(drawer, 0o750);
  return drawer;
}

async function allShow(
  { clock, signal, bays }: EmptyDockingTools,
  shows: (bay: BayDocument) => boolean,
): Promise<boolean> {
  for (const end = clock.monotonicMs() + MOVE_MS_MAX; clock.monotonicMs() < end;) {
    if (bays().every((bay) => bay !== undefined && shows(bay))) return true;
    await clock.sleep(DOCKING_LOOK_MS, signal);
  }
  return false;
}
