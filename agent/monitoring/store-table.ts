// Conditions between the station and the central store: deliveries, receipts, release.
import type { ConditionTable } from './condition-kind.ts';

/** The far end, as this station sees it. */
export const STORE_TABLE = {
  'store.silent': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'The broker is there, but the central store does not answer.',
      de: 'Der Broker ist erreichbar, aber der Zentralspeicher antwortet nicht.',
    },
    remedy: {
      en: 'Check that the receiver runs and is connected to the broker. Recordings wait on the station.',
      de: 'Prüfen, ob der Empfänger läuft und mit dem Broker verbunden ist. Die Aufzeichnungen warten auf der Station.',
    },
    afterMs: 0,
    causes: ['broker.unreachable', 'broker.tls', 'broker.refused', 'broker.client-id-in-use'],
    facts: ['silent_s', 'waiting'],
  },
  'store.unknown-key': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'Somebody answers as the central store with a key that the configuration of this station does not name.',
      de: 'Jemand antwortet als Zentralspeicher mit einem Schlüssel, den die Konfiguration dieser Station nicht nennt.',
    },
    remedy: {
      en: 'Compare store.public_keys with the keys of the store; the log of the agent names the key. If they are right, call IT security.',
      de: 'store.public_keys mit den Schlüsseln des Zentralspeichers vergleichen; das Protokoll des Agenten nennt den Schlüssel. Stimmen sie, IT-Sicherheit rufen.',
    },
    afterMs: 0,
    causes: [],
    facts: [],
  },
  'store.behind': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'A recording, or the record of a stay, has waited too long for its receipt.',
      de: 'Eine Aufzeichnung oder ein Andockprotokoll wartet zu lange auf die Quittung.',
    },
    remedy: {
      en: 'Check the network, the broker and the store; there "journalctl -u bodydock-receiver" names "vault.full" or "vault.quota" where it has no room. If all is good, the uplink, or what broker.rate_bytes_per_s and broker.windows leave of it, is too little for what is recorded.',
      de: 'Netz, Broker und Zentralspeicher prüfen; dort nennt "journalctl -u bodydock-receiver" "vault.full" oder "vault.quota", wo kein Platz ist. Ist alles gut, reicht die Leitung, oder was broker.rate_bytes_per_s und broker.windows davon lassen, nicht für das, was aufgenommen wird.',
    },
    afterMs: 0,
    causes: [],
    facts: ['oldest_unstored_seconds', 'limit_seconds'],
  },
  'store.put-back': {
    severity: 'warning',
    subject: 'none',
    text: {
      en: 'The central store lost what it had: it is delivered again, and nothing is erased because of a receipt for it.',
      de: 'Der Zentralspeicher hat verloren, was er schon hatte: Es wird erneut geliefert, und nichts wird wegen einer Quittung dafür gelöscht.',
    },
    remedy: {
      en: 'Was a backup put back at the store? Then leave the station running, and look at the store what did not come again: "bodydock-receiver reconcile".',
      de: 'Wurde am Zentralspeicher eine Sicherung zurückgespielt? Dann die Station laufen lassen und dort nachsehen, was nicht wiederkam: "bodydock-receiver reconcile".',
    },
    afterMs: 10_000,
    causes: [],
    facts: ['waiting'],
  },
  'recording.refused': {
    severity: 'error',
    subject: 'recording',
    text: {
      en: 'The store refuses a recording; the station keeps it and offers it again by itself.',
      de: 'Der Zentralspeicher lehnt eine Aufzeichnung ab; die Station behält sie und bietet sie von selbst erneut an.',
    },
    remedy: {
      en: 'Look into the log of the receiver for that recording: "journalctl -u bodydock-receiver" there. Reason "manifest-signature": the store may not know the new key of this station yet (handbook, 8.1).',
      de: 'Im Journal des Empfängers nach dieser Aufzeichnung sehen: dort "journalctl -u bodydock-receiver". Grund "manifest-signature": Der Zentralspeicher kennt vielleicht den neuen Schlüssel dieser Station noch nicht (Handbuch, 8.1).',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'docking.refused': {
    severity: 'error',
    subject: 'recording',
    text: {
      en: 'The store refuses the record of a stay; the station keeps it and offers it again by itself.',
      de: 'Der Zentralspeicher lehnt ein Andockprotokoll ab; die Station behält es und bietet es von selbst erneut an.',
    },
    remedy: {
      en: 'Look into the log of the receiver for that record, as for "recording.refused".',
      de: 'Im Journal des Empfängers nach diesem Andockprotokoll sehen, wie bei "recording.refused".',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'receipt.refused': {
    severity: 'critical',
    subject: 'recording',
    text: {
      en: 'A receipt came that does not hold: it was not given by the store for this recording.',
      de: 'Es kam eine Quittung, die nicht gilt: Sie stammt nicht vom Zentralspeicher oder nicht für diese Aufzeichnung.',
    },
    remedy: {
      en: 'Check which keys the store uses. If they are right, somebody sends forged receipts: call IT security.',
      de: 'Prüfen, welche Schlüssel der Zentralspeicher benutzt. Stimmen sie, sendet jemand falsche Quittungen: IT-Sicherheit rufen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'release.listing': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'Receipted files stay on the camera in this bay: it does not show all its files, so nobody could confirm an erasure.',
      de: 'Quittierte Dateien bleiben auf der Kamera in diesem Platz: Sie zeigt nicht alle ihre Dateien, also ließe sich kein Löschen bestätigen.',
    },
    remedy: {
      en: 'Do what "camera.listing" says. The files are erased once a listing shows everything. The recordings are safe.',
      de: 'Tun, was bei "camera.listing" steht. Gelöscht wird, sobald eine Auflistung alles zeigt. Die Aufzeichnungen sind gesichert.',
    },
    afterMs: 0,
    causes: [],
    facts: [],
  },
  'release.refused': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'Receipted files are not erased from the camera in this bay, because a condition of the release does not hold.',
      de: 'Quittierte Dateien werden von der Kamera in diesem Platz nicht gelöscht, weil eine Bedingung der Freigabe fehlt.',
    },
    remedy: {
      en: 'Reason "recipient-unproven": make the proof (handbook, 1.7), then "systemctl restart bodydock". "joined-differently", "not-read-again": take the camera out and put it in again. Any other reason: erase nothing by hand; "journalctl -u bodydock" says why.',
      de: 'Grund "recipient-unproven": den Nachweis führen (Handbuch, 1.7), dann "systemctl restart bodydock". "joined-differently", "not-read-again": Kamera herausnehmen und neu einsetzen. Jeder andere Grund: nichts von Hand löschen; "journalctl -u bodydock" sagt, warum.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
} satisfies ConditionTable;
