// What is wrong and what to do, for each condition of a central store, in English: one sentence without technical words where that goes.

export const STORE_CONDITIONS_EN = {
  // The vault and its disk.
  'vault.full': {
    text: 'The store has no room for another recording; recordings wait on the stations.',
    remedy:
      'Make room: give the vault a larger disk or quota (`vault.quota_bytes`), or see with `bodydock-receiver expire --preview` what is due and why it stays. Never delete files of the vault by hand.',
  },
  'vault.low': {
    text: 'Less than a twentieth of the room of the store is left.',
    remedy: 'Give the vault a larger disk or quota (`vault.quota_bytes`) before it is full.',
  },
  'vault.lost': {
    text: 'The vault is not there: its disk is gone, or another one is in its place. Nothing is received.',
    remedy:
      'See whether the disk of the vault is mounted (`findmnt`) and works. The store goes on by itself once it is back.',
  },
  'vault.quota': {
    text: 'A recording of this station is larger than the whole quota of the store; it waits on the station.',
    remedy: 'Raise `vault.quota_bytes`, and give the vault a larger disk where it needs one.',
  },
  'vault.station-quota': {
    text: 'This station fills as much of the store as the policy of both roles allows it; what is new waits on the station.',
    remedy:
      'See whether all of it is expected of this station (`bodydock ls`). If so, let both roles sign a policy with more (`bodydock-receiver policy make --station-bytes N`); else find out who has its key.',
  },
  'vault.write-failed': {
    text: 'The store cannot write into the vault; recordings wait on the stations.',
    remedy: 'Look at the disk of the vault and at the journal of bodydock-receiver, which names the error.',
  },
  'vault.unknown-entries': {
    text: 'Files lie in the vault that no receiver puts there.',
    remedy:
      'The journal names the first ones ("unexpected files in the vault"). Move what does not belong there to another place.',
  },
  'vault.recording-damaged': {
    text: 'Something in the vault was no longer as it was received. It is in quarantine and is asked for again; the station may not have it any more.',
    remedy:
      'Check the disk and its backup, then run `bodydock verify` on the vault: it names everything that is not whole.',
  },
  'disk.failing': {
    text: 'The disk of the vault reports errors.',
    remedy:
      'Save the vault to another disk today and replace this one. The journal of the kernel names the errors.',
  },
  // What stations send.
  'receiver.offer-refused': {
    text: 'The store refuses something that this station sent: it does not verify, or the station is not in its file.',
    remedy:
      'Compare the keys of the station in receiver.yaml with what `bodydock keys show` says there; the reason is beside the station.',
  },
  'receiver.recording-conflict': {
    text: 'This station sent a recording under an id that the store has with other content. Both are kept.',
    remedy:
      'Leave station and vault as they are and find out whether the station was copied, or restored from an image.',
  },
  'receiver.id-elsewhere': {
    text: 'This station offers a recording under an id that another station has. It is refused and in quarantine.',
    remedy:
      'Leave both stations as they are and find out whether this one was copied, or somebody uses its key; the other one is beside the station.',
  },
  'receiver.altered': {
    text: 'Pieces of a recording of this station keep coming altered; nothing altered is kept.',
    remedy:
      'Look at the way between station and store, at the broker first; where it stays, at the memory and disk of the station.',
  },
  'receiver.key-revoked': {
    text: 'This station signs with a key that was revoked.',
    remedy:
      'If the station is yours, give it a new key (`bodydock keys rotate` there). If not, somebody uses the revoked key: take its access to the broker away.',
  },
  'keys.revocation-damaged': {
    text: 'The revocation of a key of this station cannot be read; nothing that the key signs is taken.',
    remedy: 'Write it again with `bodydock-receiver revoke`.',
  },
  'docking.gap': {
    text: 'Docking records of this camera are missing between those that the store has.',
    remedy:
      'See whether the station still has something to deliver (`bodydock status` there). If it has nothing, run `bodydock verify` on the vault and keep what it says.',
  },
  // Custody logs of the stations, and the log of the store.
  'custody.fork': {
    text: 'The custody log of this station goes on in two ways: the station was copied, or restored from an image. Both are kept.',
    remedy:
      'Find the second machine and switch it off. Run `bodydock verify` on the vault: it says what each of them logged.',
  },
  'custody.broken': {
    text: 'The custody log that this station sends does not fit to what the store has of it.',
    remedy:
      'Look at `bodydock doctor` on the station. Run `bodydock verify` on the vault and keep what it says.',
  },
  'custody.write-failed': {
    text: 'The custody log of this station cannot be written into the vault.',
    remedy: 'Look at the disk of the vault and at the journal of bodydock-receiver, which names the error.',
  },
  'custody.too-much': {
    text: 'This station sends more custody log than a station makes; the rest waits.',
    remedy:
      'Look at the station: a camera that is put in and out without end, or somebody who uses its account.',
  },
  'log.shorter': {
    text: 'The log of the store lacks lines that it had before: no receipt is given, and nothing is deleted.',
    remedy:
      'If the vault was restored from a backup, type `bodydock-receiver restored`. Else secure this machine as it is, and run `bodydock verify` on the vault.',
  },
  'log.witness-forked': {
    text: 'A witness saw another log than this store has: lines were taken away, or the log was copied.',
    remedy:
      'If the vault was restored from a backup, type `bodydock-receiver restored`. Else secure this machine as it is, and run `bodydock verify` on the vault.',
  },
  'log.witness-silent': {
    text: 'A witness has not cosigned the log of the store for some time.',
    remedy:
      'Let this machine reach the url of the witness, and the witness know the key of the log; the journal names both.',
  },
  'log.not-stamped': {
    text: 'The time-stamp authority has not stamped the log of the store for some time.',
    remedy: 'Let this machine reach `timestamps.url`, or name another authority.',
  },
  // Keeping and deleting.
  'retention.clock': {
    text: 'Nobody outside of this machine confirms its clock, or somebody says another time: what is due is not deleted.',
    remedy:
      'Let a station of another machine, a witness or a time-stamp authority be reached, and compare the clock of this machine with another one.',
  },
  'retention.many': {
    text: 'More than a fifth of the vault is due at once; it waits for a day.',
    remedy: 'Look why so many are due: `bodydock-receiver expire --preview`. A hold keeps what must stay.',
  },
  'retention.failed': {
    text: 'What is due could not be deleted, or not all of it.',
    remedy: 'Look at the disk of the vault and at the journal of bodydock-receiver, which names the error.',
  },
  'retention.blocked': {
    text: 'Recordings are due and stay, because an order of their station cannot be read.',
    remedy:
      'Run `bodydock-receiver orders`: it names the order. Place it again, or let both roles make it again.',
  },
  'retention.late': {
    text: 'Recordings came so late that hardly any of their time is left.',
    remedy:
      'See with `bodydock-receiver expire --preview` which ones, and decide today: a hold keeps what must stay.',
  },
  'retention.evidence-due': {
    text: 'Recordings that their camera marks as evidence are due within three days.',
    remedy: 'Decide whether they must stay: `bodydock-receiver hold` keeps them.',
  },
  'retention.hold-lapsing': {
    text: 'A hold that one role set ends within two days.',
    remedy: 'Let the other role sign it as well, if the recording must stay: `bodydock-receiver orders`.',
  },
  'retention.held-long': {
    text: 'Recordings have been held for 90 days or longer, without an end.',
    remedy: 'See with `bodydock-receiver orders` whether they must still stay, and end the hold where not.',
  },
  'retention.odd': {
    text: 'Recordings in the vault cannot be judged: documents are missing, damaged, or signed by an unknown key. They stay.',
    remedy:
      'Run `bodydock-receiver expire --preview` and `bodydock verify` on the vault: they name each one.',
  },
  'retention.no-policy': {
    text: 'Both roles have not agreed on a policy: one person alone decides how long recordings stay.',
    remedy: 'Let both roles agree on one: `bodydock-receiver policy make` (handbook, chapter 10).',
  },
  'retention.past-policy': {
    text: 'The file of the store keeps recordings longer than the policy of both roles allows.',
    remedy: 'Take `retention.days` out of receiver.yaml, or let both roles sign a policy with more days.',
  },
  'disclosure.failed': {
    text: 'Disclosures could not be entered into the log of the store.',
    remedy: 'Look at the disk of the vault and at the journal of bodydock-receiver, which names the error.',
  },
  'disclosure.refused': {
    text: 'A note of a disclosure cannot be read and is not in the log of the store.',
    remedy:
      'The journal names it, in `.disclosures` of the vault: find out who handed something out, and keep the file.',
  },
  // The desk of the office.
  'desk.unreachable': {
    text: 'The desk of the store does not answer: the office can neither find recordings nor look at them.',
    remedy:
      '`journalctl -u bodydock-desk` says why, `bodydock-receiver check` what is wrong with its files. Where it was never turned on: `systemctl enable --now bodydock-desk`; where nobody wants it: take `desk` out of receiver.yaml.',
  },
  'desk.certificate-expiring': {
    text: 'A certificate of the desk of the store ends soon, or has ended.',
    remedy:
      'Issue it again as it was issued (handbook, chapter 10), then `systemctl restart bodydock-desk`. Where it is the authority, each place of work needs a new one, too.',
  },
  'notify.failing': {
    text: 'Mails of this store are not sent, or not to every address: nobody is written to about its conditions.',
    remedy:
      '`bodydock-receiver notify` sends one and says what is wrong: server, certificate, login or an address of `notify` in receiver.yaml.',
  },
  // The connection to the broker.
  'broker.unreachable': {
    text: 'The broker cannot be reached; recordings wait on the stations.',
    remedy: 'Check network, name resolution and the broker itself.',
  },
  'broker.tls': {
    text: 'The secured connection to the broker fails: a certificate is not accepted.',
    remedy: 'Look at the certificates and the clocks of both sides.',
  },
  'broker.refused': {
    text: 'The broker refuses the connection of this store.',
    remedy:
      'Check what the broker allows this store: its certificate or password, its rights and its limits.',
  },
  'broker.client-id-in-use': {
    text: 'Another program connects to the broker under the name of this store.',
    remedy: 'Find the second machine with the configuration of this store and switch it off.',
  },
  'broker.publish-refused': {
    text: 'The broker refuses messages of this store.',
    remedy:
      'Check the rights (ACL) of this store at the broker: it writes below `+/down/` and below `store/` with its id.',
  },
  'broker.message-size': {
    text: 'The broker takes only messages that are too small to deliver recordings.',
    remedy: 'Raise the largest message (packet) that the broker takes.',
  },
  'broker.certificate-expiring': {
    text: 'A certificate for the connection to the broker ends soon, or has ended.',
    remedy: 'Put a new certificate in the place of the old one; it is taken without a restart.',
  },
} as const;
