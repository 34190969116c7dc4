// Conditions of the custody log and of docking records.
import type { ConditionTable } from './condition-kind.ts';

/** What the proof of completeness rests on. */
export const CUSTODY_TABLE = {
  'custody.chain-broken': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The log of this station was altered or damaged: its chain does not hold.',
      de: 'Das Protokoll dieser Station wurde verändert oder beschädigt: Seine Kette hält nicht.',
    },
    remedy: {
      en: 'Do not change anything on the station. Call the technician and the data protection officer.',
      de: 'An der Station nichts verändern. Technik und Datenschutz verständigen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['segment', 'sequence'],
  },
  'custody.write-failed': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The log cannot be written: nothing is claimed, released or erased until it can.',
      de: 'Das Verwahrprotokoll kann nicht geschrieben werden: Bis dahin wird nichts bestätigt, freigegeben oder gelöscht.',
    },
    remedy: {
      en: 'Check the disk of the station: full, read-only or failing.',
      de: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt.',
    },
    afterMs: 0,
    causes: ['spool.gone', 'station.short'],
    facts: ['waiting_events'],
  },
  'custody.store-differs': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The store holds another log of this station than the station itself.',
      de: 'Der Zentralspeicher hat ein anderes Protokoll dieser Station als die Station selbst.',
    },
    remedy: {
      en: 'Was a backup put back, here or there? If not, call the data protection officer. Then acknowledge it: "bodydock custody --acknowledge --reason CODE".',
      de: 'Wurde hier oder dort eine Sicherung zurückgespielt? Wenn nicht, Datenschutz verständigen. Danach bestätigen: "bodydock custody --acknowledge --reason CODE".',
    },
    afterMs: 0,
    causes: [],
    facts: ['differences', 'segment', 'sequence'],
  },
  'custody.not-taken': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'The log of this station does not get to the store: a part of it is not taken there, or cannot be read here.',
      de: 'Das Protokoll dieser Station kommt nicht in den Zentralspeicher: Ein Teil wird dort nicht angenommen oder ist hier nicht lesbar.',
    },
    remedy: {
      en: 'Reason "refused": at the store "journalctl -u bodydock-receiver" says why; behind a change of keys the new one is missing in stations[].public_keys there. Reason "unreadable": check the disk of the station.',
      de: 'Grund "refused": Am Zentralspeicher sagt "journalctl -u bodydock-receiver", warum; nach einem Wechsel der Schlüssel fehlt dort der neue in stations[].public_keys. Grund "unreadable": Datenträger der Station prüfen.',
    },
    afterMs: 300_000,
    causes: ['custody.chain-broken', 'custody.store-differs', 'store.unknown-key', 'spool.gone'],
    facts: ['segment', 'reason'],
  },
  'docking.journal-failed': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'The journal of the stay in this bay cannot be written.',
      de: 'Das Journal des Andockvorgangs in diesem Platz kann nicht geschrieben werden.',
    },
    remedy: {
      en: 'Check the disk of the station: full, read-only or failing.',
      de: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt.',
    },
    afterMs: 0,
    causes: ['spool.gone', 'station.short', 'custody.write-failed'],
    facts: ['reason'],
  },
  'docking.record-failed': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'The signed record of the last stay in this bay could not be made; it is tried again.',
      de: 'Das Andockprotokoll des letzten Andockvorgangs in diesem Platz konnte nicht angelegt werden; es wird erneut versucht.',
    },
    remedy: {
      en: 'Check the disk of the station: full, read-only or failing.',
      de: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt.',
    },
    afterMs: 0,
    causes: ['spool.gone', 'station.short', 'custody.write-failed'],
    facts: ['reason'],
  },
} satisfies ConditionTable;
