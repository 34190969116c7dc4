// Looks when the certificates of the connection to the broker end, and says so 30 days before (acceptance TLS-02). A new one that was put
// in the place of the old is used at the next connect, without a restart, and found here by itself.
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';

const CONDITION = 'broker.certificate-expiring';
const WARN_DAYS = 30;
const DAY_MS = 86_400_000;
const LOOK_MS = 3_600_000;

/** One certificate as far as it matters here. */
export interface CertificateEnd {
  readonly certificate: 'client' | 'authority';
  /** ms since 1970. */
  readonly endsAtMs: number;
}

export interface CertificateWatchDeps {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
  readonly conditions: Conditions;
  readonly log: Log;
  /** Ends of all that are there now. Errors: the system's; whatever cannot be parsed. */
  readonly ends: () => Promise<readonly CertificateEnd[]>;
}

/** Looks once an hour, no matter who asks how often. */
export class CertificateWatch {
  readonly #deps: CertificateWatchDeps;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: CertificateWatchDeps) {
    this.#deps = deps;
  }

  /** Returns at once; the answer comes as a condition. */
  look(): void {
    const { clock, log } = this.#deps;
    if (clock.monotonicMs() - this.#lookedAtMs < LOOK_MS) return;
    this.#lookedAtMs = clock.monotonicMs();
    this.#deps.ends().then(
      (ends) => endings(ends, clock.wallMs()).forEach((end) => this.#judge(end)),
      // What keeps the files from being read keeps the connection from being made, and that says so.
      (error: unknown) => log.warn('certificates not readable', { error }),
    );
  }

  #judge({ certificate, endsAtMs }: CertificateEnd): void {
    const { clock, conditions } = this.#deps;
    const days = Math.floor((endsAtMs - clock.wallMs()) / DAY_MS);
    if (days >= WARN_DAYS) conditions.clear(CONDITION, certificate);
    else {
      const facts = { days, ends_at: new Date(endsAtMs).toISOString() };
      conditions.raise(CONDITION, certificate, facts);
    }
  }
}

/**
 * The one end of each kind that matters. A client is without a way to its authority once the first certificate on it has ended. Of several
 * authorities nobody here knows which one the broker's certificate is from: the next that ends; one that has ended counts only where none is left.
 */
function endings(ends: readonly CertificateEnd[], nowMs: number): CertificateEnd[] {
  const of = (kind: CertificateEnd['certificate']): number[] =>
    ends.flatMap(({ certificate, endsAtMs }) => (certificate === kind ? [endsAtMs] : []));
  const [clients, authorities] = [of('client'), of('authority')];
  const valid = authorities.filter((endsAtMs) => endsAtMs > nowMs);
  const authority = valid.length > 0 ? Math.min(...valid) : Math.max(...authorities);
  return [
    ...(clients.length > 0 ? [{ certificate: 'client', endsAtMs: Math.min(...clients) } as const] : []),
    ...(authorities.length > 0 ? [{ certificate: 'authority', endsAtMs: authority } as const] : []),
  ];
}
