import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BayLamp, type BayLight, type Lamp } from '../../../agent/dock/bay-lamp.ts';
import { ledLamp } from '../../../agent/dock/lamp-leds.ts';
import { parseBayId } from '../../../protocol/format/ids.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const bay = parseBayId('bay-1');

describe('the lamp of a bay', () => {
  let clock: ManualClock;
  let conditions: MemoryConditions;
  const lampOf = (lamp: Lamp): BayLamp => new BayLamp({ bay, lamp, clock, conditions, log: new MemoryLog() });

  beforeEach(() => {
    clock = new ManualClock();
    conditions = new MemoryConditions();
  });

  test('shows the newest light, one call at a time', async () => {
    const asked: BayLight[] = [];
    const open: (() => void)[] = [];
    const lamp = lampOf({
      show: (light) => {
        asked.push(light);
        return new Promise((resolve) => open.push(resolve));
      },
    });
    for (const light of ['do-not-take', 'call-someone', 'safe-to-take', 'safe-to-take'] as const)
      lamp.show(light);
    await settle();
    open.shift()?.();
    await settle();
    expect(asked).toEqual(['do-not-take', 'safe-to-take']);
  });

  test('that is missing is a condition and tried again, and shows what is true once it is there', async () => {
    const shown: BayLight[] = [];
    let isThere = false;
    const lamp = lampOf({
      show: async (light) => {
        if (!isThere) throw Object.assign(new Error('no such file /sys/class/leds/x'), { code: 'ENOENT' });
        shown.push(light);
      },
    });
    lamp.show('do-not-take');
    await settle();
    expect(conditions.facts('station.led', bay)).toEqual({ reason: 'ENOENT' });
    lamp.show('safe-to-take');
    isThere = true;
    await clock.advance(61_000);
    await settle();
    expect([shown, conditions.codes()]).toEqual([['safe-to-take'], []]);
  });

  test('that never answers is a condition, and no second call joins the first', async () => {
    let calls = 0;
    const lamp = lampOf({ show: () => new Promise(() => void calls++) });
    lamp.show('do-not-take');
    await clock.advance(3000);
    expect(conditions.facts('station.led', bay)).toEqual({ reason: 'late' });
    for (let minute = 0; minute < 5; minute++) {
      lamp.show('safe-to-take');
      await clock.advance(60_000);
    }
    expect(calls).toBe(1);
  });

  test('is switched by a whole station', async () => {
    const dock = await DockAndStore.open({ leds: [['green:1']] });
    const shown: BayLight[] = [];
    dock.lamp = { show: async (light) => void shown.push(light) };
    try {
      dock.camera.put('1.MP4', new Uint8Array(50_000));
      await dock.startReceiver();
      await dock.startStation();
      await dock.until('safe', () => dock.bay()['state'] === 'done' && shown.at(-1) === 'safe-to-take');
      dock.camera.detach();
      await dock.until('dark', () => shown.at(-1) === 'off');
      expect(shown).toContain('do-not-take');
    } finally {
      await dock.close();
    }
  });
});

describe('LEDs', () => {
  let folder: string;
  const noWait = async (): Promise<void> => undefined;
  /** The first line is what the kernel would take: nothing is cut off before a write, and nothing needs to be. */
  const read = async (led: string, attribute: string): Promise<string | undefined> =>
    (await readFile(join(folder, led, attribute), 'utf8')).split('\n')[0];
  const glow = async (led: string): Promise<string> => {
    if ((await read(led, 'trigger')) !== 'timer')
      return (await read(led, 'brightness')) === '0' ? 'off' : 'on';
    return `${await read(led, 'delay_on')}/${await read(led, 'delay_off')}`;
  };

  /** The files of an LED as the kernel shows them; those of the timer only come with the timer, which a folder cannot do by itself. */
  async function led(name: string, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
    await mkdir(join(folder, name));
    const all = {
      brightness: '0',
      max_brightness: '255\n',
      trigger: 'none',
      delay_on: '500',
      delay_off: '500',
      ...attributes,
    };
    for (const [attribute, value] of Object.entries(all))
      await writeFile(join(folder, name, attribute), value);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-leds-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test.each([
    ['safe-to-take', 'on'],
    ['do-not-take', '1000/1000'],
    ['call-someone', '200/200'],
    ['off', 'off'],
  ] as const)('one alone shows %s as %s', async (light, expected) => {
    await led('bay');
    await ledLamp(['bay'], noWait, folder).show(light);
    expect(await glow('bay')).toBe(expected);
    if (expected === 'on') expect(await read('bay', 'brightness')).toBe('255');
  });

  test.each([
    ['safe-to-take', 'on', 'off'],
    ['do-not-take', 'off', 'on'],
    ['call-someone', 'off', '200/200'],
    ['off', 'off', 'off'],
  ] as const)('two show %s as %s and %s, whatever they showed before', async (light, first, second) => {
    await led('green');
    await led('red');
    const lamp = ledLamp(['green', 'red'], noWait, folder);
    for (const before of ['call-someone', 'safe-to-take', 'off'] as const) {
      await lamp.show(before);
      await lamp.show(light);
      expect([await glow('green'), await glow('red')]).toEqual([first, second]);
    }
  });

  test('one that cannot blink goes dark rather than on, which would say "safe"', async () => {
    await led('bay', { brightness: '255' });
    await rm(join(folder, 'bay', 'delay_on'));
    await expect(ledLamp(['bay'], noWait, folder).show('do-not-take')).rejects.toMatchObject({
      code: 'lamp.refused',
    });
    expect(await glow('bay')).toBe('off');
  });

  test('one that is not there is an error, and leaves no file behind', async () => {
    await expect(ledLamp(['other'], noWait, folder).show('off')).rejects.toMatchObject({ code: 'ENOENT' });
    await mkdir(join(folder, 'other'));
    await expect(ledLamp(['other'], noWait, folder).show('off')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(join(folder, 'other'))).toEqual([]);
  });
});
