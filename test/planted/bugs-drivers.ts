// Bugs in what is believed of cameras.
import type { PlantedBug } from './planted-bug.ts';

const PTP = ['drivers/ptp/misdeeds'];
const FOLDER = [
  'drivers/mass-storage/detach',
  'drivers/mass-storage/contract',
  'drivers/mass-storage/faults',
];

export const DRIVER_BUGS: readonly PlantedBug[] = [
  {
    id: 'ptp-size-32-bit',
    what: 'a file of 4 GiB or more is taken with its size in 32 bits',
    file: 'drivers/ptp/listing.ts',
    find: '  return { info, sizeBytes: size === undefined ? small : size };\n',
    put: '  return { info, sizeBytes: small };\n',
    suites: PTP,
  },
  {
    id: 'ptp-size-unknown',
    what: '0xFFFFFFFF counts as a size',
    file: 'drivers/ptp/listing.ts',
    find: '  const small = info.sizeBytes32 === SIZE_UNKNOWN ? null : info.sizeBytes32;\n',
    put: '  const small = info.sizeBytes32;\n',
    suites: PTP,
  },
  {
    id: 'ptp-offset-32-bit',
    what: 'offsets beyond 4 GiB are asked for without their upper half',
    file: 'drivers/ptp/commands.ts',
    find: 'low, Math.floor(offset / 2 ** 32), lengthBytes]',
    put: 'low, 0, lengthBytes]',
    suites: PTP,
  },
  {
    id: 'ptp-more-than-listed',
    what: 'a camera that lists less than it has gets the rest erased unread',
    file: 'drivers/ptp/read-object.ts',
    find: '    if (entry.sizeBytes < reach) await assertNoMore(commands, entry, find, signal);\n',
    put: '',
    suites: PTP,
  },
  {
    id: 'ptp-no-second-look',
    what: 'a file that changed while it was read counts as whole',
    file: 'drivers/ptp/read-object.ts',
    find: '  await confirm(commands, entry, find, signal);\n',
    put: '  void confirm;\n',
    suites: [...PTP, 'drivers/ptp/contract'],
  },
  {
    id: 'ptp-one-name-twice',
    what: 'of two files with one name only one is listed',
    file: 'drivers/ptp/given-paths.ts',
    find: '  while (taken.has(pathKey(path)) || known.isDoubtful(pathKey(path))) path = withHandle(path, handle);\n',
    put: '  void handle;\n',
    suites: PTP,
  },
  {
    id: 'ptp-twins-swapped',
    what: 'of two files with one name each keeps its path by a handle that belongs to the other one now',
    file: 'drivers/ptp/given-paths.ts',
    find: '${this.#areHandlesKept ? handle : stamp} ${name}',
    put: '${this.#areHandlesKept || stamp ? handle : stamp} ${name}',
    suites: ['drivers/ptp/given-paths'],
  },
  {
    id: 'ptp-old-handles',
    what: 'handles of before a reset are used after it',
    file: 'drivers/ptp/conversation.ts',
    find: '      this.#generation++;\n      return;\n',
    put: '      return;\n',
    suites: PTP,
  },
  {
    id: 'card-gone-is-empty',
    what: 'the empty listing of a card that was pulled counts as an empty card',
    file: 'drivers/mass-storage/folder-session.ts',
    find: '      await this.#medium.assertStayed(signal);\n',
    put: '',
    suites: FOLDER,
  },
  {
    id: 'other-device-followed',
    what: 'a folder that leads to another device is gone into',
    file: 'drivers/mass-storage/medium.ts',
    find: "      if (stat.device !== this.rootStat.device) throw changed('a folder above it leads to another device');\n",
    put: '      void stat;\n',
    suites: ['drivers/mass-storage/escape', ...FOLDER],
  },
  {
    id: 'smp-crc-not-checked',
    what: 'a packet that was altered on the line is taken',
    file: 'drivers/smp/console-framing.ts',
    find: '    if (crc16(packet) !== ((high << 8) | low)) return this.#drop();\n',
    put: '    void crc16;\n    void high;\n    void low;\n',
    suites: ['drivers/smp/framing'],
  },
];
