// `bodydock-receiver notify`: sends one mail now, so that it is known whether mails of this store arrive (SPEC 7.12).
import { readMailServer } from '../../../config/broker-credentials.ts';
import { command, LANG } from '../../../config/command-line.ts';
import type { ShownFinding } from '../../../config/doctor-text.ts';
import { EXIT_CONFIGURATION, EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import type { Language } from '../../../config/language.ts';
import { loadReceiverConfig, RECEIVER_FILE } from '../../../config/load.ts';
import { printable, renderProblems } from '../../../config/problems.ts';
import type { NotifyConfig } from '../../../config/receiver-config.ts';
import { describeError, isDockError } from '../../../protocol/format/errors.ts';
import { sendMail } from '../../platform/mail.ts';
import { type Note, trialNote } from '../notify.ts';
import { STORE_STATUS } from './status.ts';

const TRY_MS = 30_000;

/** Errors: "usage", the signal's reason. */
export const notify = command(
  {
    name: 'bodydock-receiver notify',
    usage: ['[--config FILE] [--lang en|de]'],
    about: `
Sends one mail to the addresses of the group notify in receiver.yaml, as the running receiver does for critical conditions and once a day. Run it as
root (sudo), or the file with the password cannot be read.
`,
    options: { config: RECEIVER_FILE, lang: LANG },
    json: null,
    exits:
      '0 the server took it for every address, 1 it did not, 2 usage, 78 the file is refused, or has no notify.',
  },
  async ({ values: { config: file }, language }, io) => {
    const loaded = await loadReceiverConfig(file);
    if (loaded.kind === 'refused') {
      io.err(renderProblems(loaded.problems, language));
      return EXIT_CONFIGURATION;
    }
    const { notify: mails, receiver } = loaded.config;
    if (mails === null) {
      io.err(`${STORE_STATUS[language]('mail.none')}\n`);
      return EXIT_CONFIGURATION;
    }
    const { severity, where, text, remedy } = await mailFinding(
      mails,
      language,
      io.signal,
      trialNote(receiver, mails),
    );
    if (severity === 'good') {
      io.out(printable(STORE_STATUS[language]('mail.sent', { to: mails.to.join(', ') })) + '\n');
      return EXIT_GOOD;
    }
    io.err(
      [`${where}: ${text}`, ...(remedy === null ? [] : [remedy])]
        .map((line) => `${printable(line)}\n`)
        .join(''),
    );
    return EXIT_FAILURE;
  },
);

/** Whether the server takes mails of this store: it is asked, and sent the note where there is one. Errors: the signal's reason. */
export async function mailFinding(
  config: NotifyConfig,
  language: Language,
  signal: AbortSignal,
  note?: Note,
): Promise<ShownFinding> {
  const say = STORE_STATUS[language];
  const where = `${config.host}:${config.port}`;
  const refused = (kind: keyof typeof MAIL_TEXTS): ShownFinding => {
    const [text, remedy] = MAIL_TEXTS[kind];
    return { code: kind, severity: 'warning', where, text: say(text), remedy: say(remedy) };
  };
  try {
    const { from, to } = config;
    const within = AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]);
    const mail = note && { ...note, from, to };
    if ((await sendMail(await readMailServer(config), mail, within)) > 0) return refused('mail.refused');
    return { code: 'mail.good', severity: 'good', where, text: say('mail.good'), remedy: null };
  } catch (error) {
    signal.throwIfAborted();
    const kind =
      isDockError(error) && error.code in MAIL_TEXTS
        ? (error.code as keyof typeof MAIL_TEXTS)
        : 'mail.unreachable';
    const finding = refused(kind);
    return { ...finding, text: `${finding.text} (${describeError(error)})` };
  }
}

const MAIL_TEXTS = {
  'mail.unreachable': ['mail.unreachable', 'mail.unreachableRemedy'],
  'mail.tls': ['mail.tls', 'mail.tlsRemedy'],
  'mail.login': ['mail.login', 'mail.loginRemedy'],
  'mail.refused': ['mail.refused', 'mail.refusedRemedy'],
} as const;
