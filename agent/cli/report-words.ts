// What `bodydock report` says on a terminal, in English and German. {} are values, in order.
import type { Language } from '../evidence/page/language.ts';

/** One line each, but for `written` and `unproven` as the name says. */
export interface ReportWords {
  readonly period: string;
  readonly dockings: string;
  readonly days: string;
  /** A camera, its open days, and the day of its last complete listing or `never`. */
  readonly awaited: string;
  readonly never: string;
  /** A camera, the day and the reason. */
  readonly retired: string;
  readonly recordings: string;
  readonly kept: string;
  readonly noReceipt: string;
  readonly latency: string;
  /** Path of the page, and the files beside it. */
  readonly written: string;
  readonly unproven: string;
}

export const REPORT_WORDS: Readonly<Record<Language, ReportWords>> = {
  en: {
    period: '{} to {} ({})',
    dockings: 'dockings {}, of these {} of a camera with nothing new on it',
    days: 'days {}: {} proven without recording, {} with recordings, {} open, {} undecided, {} without a camera in use',
    awaited: 'left open by {}: days {}, last complete listing {}',
    never: 'never',
    retired: 'retired {}: on {}, {}',
    recordings: '{} recordings with {} accompanying files, {} minutes, {} bytes',
    kept: 'kept as evidence {}, deleted {}, not yet receipted {}',
    noReceipt: 'no receipt in this period',
    latency: 'docking to receipt: median {} s, 95th percentile {} s, worst {} s',
    written: '{}: the report; beside it {}',
    unproven:
      '{} folders, single documents or logs left out: they do not verify with these keys, or are missing ({}); "bodydock verify" says why',
  },
  de: {
    period: '{} bis {} ({})',
    dockings: 'Andockvorgänge {}, davon {} mit einer Kamera, auf der nichts Neues war',
    days: 'Tage {}: {} mit dem Nachweis, dass nichts aufgezeichnet wurde, {} mit Aufzeichnungen, {} offen, {} ungeklärt, {} ohne Kamera in Betrieb',
    awaited: 'offen wegen {}: Tage {}, zuletzt vollständig gelesen: {}',
    never: 'nie',
    retired: 'außer Betrieb {}: am {}, {}',
    recordings: '{} Aufzeichnungen mit {} Begleitdateien, {} Minuten, {} Bytes',
    kept: 'als Beweismittel aufbewahrt {}, gelöscht {}, noch nicht quittiert {}',
    noReceipt: 'keine Quittung in diesem Zeitraum',
    latency: 'vom Andocken bis zur Quittung: die Hälfte in {} s, 95 von 100 in {} s, am längsten {} s',
    written: '{}: der Bericht; daneben {}',
    unproven:
      '{} Ordner, einzelne Dokumente oder Verwahrprotokolle nicht gezählt: Mit diesen Schlüsseln stimmen sie nicht, oder sie fehlen ({}); "bodydock verify" sagt, warum',
  },
};
