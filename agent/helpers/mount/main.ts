#!/usr/bin/env node
// The mount helper: mounts and unmounts the volumes of cameras for the agent, which may not. Runs as root and is to be read like a setuid program.
//
// What it takes from others: one line of at most 64 bytes on its socket, a verb (mount-ro, mount-rw, unmount) and the id of a bay; the first
// 4 KiB of each volume at a bay's port; the kernel's tables. Which port a bay has stands in the station's file, which must be root's; which device
// is there the kernel says. No path, no device, no option comes from a client, nothing from a camera becomes a word of a command.
//
// For its unit:
//   command   node dist/programs/agent/helpers/mount/main.js [--config /etc/bodydock/station.yaml] [--folder /run/bodydock-mount]
//             [--user bodydock] [--group bodydock] [--marks /run/udev/rules.d/69-bodydock-bays.rules]
//             (the values are the defaults; user and group are the agent's, names or numbers)
//   user      root, in the agent's group (else CAP_CHOWN for the socket); CapabilityBoundingSet=CAP_SYS_ADMIN (mount, blockdev); CAP_DAC_READ_SEARCH where the
//             station's file is not readable for root by its owner or mode
//   socket    <folder>/control.sock, root:<group>, mode 0660; unlinked and made again at each start
//   mounts    <folder>/<bay>, seen by the agent through propagation: no ProtectSystem, PrivateTmp, PrivateMounts, ProtectHome, ReadOnlyPaths or
//             other option that gives it a mount namespace of its own. The folder and all above it must be root's, and writable for root alone:
//             not the agent's RuntimeDirectory. RuntimeDirectory=bodydock-mount, RuntimeDirectoryMode=0755, RuntimeDirectoryPreserve=yes will do.
//   devices   DevicePolicy=closed with DeviceAllow=block-sd rw, block-sr r, block-loop rw, /dev/loop-control rw; /sys and /proc readable (no ProcSubset=pid)
//   udev      a rule that marks the ports of bays (70-bodydock.rules says for what), and udevadm to have it read: /run/udev and /sys writable
//   programs  mount, umount, losetup, blockdev (util-linux), dd, id (coreutils), getent (libc-bin), udevadm; kernel modules loop, vfat, exfat, nls_*: no
//             ProtectKernelModules, so that the kernel may load them, or load them at boot (modules-load.d)
//   network   none; RestrictAddressFamilies=AF_UNIX. MemoryDenyWriteExecute only with --jitless (V8).
//   start     before the agent (Before=bodydock.service), Restart=always, RestartPreventExitStatus=78; at its start it takes away what an earlier
//             run left mounted, and an agent that is running mounts again. KillMode=mixed, TimeoutStopSec=60: SIGTERM unmounts everything.
//   exit      0 ended when asked to, 1 failure, 2 usage, 75 another helper runs, 78 configuration, folder or user
import { join } from 'node:path';
import { EXIT_CONFIGURATION, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { HELPER_SOCKET_NAME } from '../../../drivers/helper.ts';
import { sysfsBlockDevices } from '../../../drivers/mass-storage/block-devices.ts';
import { mountTable } from '../../../drivers/mass-storage/mount-table.ts';
import { MOUNT_VERBS, wireMountAnswer } from '../../../drivers/mass-storage/volumes.ts';
import { SYSFS_USB_DEVICES, sysfsSocketPorts } from '../../../drivers/usb/socket.ts';
import { askedToEnd, type HelperGround, listenAsHelper, runHelper } from '../helper.ts';
import { BayMarks } from './bay-marks.ts';
import {
  clearStaleMounts,
  findOwner,
  type HelperOptions,
  MountHelper,
  parseOptions,
} from './mount-helper.ts';
import { SystemCalls, systemCommands } from './system-calls.ts';

async function work(options: HelperOptions, { clock, log, ports }: HelperGround): Promise<number> {
  const { folder, user, group, marks } = options;
  const run = systemCommands();
  const owner = await findOwner(options, run);
  if (owner === undefined) {
    log.error('user or group not usable', { user, group });
    return EXIT_CONFIGURATION;
  }
  const system = new SystemCalls(run, owner);
  const named = () => ports.named();
  const blockDevices = sysfsBlockDevices(undefined, named);
  const bayPorts = () => ports.read();
  const helper = new MountHelper({ folder, blockDevices, mountTable, system, clock, log, bayPorts });
  const socket = join(folder, HELPER_SOCKET_NAME);
  const server = await listenAsHelper(
    {
      kind: 'mount',
      socket,
      gid: owner.gid,
      verbs: MOUNT_VERBS,
      answer: async (request) => wireMountAnswer(await helper.answer(request)),
      clock,
      log,
    },
    () => clearStaleMounts(folder, system, log, clock),
  );
  log.info('mount helper is ready', { socket });
  const ending = askedToEnd();
  const portsOf = sysfsSocketPorts(SYSFS_USB_DEVICES, named);
  const bayMarks = new BayMarks({ file: marks, bayPorts, portsOf, run, clock, log });
  await Promise.all([helper.watch(ending), bayMarks.keep(ending)]);
  await Promise.all([server.close(), helper.end()]);
  return EXIT_GOOD;
}

runHelper({
  kind: 'mount',
  usage: '[--config FILE] [--folder FOLDER] [--user NAME] [--group NAME] [--marks FILE]',
  parse: parseOptions,
  work,
});
