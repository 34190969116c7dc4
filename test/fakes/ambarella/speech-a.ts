// A recorder of dialect A: framed vendor requests on the control pipe.
import type { UsbRequest } from '../../../drivers/usb/transport.ts';
import { PERSON, type Answer, type Speaker } from './speech.ts';

/** Data bytes by command. */
const LENGTHS: Readonly<Record<string, number>> = {
  e10020: 5,
  e10011: 6,
  e10010: 6,
  e10030: 100,
  e10031: 100,
  e10041: 7,
  e10070: 1,
  e10060: 1,
  e10051: 0,
};

/** What the answer is to one OUT request. */
export function answerA(recorder: Speaker, request: UsbRequest, frame: Uint8Array): Answer {
  const isOurs = request.type === 'vendor' && request.request === 0x55 && request.value === 0x00aa;
  const magic = Buffer.from(frame.subarray(0, 5)).toString('hex');
  if (!isOurs || magic !== 'a1b2c3d400') return 'stall';
  const command = Buffer.from(frame.subarray(5, 8)).toString('hex');
  if (frame.length !== 9 + (LENGTHS[command] ?? -1)) return 'stall';
  const payload = frame.subarray(9);
  const say = (data: Uint8Array, isAccepted = true): Uint8Array => answer(frame, data, isAccepted);
  const no = (): Uint8Array => say(new Uint8Array(payload.length), false);
  const onlyLoggedIn = (data: () => Uint8Array): Uint8Array => (recorder.isLoggedIn ? say(data()) : no());
  switch (command) {
    case 'e10020':
      return recorder.hear({ step: 'greet', password: undefined }, () => say(Buffer.from('ABCDE')), no);
    case 'e10011': {
      const password = Buffer.from(payload).toString('latin1').replace(/\0+$/, '');
      recorder.isLoggedIn = recorder.takes(password);
      const grant = (): Uint8Array => (recorder.isLoggedIn ? say(new Uint8Array(6)) : no());
      return recorder.hear({ step: 'log-in', password }, grant, no);
    }
    case 'e10030':
      return recorder.hear(
        { step: 'tell', password: undefined },
        () => onlyLoggedIn(() => idBlock(recorder)),
        no,
      );
    case 'e10070': {
      const battery = (): Uint8Array => Uint8Array.of(recorder.batteryPercent);
      return recorder.hear({ step: 'battery', password: undefined }, () => onlyLoggedIn(battery), no);
    }
    case 'e10051': {
      const show = (): Uint8Array => {
        if (recorder.isLoggedIn) recorder.change();
        return onlyLoggedIn(() => new Uint8Array(0));
      };
      return recorder.hear({ step: 'show-disk', password: undefined }, show, no);
    }
    default:
      return recorder.hear({ step: 'other', password: undefined }, no, no);
  }
}

function answer(frame: Uint8Array, data: Uint8Array, isAccepted: boolean): Uint8Array {
  const bytes = Uint8Array.from(frame);
  bytes[6] = isAccepted ? 0x80 : 0x00;
  bytes.set(data, 9);
  return bytes;
}

function idBlock({ serial }: Speaker): Uint8Array {
  const block = Buffer.alloc(100);
  block.write(serial.slice(0, 9), 0, 'latin1');
  block.write(PERSON.userId, 9, 'latin1');
  block.write(PERSON.userName, 17, 'latin1');
  block.write(PERSON.departmentId, 52, 'latin1');
  block.write(PERSON.departmentName, 68, 'latin1');
  return block;
}
