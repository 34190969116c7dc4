// What a unit allows by the name of a group of devices. systemd looks it up in /proc/devices once, when the unit starts, and leaves out what is
// not there: the driver must be loaded before.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

/** The module that registers each group, in the kernels of Debian. */
const MODULES: Readonly<Record<string, string>> = {
  'block-loop': 'loop',
  'block-sd': 'sd_mod',
  'block-sr': 'sr_mod',
  'char-ttyACM': 'cdc_acm',
  'char-ttyUSB': 'usbserial',
  'char-usb_device': 'usbcore',
};

describe.each(['bodydock.service', 'bodydock-mount.service'])('%s', (name) => {
  test('has the driver of each group of devices loaded before it starts', async () => {
    const unit = await readFile(new URL(`../../../systemd/${name}`, import.meta.url), 'utf8');
    const words = (key: string): string[] =>
      [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].flatMap(([, value = '']) => value.split(' '));
    const groups = words('DeviceAllow').filter((word) => /^(?:block|char)-/.test(word));
    const loaders = groups.map((group) => `modprobe@${MODULES[group]}.service`);
    expect(loaders.length).toBeGreaterThan(0);
    expect(words('Wants')).toEqual(expect.arrayContaining(loaders));
    expect(words('After')).toEqual(expect.arrayContaining(loaders));
  });
});
