// A recorder of dialect C: packets of 64 bytes on the control pipe. What is no packet of its own it does not answer.
import type { UsbRequest } from '../../../drivers/usb/transport.ts';
import type { Answer, Speaker } from './speech.ts';

/** What the answer is to one OUT request. */
export function answerC(recorder: Speaker, request: UsbRequest, packet: Uint8Array): Answer {
  if (request.type !== 'vendor' || request.value !== 0x0080 || packet.length !== 64) return 'stall';
  const head = Buffer.from(packet.subarray(0, 4)).toString('hex');
  const no = (): Uint8Array => status(0);
  if (request.request === 0x55 && head === 'a1120012') {
    const password = Buffer.from(packet.subarray(4)).toString('latin1').replace(/\0+$/, '');
    recorder.isLoggedIn = recorder.takes(password);
    return recorder.hear({ step: 'log-in', password }, () => status(recorder.isLoggedIn ? 1 : 0), no);
  }
  if (request.request === 0x50 && head === 'a1230023') {
    const show = (): Uint8Array => {
      if (recorder.isLoggedIn) recorder.change();
      return status(recorder.isLoggedIn ? 1 : 0);
    };
    return recorder.hear({ step: 'show-disk', password: undefined }, show, no);
  }
  return recorder.hear({ step: 'other', password: undefined }, no, no);
}

function status(value: number): Uint8Array {
  const answer = new Uint8Array(10);
  answer[2] = value;
  return answer;
}
