// Which USB interfaces at a bay udev shuts off (systemd/70-bodydock.rules), by the numbers that the kernel gives: class/subclass/protocol.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../../systemd/${name}`, import.meta.url), 'utf8');
const rule =
  /^SUBSYSTEM=="usb", ENV\{BODYDOCK_BAY\}=="\?\*", \\\n +ENV\{INTERFACE\}=="([\d/|*]+)", ATTR\{authorized\}="0"$/m;
const patterns = rule.exec(textOf('70-bodydock.rules'))?.[1]?.replaceAll('*', '.*');

test.each([
  ['a keyboard', '3/1/1', true],
  ['a mouse', '3/1/2', true],
  ['a device of keys without a boot protocol', '3/0/0', true],
  ['a network card by CDC-ECM', '2/6/0', true],
  ['one by CDC-EEM', '2/12/7', true],
  ['one by CDC-NCM', '2/13/0', true],
  ['one by MBIM', '2/14/0', true],
  ['one by RNDIS as Microsoft had it first', '2/2/255', true],
  ['one by RNDIS as "wireless"', '224/1/3', true],
  ['a Bluetooth controller', '224/1/1', true],
  ['one by RNDIS as "miscellaneous"', '239/4/1', true],
  ['one by ActiveSync', '239/1/1', true],
  ['a camera that speaks PTP or MTP', '6/1/1', false],
  ['a disk', '8/6/80', false],
  ['a serial port', '2/2/1', false],
  ['one without AT commands', '2/2/0', false],
  ['the data of a serial port', '10/0/0', false],
  ['a recorder of a class of its own', '255/255/0', false],
])('%s (%s) is shut off: %s', (_, numbers, isShutOff) => {
  expect(new RegExp(`^(?:${patterns ?? ''})$`).test(numbers)).toBe(isShutOff);
});

test('no key combination restarts a station', () => {
  expect(textOf('sysctl/60-bodydock.conf')).toMatch(/^kernel\.sysrq = 0$/m);
  expect(textOf('bodydock.service')).toContain('mask --runtime ctrl-alt-del.target');
});
