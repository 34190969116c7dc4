#!/usr/bin/env node
// The power helper: switches the power of a bay's USB port off and on for the agent, which may not. Runs as root and is to be read like a setuid
// program. Optional: nobody misses it where it does not run.
//
// What it takes from others: one line of at most 64 bytes on its socket, "power-cycle" and the id of a bay; the kernel's tables. Which port a
// bay has stands in the station's file, which must be root's. No port, path or device comes from a client.
//
// For its unit:
//   command   node dist/programs/agent/helpers/power/main.js [--config /etc/bodydock/station.yaml] [--folder /run/bodydock-power]   (the defaults)
//   user      root without any capability: it owns the files that it writes to. Group=bodydock, the agent's: whose members may ask
//   socket    <folder>/control.sock, root:<group>, mode 0660; the folder and all above it root's, and writable for root alone
//   writes    <folder>, and `disable` of ports below /sys/devices: ReadWritePaths=/sys/devices
//   network   none; RestrictAddressFamilies=AF_UNIX. No MemoryDenyWriteExecute (V8).
//   start     RuntimeDirectoryPreserve=restart keeps the marks of ports that are off: a start after a crash switches them on
//   exit      0 ended when asked to, 1 failure, 2 usage, 75 another helper runs, 78 configuration or folder
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { STATION_FILE_DEFAULT } from '../../../config/load.ts';
import { HELPER_SOCKET_NAME } from '../../../drivers/helper.ts';
import { POWER_FOLDER_DEFAULT, POWER_VERBS } from '../../../drivers/usb/port-power-helper.ts';
import { askedToEnd, listenAsHelper, runHelper, type HelperGround, type HelperPlace } from '../helper.ts';
import { PowerHelper } from './power-helper.ts';

const SYSFS_DEVICES = '/sys/bus/usb/devices';

async function work({ folder }: HelperPlace, { clock, log, ports }: HelperGround): Promise<number> {
  const bayPorts = () => ports.read();
  const helper = new PowerHelper({ root: SYSFS_DEVICES, folder, bayPorts, clock, log });
  const socket = join(folder, HELPER_SOCKET_NAME);
  const gid = process.getgid?.() ?? 0;
  const server = await listenAsHelper(
    { kind: 'power', socket, gid, verbs: POWER_VERBS, answer: ({ bay }) => helper.answer(bay), clock, log },
    () => helper.restore(),
  );
  log.info('power helper is ready', { socket });
  await once(askedToEnd(), 'abort');
  await Promise.all([server.close(), helper.end()]);
  return EXIT_GOOD;
}

function parseOptions(words: readonly string[]): HelperPlace | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ args: [...words], options: { config: text, folder: text }, strict: true });
    return { config: values.config ?? STATION_FILE_DEFAULT, folder: values.folder ?? POWER_FOLDER_DEFAULT };
  } catch {
    return undefined;
  }
}

runHelper({ kind: 'power', usage: '[--config FILE] [--folder FOLDER]', parse: parseOptions, work });
