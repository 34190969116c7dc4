// The folder of a first run: made new, or one of ours that goes on where it stopped. Anything else in the way is refused.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { makeFolders } from '../../platform/make-folders.ts';

const MARKER = 'bodydock-first-run.json';
const MARKER_TEXT = '{"kind":"bodydock-first-run","version":1}\n';
/** Folders that one `out/` may hold before the user is asked to clear up. */
const NAMES_MAX = 10_000;

/** Where things lie in the folder of a first run. */
export interface OutFolder {
  readonly path: string;
  /** False where an earlier run left it. */
  readonly fresh: boolean;
  readonly vault: string;
  /** station.pub, store.pub, store.identity: what an expert needs. */
  readonly keys: string;
  /** Secret signing keys of station and store. */
  readonly secrets: string;
  readonly spool: string;
  readonly cameras: string;
  readonly logs: string;
  readonly stationFile: string;
  readonly receiverFile: string;
}

/**
 * Opens the folder of a first run; without a name the next free `out/first-run-N` below `base`.
 * Errors: "first-run.out" where the folder is not empty and not of an earlier first run.
 */
export async function openOutFolder(name: string | undefined, base: string): Promise<OutFolder> {
  const path = name === undefined ? await nextFree(join(base, 'out')) : resolve(base, name);
  const fresh = await claim(path);
  const out = layout(path, fresh);
  for (const folder of [out.keys, out.secrets, out.spool, out.vault, out.logs])
    await makeFolders(folder, 0o750);
  return out;
}

function layout(path: string, fresh: boolean): OutFolder {
  return {
    path,
    fresh,
    vault: join(path, 'vault'),
    keys: join(path, 'keys'),
    secrets: join(path, 'secrets'),
    spool: join(path, 'spool'),
    cameras: join(path, 'cameras'),
    logs: join(path, 'logs'),
    stationFile: join(path, 'station.yaml'),
    receiverFile: join(path, 'receiver.yaml'),
  };
}

async function claim(path: string): Promise<boolean> {
  await makeFolders(path, 0o750);
  const names = await readdir(path);
  if (names.length === 0) {
    await writeFile(join(path, MARKER), MARKER_TEXT, { flag: 'wx' });
    return true;
  }
  const marker = await readFile(join(path, MARKER), 'utf8').catch(() => undefined);
  if (marker === MARKER_TEXT) return false;
  throw new DockError(
    'first-run.out',
    `${path} is not empty and not the folder of an earlier first run: name an empty or a new one with --out`,
    {
      retry: 'person',
    },
  );
}

async function nextFree(parent: string): Promise<string> {
  await makeFolders(parent);
  for (let number = 1; number <= NAMES_MAX; number++) {
    const path = join(parent, `first-run-${number}`);
    try {
      await mkdir(path, { mode: 0o750 });
      return path;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
  throw new DockError('first-run.out', `${parent} holds ${NAMES_MAX} first runs already: remove some`, {
    retry: 'person',
  });
}

// The two configuration files of a first run: the same files that a technician would write, for parts on this machine alone.

/** One camera of a first run. */
export interface FirstRunCamera {
  /** Bay and camera get ids from it: "bay-1", "cam-1". */
  readonly number: number;
  readonly folder: string;
}

interface FirstRunSettings {
  readonly out: OutFolder;
  readonly brokerPort: number;
  readonly cameras: readonly FirstRunCamera[];
  readonly erase: boolean;
  readonly recipient: string;
  readonly stationPublicKey: string;
  readonly storePublicKey: string;
}

/** More than any disk that a first run writes to: the disk itself is the bound here. */
const VAULT_QUOTA_BYTES = 2 ** 43;
export const FIRST_RUN_STATION = 'first-run';
const FIRST_RUN_RECEIVER = 'r-first-run';

/** Writes station.yaml and receiver.yaml anew: the port of the embedded broker is another one each time. */
export async function writeConfigFiles(settings: FirstRunSettings): Promise<void> {
  const { out, brokerPort } = settings;
  const broker = { url: `mqtt://127.0.0.1:${brokerPort}` };
  const station = {
    version: 1,
    station: FIRST_RUN_STATION,
    spool: { path: out.spool, reserve_bytes: 1024 * 1024, keep_hours: 48 },
    keys: { signing_file: `${out.secrets}/station.key` },
    recipients: [settings.recipient],
    store: { public_keys: [settings.storePublicKey], receivers: [FIRST_RUN_RECEIVER] },
    broker,
    bays: settings.cameras.map(({ number, folder }) => ({
      id: `bay-${number}`,
      folder,
      camera: `cam-${number}`,
    })),
    cameras: settings.cameras.map(({ number }) => ({ id: `cam-${number}`, alias: `camera-${number}` })),
    release: settings.erase ? 'after-receipt' : 'never',
  };
  const receiver = {
    version: 1,
    receiver: FIRST_RUN_RECEIVER,
    vault: { path: out.vault, quota_bytes: VAULT_QUOTA_BYTES },
    keys: { signing_file: `${out.secrets}/store.key` },
    stations: [{ id: FIRST_RUN_STATION, public_keys: [settings.stationPublicKey] }],
    broker,
  };
  await writeFile(out.stationFile, stringify(station), { mode: 0o640 });
  await writeFile(out.receiverFile, stringify(receiver), { mode: 0o640 });
}
