// The two configuration files of a first run: the same files that a technician would write, for parts on this machine alone.
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { OutFolder } from './out-folder.ts';

/** One camera of a first run. */
export interface FirstRunCamera {
  /** Bay and camera get ids from it: "bay-1", "cam-1". */
  readonly number: number;
  readonly folder: string;
}

export interface FirstRunSettings {
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
export const FIRST_RUN_RECEIVER = 'r-first-run';

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
