// Tells on `P/event` what happened (SPEC 7): dockings one by one, recordings counted over a second. Not retained, QoS 0: anybody who must not
// miss anything reads the custody log, and a gap in the sequence shows that something was missed. A document without payload that gets its
// receipt is no recording: on a day without recordings none is told.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { encodeMonitoring } from '../../protocol/transfer/messages.ts';
import { eventSchema, type EventDocument } from '../../protocol/transfer/monitoring.ts';
import type { Broker, Clock, Log } from '../../protocol/format/ports.ts';

/** Events of one kind and bay are counted over so long. */
const GATHER_MS = 1000;
/** Dockings whose bay and camera are remembered: as many as there are bays, and those whose end nobody told. */
const DOCKINGS_MAX = 64;

export interface EventTopicDeps {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topic: string;
  readonly session: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What people call a camera; never a serial number. */
  readonly alias: (camera: string) => string | null;
  /** Since when the camera of a bay is in it; null where nobody knows. */
  readonly dockedAt: (bay: string) => string | null;
  /** True for the id of a docking record, or of another document without payload. */
  readonly isDocument: (id: string) => boolean;
}

type Told = Pick<EventDocument, 'event' | 'bay' | 'camera'>;

/** Listens to what enters the custody log. */
export class EventTopic {
  readonly #deps: EventTopicDeps;
  readonly #places = new Map<string, Pick<Told, 'bay' | 'camera'>>();
  readonly #counts = new Map<string, Told & { count: number }>();
  #sequence = 0;
  #cancel: (() => void) | undefined;

  constructor(deps: EventTopicDeps) {
    this.#deps = deps;
  }

  /** Something was entered into the custody log. Never throws. */
  entered({ event, facts }: CustodyEvent): void {
    const docking = String(facts['docking']);
    if (event === 'docked') {
      const place = { bay: String(facts['bay']), camera: this.#deps.alias(String(facts['camera'])) };
      if (this.#places.size < DOCKINGS_MAX) this.#places.set(docking, place);
      // A docking that goes on with a stay at once: the camera neither left nor came.
      const isSame =
        (facts['stay'] ?? docking) !== docking && this.#counts.delete(keyOf('undocked', place.bay));
      if (!isSame) this.#count({ event, ...place });
    } else if (event === 'undocked') {
      this.#count({ event, ...(this.#places.get(docking) ?? { bay: String(facts['bay']), camera: null }) });
      this.#places.delete(docking);
    } else if (event === 'erased') {
      this.#count({ event, ...(this.#places.get(docking) ?? NOWHERE) });
    } else if (
      event === 'spooled' ||
      (event === 'receipted' && !this.#deps.isDocument(String(facts['recording'])))
    )
      this.#count({ event, ...NOWHERE });
  }

  /** Nothing is said any more. */
  stop(): void {
    this.#cancel?.();
    this.#counts.clear();
  }

  #count(told: Told): void {
    const key = keyOf(told.event, told.bay);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...told, count: 1 });
    else known.count++;
    this.#cancel ??= this.#deps.clock.after(GATHER_MS, () => void this.#say());
  }

  async #say(): Promise<void> {
    this.#cancel = undefined;
    const { broker, session, topic, clock, log } = this.#deps;
    const told = [...this.#counts.values()];
    this.#counts.clear();
    if (!broker.connected) return; // what happened while nobody was there is not told later
    const at = new Date(clock.wallMs()).toISOString();
    for (const { event, bay, camera, count } of told) {
      const dockedAt = event === 'docked' && bay !== null ? this.#deps.dockedAt(bay) : null;
      const sequence = ++this.#sequence;
      const document = { session, sequence, at, event, bay, camera, count, docked_at: dockedAt };
      try {
        await broker.publish(topic, encodeMonitoring(eventSchema, document), { qos: 0 });
      } catch (error) {
        log.debug('event not published', { event, error });
      }
    }
  }
}

function keyOf(event: Told['event'], bay: string | null): string {
  return `${event} ${bay}`;
}

const NOWHERE = { bay: null, camera: null };
