// The bytes of the three dialects, against what is published of them, and against any others (CAM-25). Seeds that once failed are kept.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  batteryPercentA,
  type CommandA,
  COMMANDS_A,
  encodeA,
  frameBytesA,
  isPingA,
  parseA,
  serialOfIdBlock,
} from '../../../../drivers/ambarella/dialect-a.ts';
import {
  deviceIdB,
  encodeB,
  isPasswordB,
  logInOutcomeB,
  parseB,
} from '../../../../drivers/ambarella/dialect-b.ts';
import { encodeC, parseC, requestC } from '../../../../drivers/ambarella/dialect-c.ts';
import { fuzz, type KeptSeed } from '../../../fakes/fuzzing.ts';

const KEPT: Readonly<
  Record<'frames a' | 'id block a' | 'texts b' | 'device id b' | 'packets c', readonly KeptSeed[]>
> = {
  'frames a': [],
  'id block a': [],
  'texts b': [],
  'device id b': [],
  'packets c': [],
};

function check<T>(name: keyof typeof KEPT, property: fc.IProperty<T>): Promise<void> {
  return fuzz(property, { name: `ambarella/wire ${name}`, runs: 1000, kept: KEPT[name] });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const anyBytes = fc.uint8Array({ maxLength: 200 });

describe('dialect A', () => {
  test('frames a command with its magic and fills it with zeros', () => {
    expect(hex(encodeA('ping'))).toBe('a1b2c3d400e10020000000000000');
    expect(hex(encodeA('logIn', '12ab'))).toBe(`a1b2c3d400e1001100${hex(latin1('12ab'))}0000`);
    expect(hex(encodeA('storageMode'))).toBe('a1b2c3d400e1005100');
    expect(encodeA('idBlock')).toHaveLength(109);
    expect(encodeA('battery')).toHaveLength(10);
    expect(() => encodeA('logIn', '1234567')).toThrow(RangeError);
  });

  test('has no command that sets, formats or identifies anything', () => {
    const allowed = ['e10020', 'e10011', 'e10030', 'e10070', 'e10051'];
    expect(Object.values(COMMANDS_A).map(({ code }) => hex(Uint8Array.from(code)))).toEqual(allowed);
  });

  test('takes an answer of the right length whose status is accepted, and no other', () => {
    const answer = encodeA('ping');
    answer.set(latin1('ABCDE'), 9);
    expect(parseA('ping', answer)).toEqual({ kind: 'refused' });
    answer[6] = 0x80;
    const parsed = parseA('ping', answer);
    expect(parsed.kind === 'accepted' && isPingA(parsed.data)).toBe(true);
    expect(parseA('ping', answer.subarray(0, 13))).toEqual({ kind: 'nonsense' });
    expect(parseA('logIn', answer)).toEqual({ kind: 'nonsense' });
    expect(isPingA(latin1('ABCDX'))).toBe(false);
  });

  test('reads the serial number of an id block and nothing of the persons behind it', () => {
    const block = Buffer.alloc(100, 'x');
    block.write('KOD-12\0\0\0', 0, 'latin1');
    expect(serialOfIdBlock(block)).toBe('KOD-12');
    block.write('123456789', 0, 'latin1');
    expect(serialOfIdBlock(block)).toBe('123456789');
    block.write('\0', 0, 'latin1');
    expect(serialOfIdBlock(block)).toBeNull();
    block.write('K\x1b', 0, 'latin1');
    expect(serialOfIdBlock(block)).toBeNull();
  });

  test('whatever bytes come are an answer of its length or none; a serial number and a battery are in bounds or null', async () => {
    const commands = fc.constantFrom<CommandA[]>(...(Object.keys(COMMANDS_A) as CommandA[]));
    await check(
      'frames a',
      fc.property(commands, anyBytes, (command, bytes) => {
        const answer = parseA(command, bytes);
        expect(answer.kind === 'nonsense').toBe(bytes.length !== frameBytesA(command));
        if (answer.kind !== 'accepted') return;
        expect(answer.data).toHaveLength(frameBytesA(command) - 9);
      }),
    );
    await check(
      'id block a',
      fc.property(anyBytes, (bytes) => {
        expect(serialOfIdBlock(bytes) ?? 'null').toMatch(/^[\x21-\x7e](?:[\x20-\x7e]{0,7}[\x21-\x7e])?$/);
        const percent = batteryPercentA(bytes);
        expect(percent === null || (percent >= 0 && percent <= 100)).toBe(true);
      }),
    );
  });
});

describe('dialect B', () => {
  test('writes a request with its password, and takes none that could end it early or has another length', () => {
    expect(Buffer.from(encodeB('logIn', 'abcd1234')).toString()).toBe('@Ver;8;abcd1234;#');
    expect(Buffer.from(encodeB('deviceId', 'abcd1234')).toString()).toBe('@Gdv;8;abcd1234;#');
    expect(Buffer.from(encodeB('storageMode', 'abcd1234')).toString()).toBe('@ATH;8;abcd1234;#');
    for (const password of ['abcd123', 'abcd12345', 'abcd;234', 'abcd123#', '@bcd1234', ''])
      expect([password, isPasswordB(password)]).toEqual([password, false]);
    expect(() => encodeB('logIn', 'short')).toThrow(RangeError);
  });

  test('understands a log-in that was accepted, one that was refused, and what is neither', () => {
    expect(logInOutcomeB('@Ver;OK;#')).toBe('accepted');
    expect(logInOutcomeB('@Ver;NG;#')).toBe('refused');
    expect(logInOutcomeB('@Gdv;OK;#')).toBeUndefined();
    expect(parseB(latin1('@Ver;OK;#\r\n\0\0'))).toBe('@Ver;OK;#');
    expect(parseB(new Uint8Array(65).fill(0x41))).toBeUndefined();
    expect(parseB(latin1('@Ver;OK\xff'))).toBeUndefined();
    expect(parseB(new Uint8Array(0))).toBeUndefined();
  });

  test('reads the device id from the third field', () => {
    expect(deviceIdB('@Gdv;8;KOD-77#')).toBe('KOD-77');
    expect(deviceIdB('@Gdv;8;KOD-77;#')).toBe('KOD-77');
    for (const text of ['@Gdv;8;#', '@Gdv;8', '@Ver;8;KOD-77#', '@Gdv']) expect(deviceIdB(text)).toBeNull();
  });

  test('whatever bytes come are short text or nothing', async () => {
    await check(
      'texts b',
      fc.property(anyBytes, (bytes) => {
        const text = parseB(bytes);
        if (text === undefined) return;
        expect(text).toMatch(/^[\x20-\x7e]{1,64}$/);
        expect((deviceIdB(text) ?? 'x').length).toBeGreaterThan(0);
      }),
    );
    await check(
      'device id b',
      fc.property(fc.string(), (text) => {
        expect(deviceIdB(`@Gdv;8;${text}`)).not.toBe('');
      }),
    );
  });
});

describe('dialect C', () => {
  test('fills its packets to 64 bytes, and asks for storage mode by another request', () => {
    expect(hex(encodeC('logIn', 'ab'))).toBe(`a11200126162${'00'.repeat(58)}`);
    expect(hex(encodeC('storageMode'))).toBe(`a1230023${'00'.repeat(60)}`);
    expect(requestC('logIn')).toMatchObject({ request: 0x55, value: 0x80, type: 'vendor', index: 0 });
    expect(requestC('storageMode')).toMatchObject({ request: 0x50, value: 0x80 });
    expect(encodeC('logIn', 'x'.repeat(60))).toHaveLength(64);
    expect(() => encodeC('logIn', 'x'.repeat(61))).toThrow(RangeError);
  });

  test('whatever bytes come are accepted by their third byte alone, and only at their length', async () => {
    await check(
      'packets c',
      fc.property(anyBytes, (bytes) => {
        const expected = bytes.length !== 10 ? undefined : bytes[2] === 1 ? 'accepted' : 'refused';
        expect(parseC(bytes)).toBe(expected);
      }),
    );
  });
});
