import { expect, test } from 'vitest';
import {
  encodeHelperRequest,
  HELPER_REQUEST_BYTES_MAX,
  parseHelperRequest,
} from '../../../../drivers/helper.ts';
import {
  MOUNT_VERBS,
  type MountAnswer,
  type MountedVolume,
  parseMountAnswer,
  wireMountAnswer,
} from '../../../../drivers/mass-storage/volumes.ts';
import { parseBayId } from '../../../../protocol/format/ids.ts';

const VOLUME: MountedVolume = {
  folder: '/run/bodydock-mount/bay-1',
  mode: 'ro',
  identity: '12.0.1.1048576.8388608',
  device: '8:1',
  fileSystem: 'vfat',
  sizeBytes: 8_388_608,
  isCutShort: false,
};

const encoded = (answer: MountAnswer): string => `${JSON.stringify(wireMountAnswer(answer))}\n`;

test.each(MOUNT_VERBS)('%s goes there and is understood, the longest bay too', (verb) => {
  for (const bay of ['b', 'b'.repeat(32)].map(parseBayId)) {
    const line = encodeHelperRequest({ verb, bay });
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(HELPER_REQUEST_BYTES_MAX);
    expect(parseHelperRequest(line.slice(0, -1), MOUNT_VERBS)).toEqual({ verb, bay });
  }
});

test.each([
  '',
  'mount-ro',
  'mount-ro ',
  'mount-ro  bay-1',
  'mount-ro bay-1 ',
  'mount-ro bay-1 /dev/sda',
  'mount bay-1',
  'MOUNT-RO bay-1',
  'mount-ro ../bay-1',
  'mount-ro /dev/sda',
  'mount-ro bay_1',
  'mount-ro bay-1\r',
  'unmount -a',
  '__proto__ bay-1',
])('"%s" is no request', (line) => {
  expect(parseHelperRequest(line, MOUNT_VERBS)).toBeUndefined();
});

test('an answer comes back as it was', () => {
  for (const answer of [
    { ok: true, report: { volume: VOLUME, others: ['other-volume', 'no-medium'] } },
    { ok: true, report: { volume: null, others: [] } },
    { ok: true, report: null },
    { ok: false, code: 'mount.busy', message: 'in use' },
  ] as const)
    expect(parseMountAnswer(encoded(answer))).toEqual(answer);
});

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['another code', '{"ok":false,"code":"mount.other","message":"x"}'],
  ['a reason of its own', '{"ok":true,"report":{"volume":null,"others":["x"]}}'],
  ['more than it has', '{"ok":true,"report":null,"x":1}'],
  [
    'a device that is none',
    encoded({ ok: true, report: { volume: { ...VOLUME, device: 'sda' }, others: [] } }),
  ],
])('%s is no answer', (_, text) => {
  expect(parseMountAnswer(text)).toBeUndefined();
});
