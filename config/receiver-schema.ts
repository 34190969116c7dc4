// The receiver's file, receiver.yaml: every option with its bounds and default. One source for the check, the types, the JSON Schema
// and the handbook.
import * as z from 'zod';
import * as part from './schema-parts.ts';
import { PUBLIC_KEYS_MAX } from './station-schema.ts';

/** Stations of one store: a city has tens. */
export const STATIONS_MAX = 1024;
const GIB = 1024 ** 3;
const GROUP = 'a group of keys';

const station = z
  .strictObject({
    id: part.stationId('Id of the station.'),
    public_keys: z
      .array(part.publicKey('One public key of the station.'))
      .min(1)
      .max(PUBLIC_KEYS_MAX)
      .meta({
        description:
          'Keys whose manifests count: the one in use, and earlier ones whose recordings still wait.',
        allowed: `a list of 1 to ${PUBLIC_KEYS_MAX} public keys`,
      }),
  })
  .meta({ description: 'One station whose recordings are taken.', allowed: GROUP });

const vault = z.strictObject({
  path: part.path('Folder that keeps the recordings. Made at the first start.'),
  quota_bytes: part.bytes('Bytes that the vault may hold; beyond it nothing more is claimed.', GIB),
});

/** The schema of receiver.yaml, in the words of the file. */
export const receiverFileSchema = z
  .strictObject({
    version: part.version(),
    receiver: part.receiverId('Id of this receiver. Its client certificate names it.'),
    vault: vault.meta({ description: 'Where recordings are kept.', allowed: GROUP }),
    keys: part.signingKeys('The signing key of the store, made by `bodydock keys make store`.'),
    stations: z
      .array(station)
      .min(1)
      .max(STATIONS_MAX)
      .meta({
        description: 'The stations whose recordings are taken. Only this file can change them.',
        allowed: `a list of 1 to ${STATIONS_MAX} stations`,
      }),
    broker: z
      .strictObject({
        ...part.brokerFields,
        shared_offers: z.boolean().default(true).meta({
          description:
            'Whether several receivers share the offers by $share. Switch it off for a broker that grants such a subscription and then delivers nothing.',
          allowed: 'true or false',
        }),
      })
      .meta({ description: 'The MQTT broker between stations and store.', allowed: GROUP }),
  })
  .meta({ title: 'bodydock receiver', description: 'Configuration of a bodydock receiver.', allowed: GROUP });

/** receiver.yaml after defaults, still in the words of the file. */
export type ReceiverFile = z.output<typeof receiverFileSchema>;
