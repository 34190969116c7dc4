// `bodydock keys enrol` (SPEC 4.12): without --answer it writes the station's request for the store. What comes back is keys-enrol-answer.ts.
import type { KeyObject } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { mapBroker } from '../../config/broker-config.ts';
import { command, type Io, LANG, usageError, writeJson } from '../../config/command-line.ts';
import {
  makeCertificateRequest,
  readCertificateKey,
  writeCertificateKey,
} from '../../config/enrolment/certificates.ts';
import { writeEnrolment } from '../../config/enrolment/enrolment-file.ts';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { loadUnfinishedStation, STATION_FILE } from '../../config/load.ts';
import { refusedFile } from '../../config/problems.ts';
import { keyIdHex, publicKeyLine, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { encodeBase64 } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { parseStationId } from '../../protocol/format/ids.ts';
import { encodeEnrolmentRequest } from '../../protocol/transfer/enrolment.ts';
import { makeFolders } from '../platform/make-folders.ts';
import { ENROL, type EnrollingStation, installAnswer } from './keys-enrol-answer.ts';

/** Errors: "usage", "config.refused", "key.*", "tls.*", "openssl.*", "enrolment.*", "document.*". */
export const enrolKeys = command(
  {
    name: 'bodydock keys enrol',
    usage: [
      '[--out FILE] [--config FILE]                1. writes one file for the store: key, request for the certificate',
      `--answer FILE [--write] [--config FILE]    2. installs what came back from \`bodydock-receiver enrol\``,
    ],
    about: `
The configuration needs its station, keys and broker for this; the rest may follow. The private key of the certificate is made where
broker.key_file points, and never leaves this machine; one that is there is kept, so that the same two steps renew a certificate.
On each way two people compare a fingerprint by telephone: the person who made the file reads it out.
`,
    options: {
      config: STATION_FILE,
      out: {
        type: 'string',
        value: 'FILE',
        text: 'the file for the store (default: STATION.enrol-request in this folder); never over one that is there',
      },
      answer: {
        type: 'string',
        value: 'FILE',
        text: 'the file from the store: checks it, installs certificate and authorities, and shows the lines of the configuration',
      },
      fingerprint: {
        type: 'string',
        value: 'TEXT',
        text: 'that of the answer, as the store reads it out: instead of being asked for it',
      },
      write: {
        type: 'boolean',
        text: 'puts the lines into the configuration, too: keys and receivers are added, none is taken out',
      },
      lang: LANG,
    },
  },
  async (line, io) => {
    const { answer, out, fingerprint, write = false, config: file } = line.values;
    const { json, language } = line;
    if (answer === undefined && (fingerprint !== undefined || write))
      throw usageError('--fingerprint and --write go with --answer FILE');
    if (answer !== undefined && out !== undefined)
      throw usageError('--out is for the request, without --answer');
    const loaded = await loadUnfinishedStation(file, ['version', 'station', 'keys', 'broker']);
    if (loaded.kind === 'refused') throw refusedFile(file, loaded.problems, 'bodydock', io);
    const { groups, folder } = loaded;
    const station: EnrollingStation = {
      id: parseStationId(groups.station),
      signingFile: resolve(folder, groups.keys.signing_file),
      broker: mapBroker(groups.broker, folder),
    };
    if (answer !== undefined)
      await installAnswer(station, { ...loaded, file }, { answer, fingerprint, write, language, json }, io);
    else await request(station, { out: out ?? `${station.id}.enrol-request`, language, json }, io);
    return EXIT_GOOD;
  },
);

async function request(
  { id, signingFile, broker }: EnrollingStation,
  { out, language, json }: { out: string; language: 'en' | 'de'; json: boolean },
  io: Io,
): Promise<void> {
  const signing = await readSigningKey(signingFile);
  const path = broker.tls?.keyFile;
  const own = path === undefined ? undefined : { file: path, ...(await certificateKey(path)) };
  const certificateRequest = own === undefined ? null : await makeCertificateRequest(id, own);
  const publicKey = publicKeyOf(signing);
  const document = encodeEnrolmentRequest({
    type: 'enrolment-request',
    version: 1,
    station: id,
    public_key: publicKeyLine(publicKey),
    certificate_request: certificateRequest && encodeBase64(certificateRequest),
    made_at: new Date().toISOString(),
  });
  const fingerprint = await writeEnrolment(out, 'enrolment-request', document, signing);
  const keyId = keyIdHex(publicKey.keyId);
  const keyFile = path ?? null;
  if (json)
    return writeJson(io, {
      request_file: out,
      station: id,
      key_id: keyId,
      key_file: keyFile,
      key_made: own?.made ?? false,
      fingerprint,
    });
  const words = ENROL[language];
  const about =
    own === undefined ? words('noTls') : words(own.made ? 'keyMade' : 'keyKept', { file: keyFile ?? '' });
  io.out(words('requested', { file: out, station: id, keyId, about }));
  io.out(words('fingerprint', { fingerprint }) + words('next', { file: out }));
}

/** The private key that is there, or a new one. Errors: "key.*", "tls.key". */
async function certificateKey(path: string): Promise<{ key: KeyObject; made: boolean }> {
  try {
    return { key: await readCertificateKey(path), made: false };
  } catch (error) {
    if (!isDockError(error, 'key.missing')) throw error;
  }
  await makeFolders(dirname(path));
  return { key: await writeCertificateKey(path), made: true };
}
