// A recorder of dialect B: ASCII requests on its bulk pipes.
import type { Answer, Speaker } from './speech.ts';

const text = (answer: string): Uint8Array => Buffer.from(answer, 'latin1');

/** What the answer is to one OUT transfer. */
export function answerB(recorder: Speaker, bytes: Uint8Array): Answer {
  const request = Buffer.from(bytes).toString('latin1');
  const [, word, length, password = ''] = /^@(\w+);(\d+);([^;]*);#$/.exec(request) ?? [];
  const no = (): Uint8Array => text(`@${word ?? '?'};ERROR;#`);
  if (length !== '8' || password.length !== 8) return recorder.hear({ step: 'other', password }, no, no);
  switch (word) {
    case 'Ver':
      recorder.isLoggedIn = recorder.takes(password);
      return recorder.hear(
        { step: 'log-in', password },
        () => text(recorder.isLoggedIn ? '@Ver;OK;#' : '@Ver;NG;#'),
        () => text('@Ver;NG;#'),
      );
    case 'Gdv':
      return recorder.hear(
        { step: 'tell', password },
        () => (recorder.isLoggedIn ? text(`@Gdv;8;${recorder.serial}#`) : no()),
        no,
      );
    case 'ATH': {
      const show = (): Uint8Array => {
        if (!recorder.isLoggedIn) return no();
        recorder.change();
        return text('@ATH;OK;#');
      };
      return recorder.hear({ step: 'show-disk', password }, show, no);
    }
    case undefined:
    default:
      return recorder.hear({ step: 'other', password }, no, no);
  }
}
