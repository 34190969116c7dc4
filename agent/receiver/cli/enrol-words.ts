// What `bodydock-receiver enrol` says to the administrator of the store, in English and German.
import type { EnrolmentRequest } from '../../../protocol/transfer/enrolment.ts';

/** What an answer is about. */
export interface Answered {
  readonly out: string;
  readonly fingerprint: string;
  readonly endsAt: string | null;
  readonly keyFile: string;
  /** The receiver's file, and the lines that it lacks: "" where it has them. */
  readonly file: string;
  readonly lines: string;
}

export interface EnrolWords {
  request(file: string, request: EnrolmentRequest, keyId: string, fingerprint: string): string;
  readonly compare: string;
  csr(file: string, requestFile: string): string;
  answered(answered: Answered): string;
}

const shownAt = (at: string): string => at.replace('T', ' ').slice(0, 19);

export const ENROL_WORDS: Readonly<Record<'en' | 'de', EnrolWords>> = {
  en: {
    request: (file, { station, made_at: madeAt, certificate_request: wanted }, keyId, fingerprint) =>
      `request ${file}: station ${station}, key id ${keyId}, made at ${shownAt(madeAt)}${wanted === null ? ', without a certificate' : ''}
fingerprint:  ${fingerprint}
`,
    compare: 'Does the station read out the same fingerprint? Type yes or no: ',
    csr: (file, requestFile) =>
      `written: ${file}, the request for the authority. Its certificate must be for clients and keep the common name.
Then: bodydock-receiver enrol ${requestFile} --certificate FILE
`,
    answered: ({ out, fingerprint, endsAt, keyFile, file, lines }) =>
      `written: ${out}, the answer${endsAt === null ? '' : `; its certificate is valid until ${shownAt(endsAt)}`}
fingerprint:  ${fingerprint}
the station's public key: ${keyFile}
${lines === '' ? `${file} knows this station with this key already; nothing to change in it.` : `Put these lines under stations in ${file}, then: bodydock-receiver check, and start the receiver anew.\n${lines.trimEnd()}`}
Take the answer to the station and read its fingerprint out by telephone. There: bodydock keys enrol --answer ${out}
`,
  },
  de: {
    request: (file, { station, made_at: madeAt, certificate_request: wanted }, keyId, fingerprint) =>
      `Antrag ${file}: Station ${station}, Schlüsselnummer ${keyId}, vom ${shownAt(madeAt)}${wanted === null ? ', ohne Zertifikat' : ''}
Fingerabdruck:  ${fingerprint}
`,
    compare: 'Liest die Station denselben Fingerabdruck vor? ja oder nein eingeben: ',
    csr: (file, requestFile) =>
      `geschrieben: ${file}, der Antrag für die Zertifizierungsstelle. Ihr Zertifikat muss für Clients sein und den Common Name behalten.
Danach: bodydock-receiver enrol ${requestFile} --certificate DATEI
`,
    answered: ({ out, fingerprint, endsAt, keyFile, file, lines }) =>
      `geschrieben: ${out}, die Antwort${endsAt === null ? '' : `; ihr Zertifikat gilt bis ${shownAt(endsAt)}`}
Fingerabdruck:  ${fingerprint}
öffentlicher Schlüssel der Station: ${keyFile}
${lines === '' ? `${file} kennt diese Station mit diesem Schlüssel schon; an ihr ist nichts zu ändern.` : `Diese Zeilen unter stations in ${file} eintragen, dann: bodydock-receiver check, und den Empfänger neu starten.\n${lines.trimEnd()}`}
Die Antwort zur Station bringen und ihren Fingerabdruck am Telefon vorlesen. Dort: bodydock keys enrol --answer ${out}
`,
  },
};
