// What the station is, for `P/info`: versions, the public key, and what of the configuration monitoring may know. Each field is picked
// by name: a new key of station.yaml is shown only once somebody writes it here and into the schema.
import type { BayConfig, StationConfig } from '../../config/station-config.ts';
import { publicKeyLine, stockKeyId, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { InfoDocument } from '../../protocol/transfer/monitoring.ts';

/** What of station.yaml is looked at. */
export type InfoSettings = Pick<
  StationConfig,
  'station' | 'spool' | 'recipients' | 'store' | 'bays' | 'cameras' | 'release' | 'retention'
>;

export interface StationFacts {
  readonly session: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: string;
  readonly publicKey: PublicKey;
  readonly configSha256: string;
  readonly provenRecipients: ReadonlySet<string>;
}

/** The document of this moment. */
export function infoDocument(settings: InfoSettings, facts: StationFacts, at: string): InfoDocument {
  const { recipients, store, bays, cameras, spool, retention } = settings;
  const aliasOf = (id: string | null): string | null =>
    cameras.find((camera) => camera.id === id)?.alias ?? id;
  return {
    session: facts.session,
    at,
    station: settings.station,
    version: facts.version,
    node_version: facts.nodeVersion,
    started_at: facts.startedAt,
    public_key: publicKeyLine(facts.publicKey),
    configuration: {
      sha256: facts.configSha256,
      release: settings.release,
      retention_days: retention.days,
      keep_hours: spool.keepHours,
      recipients: recipients.length,
      recipients_proven: recipients.filter((each) => facts.provenRecipients.has(each)).length,
      store_keys: store.publicKeys.map(({ keyId }) => stockKeyId(keyId)),
      receivers: [...store.receivers],
      bays: bays.map((bay) => ({
        bay: bay.id,
        camera: aliasOf(bay.camera),
        place: placeOf(bay),
        led: bay.leds.length > 0,
      })),
      cameras: cameras.map(({ alias }) => alias),
    },
  };
}

/** How a bay reaches its camera; never where, because a path may name a person. */
function placeOf({ folder, usbPort, serial }: BayConfig): string {
  const ways = [folder !== null && 'folder', usbPort !== null && 'usb', serial !== null && 'serial'];
  return ways.filter((way) => way !== false).join('+') || 'none';
}
