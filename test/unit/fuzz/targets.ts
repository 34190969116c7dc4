// Everything that takes bytes or texts from elsewhere, one target each: what comes in over MQTT on both sides, documents, logs, enrolment,
// keys, caches, and what is said over the local sockets. Cameras have suites of their own beside their drivers.
//
// A target returns where the input was taken or refused with a code, and throws where anything else came of it.
import { isDeepStrictEqual } from 'node:util';
import { parseNote } from '../../../agent/evidence/report/notes.ts';
import { isStatusRequest, parseAnswer } from '../../../agent/monitoring/control-protocol.ts';
import { verifyCustodyHead, verifyDown, verifyReceipt } from '../../../agent/push/push-verify.ts';
import { followBatch } from '../../../agent/receiver/custody/custody-batch.ts';
import { readTail } from '../../../agent/receiver/custody/custody-file.ts';
import { factsOfRecord } from '../../../agent/records/stored-record.ts';
import { pinnedKeys } from '../../../config/enrolment/pin-lines.ts';
import { receiverFileSchema } from '../../../config/receiver-schema.ts';
import { goodGroups, schemaProblems } from '../../../config/schema-problems.ts';
import { stationFileSchema } from '../../../config/station-schema.ts';
import { parseYaml } from '../../../config/yaml-tree.ts';
import { parseHelperRequest } from '../../../drivers/helper.ts';
import { MOUNT_VERBS, parseMountAnswer } from '../../../drivers/mass-storage/volumes.ts';
import { parsePowerAnswer, POWER_VERBS } from '../../../drivers/usb/port-power-helper.ts';
import { parseIdentity, parseRecipient } from '../../../protocol/age/age-keys.ts';
import { CHAIN_START } from '../../../protocol/custody/custody-entry.ts';
import * as entries from '../../../protocol/custody/custody-entry.ts';
import { scanSegment } from '../../../protocol/custody/custody-scan.ts';
import { encodeDeletionRecord, parseDeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import { encodeDockingRecord, parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { NO_CHUNKS_SHA256 } from '../../../protocol/documents/item-documents.ts';
import * as keys from '../../../protocol/documents/key-documents.ts';
import { encodeManifest, parseManifest } from '../../../protocol/documents/manifest.ts';
import * as minisign from '../../../protocol/documents/minisign.ts';
import {
  encodeDisclosure,
  encodeOrder,
  parseDisclosure,
  parseOrder,
} from '../../../protocol/documents/order.ts';
import { encodeReceipt, parseReceipt } from '../../../protocol/documents/receipt.ts';
import { parseRecipientProof } from '../../../protocol/documents/recipient-proof.ts';
import { equalBytes, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import {
  parseReceiverId,
  parseRecordingId,
  parseSegmentId,
  parseStationId,
} from '../../../protocol/format/ids.ts';
import { openEnrolmentAnswer, openEnrolmentRequest } from '../../../protocol/transfer/enrolment.ts';
import * as messages from '../../../protocol/transfer/messages.ts';
import { receiverTopics, stationTopics } from '../../../protocol/transfer/topics.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

export interface Target {
  readonly name: string;
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

const STATION = parseStationId('kod-1');
const RECEIVER = parseReceiverId('r-a');
const RECORDING = parseRecordingId('a'.repeat(26));
const SEGMENT = parseSegmentId('a'.repeat(26));
/** The keys of the life that the kept inputs are from (simulation/sides.ts). */
export const STATION_KEY = minisign.makeSecretKey(new SeededRandom(11));
export const STORE_KEY = minisign.makeSecretKey(new SeededRandom(12));
const STATION_KEYS = [minisign.publicKeyOf(STATION_KEY)];
const STORE = {
  station: STATION,
  storeKeys: [minisign.publicKeyOf(STORE_KEY)],
  receivers: [RECEIVER],
};

/** Undefined where it was refused with a code. */
function refusing<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isDockError(error)) return undefined;
    throw error;
  }
}

function textOf(input: Uint8Array): string {
  return parseUtf8(input) ?? Buffer.from(input).toString('latin1');
}

const document = <T>(
  name: string,
  parse: (input: Uint8Array) => T,
  encode?: (value: T) => Uint8Array,
): Target => ({
  name,
  run: (input) => {
    const value = refusing(() => parse(input));
    if (value === undefined || encode === undefined) return;
    if (!equalBytes(encode(value), input)) throw new Error('what was taken is encoded to other bytes');
  },
});

const text = (name: string, parse: (input: string) => unknown): Target => ({
  name,
  run: (input) => void refusing(() => parse(textOf(input))),
});

const DOCUMENTS: readonly Target[] = [
  document('manifest', parseManifest, encodeManifest),
  document('receipt', parseReceipt, encodeReceipt),
  document('docking-record', parseDockingRecord, encodeDockingRecord),
  document('docking-record-facts', (input) => factsOfRecord(input, '')),
  document('deletion-record', parseDeletionRecord, encodeDeletionRecord),
  document('order', parseOrder, encodeOrder),
  document('disclosure', parseDisclosure, encodeDisclosure),
  document('key-change', keys.parseKeyChange, keys.encodeKeyChange),
  document('key-revocation', keys.parseKeyRevocation, keys.encodeKeyRevocation),
  document('recipient-proof', parseRecipientProof),
  document('custody-head', entries.parseCustodyHead, entries.encodeCustodyHead),
  document('custody-entry', entries.parseCustodyEntry, entries.encodeCustodyEntry),
];

const ENROLMENT: readonly Target[] = [
  document('enrolment-request', openEnrolmentRequest),
  document('enrolment-answer', openEnrolmentAnswer),
];

/** A log as a whole, and a batch of one as a receiver takes it: neither may ever throw, whatever the bytes. */
const LOGS: readonly Target[] = [
  {
    name: 'custody-segment',
    run: (input) => {
      const { goodBytes, state } = scanSegment(SEGMENT, input, STATION_KEYS);
      if (goodBytes > input.length || state.sequence > 0 !== goodBytes > 0)
        throw new Error(`${goodBytes} good bytes of ${input.length}, entry ${state.sequence}`);
    },
  },
  {
    name: 'custody-tail',
    run: async (input) => {
      const file = {
        read: async (target: Uint8Array, position: number): Promise<number> => {
          const part = input.subarray(position, position + target.length);
          target.set(part);
          return part.length;
        },
      };
      try {
        const tail = await readTail(file as never, input.length);
        if (tail.wholeBytes > input.length) throw new Error(`${tail.wholeBytes} whole bytes`);
      } catch (error) {
        if (!isDockError(error, 'custody.damaged')) throw error;
      }
    },
  },
  {
    name: 'custody-batch',
    run: async (input) => {
      for (const revoked of [new Set<string>(), new Set(['0'.repeat(16)])]) {
        const batch = { station: STATION, segment: SEGMENT, keys: STATION_KEYS, revoked, from: 1 };
        const held = { head: CHAIN_START, keyId: undefined };
        const outcome = await followBatch(held, { ...batch, payload: input }, () => Promise.resolve());
        if (outcome.bytes.length > input.length) throw new Error('more bytes than came');
      }
    },
  },
];

/** What a station takes below `down/`, and what a receiver takes below `up/`. */
const MESSAGES: readonly Target[] = [
  document('offer', messages.parseOffer),
  document('fin', messages.parseFin),
  document('down', (input) => verifyDown(input, RECORDING, STORE)),
  document('down-custody', (input) => verifyCustodyHead(input, STORE)),
  {
    // As if a store's key had signed it: what stands in the body may be anything.
    name: 'signed-body',
    run: (input) => {
      const body = textOf(input);
      for (const message of ['claim', 'refuse', 'custody', 'again'] as const)
        refusing(() => messages.parseSignedBody({ message, body, signature: '', key_id: '0'.repeat(16) }));
    },
  },
  {
    name: 'receipt-message',
    run: (input) => {
      const message = refusing(() => messages.parseDown(input));
      if (message?.message !== 'receipt') return;
      const meant = {
        kind: 'recording' as const,
        station: STATION,
        recording: RECORDING,
        manifest_sha256: NO_CHUNKS_SHA256,
        sealed_size_bytes: 1,
        chunks_sha256: NO_CHUNKS_SHA256,
      };
      if (refusing(() => verifyReceipt(message, meant, STORE, undefined)) !== undefined)
        throw new Error('a receipt for another recording was taken');
    },
  },
  text('down-topic', (topic) => stationTopics('bodydock', STATION).parseDown(topic)),
  text('up-topic', (topic) => receiverTopics('bodydock', RECEIVER).parseUp(topic)),
];

const KEYS: readonly Target[] = [
  text('secret-key', minisign.parseSecretKey),
  text('public-key', minisign.parsePublicKey),
  text('signature', (signature) =>
    minisign.verifyDocument(new Uint8Array(3), signature, 'bodydock receipt', STATION_KEYS),
  ),
  text('signature-key-id', minisign.signatureKeyId),
  text('age-recipient', parseRecipient),
  text('age-identity', parseIdentity),
];

const config = (name: string, schema: typeof stationFileSchema | typeof receiverFileSchema): Target => ({
  name,
  run: (input) => {
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    const parsed = parseYaml(textOf(input), 'file.yaml');
    if (parsed.kind === 'refused') {
      if (parsed.problems.length === 0) throw new Error('refused without a problem');
    } else {
      const problems = [...parsed.problems, ...schemaProblems(schema, parsed.tree, 'file.yaml')];
      goodGroups(schema, parsed.tree);
      pinnedKeys(parsed.tree);
      if (problems.length === 0) schema.parse(parsed.tree.value);
      if (problems.some(({ message }) => message === '')) throw new Error('a problem without words');
    }
    if (!isDeepStrictEqual(before, JSON.stringify(Object.getOwnPropertyNames(Object.prototype))))
      throw new Error('the prototype of all objects was changed');
  },
});

const LOCAL: readonly Target[] = [
  config('station-yaml', stationFileSchema),
  config('receiver-yaml', receiverFileSchema),
  text('status-request', isStatusRequest),
  text('status-answer', parseAnswer),
  text('mount-request', (line) => parseHelperRequest(line, MOUNT_VERBS)),
  text('mount-answer', parseMountAnswer),
  text('power-request', (line) => parseHelperRequest(line, POWER_VERBS)),
  text('power-answer', parsePowerAnswer),
  text('report-note', (input) => parseNote('note.yaml', input)),
];

export const TARGETS: readonly Target[] = [
  ...DOCUMENTS,
  ...ENROLMENT,
  ...LOGS,
  ...MESSAGES,
  ...KEYS,
  ...LOCAL,
];
