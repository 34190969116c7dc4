// What is wrong and what to do, for each condition of a station, in English: one sentence without technical words where that goes.

export const CONDITIONS_EN = {
  // Cameras in their bays.
  'bay.not-mounted': {
    text: 'Files lie in the mount point of this bay, but nothing is mounted there. They are not taken: no camera is in the bay.',
    remedy:
      'If a card is in the bay, see why it is not mounted (`findmnt`). Look at the files: move what may be a recording to a safe place, then clear the folder. A bay that is a plain folder must lie outside /media, /mnt and /run/media.',
  },
  'camera.failed': {
    text: 'The camera in this bay cannot be read; the station tries again by itself.',
    remedy: 'Take the camera out and put it in again; then another bay. Its recordings are still on it.',
  },
  'camera.loose': {
    text: 'The connection to the camera in this bay breaks off again and again; the station tries ever more rarely.',
    remedy:
      'Clean the contacts of camera and bay and put the camera in firmly; then another bay. Where it breaks off there too, it is the camera. Its recordings are still on it.',
  },
  'camera.not-taken': {
    text: 'Some files of the camera in this bay cannot be taken; they stay on the camera.',
    remedy: 'Leave the camera in its bay and call the technician. Do not erase or format it.',
  },
  'camera.set-aside': {
    text: 'The program of the station ended three times at a file of the camera in this bay; the file stays on the camera and is not read for now.',
    remedy:
      'Leave the camera in its bay and call the technician. Do not erase or format it. The station tries again after a day, with a new version, and by `bodydock spool tries --again`.',
  },
  'camera.changing': {
    text: 'A file of the camera in this bay has been changing for minutes: the camera seems to record. The file stays on the camera.',
    remedy:
      'End the recording and leave the camera in its bay: the file is taken by itself then. If the camera does not record, call the technician.',
  },
  'camera.listing': {
    text: 'The camera in this bay does not show all its files; what it shows is taken.',
    remedy:
      'Leave the camera in its bay and call the technician. Its memory may be missing, locked, damaged, encrypted, divided, or hold far too many files, or the camera shows a disk as well, which is not read.',
  },
  'camera.stuck': {
    text: 'Work with the camera in this bay makes no progress.',
    remedy: 'Take the camera out and put it in again. If that does not help, call the technician.',
  },
  'camera.slow': {
    text: 'The camera in this bay is read far more slowly than usual.',
    remedy: 'Clean the contacts of camera and bay; try another bay, then another cable.',
  },
  'camera.vanished': {
    text: 'Files vanished from this camera while it was docked, and not by this station.',
    remedy:
      'Do not use the camera. Call the technician and the data protection officer: the docking record names what was there.',
  },
  'camera.not-erased': {
    text: 'The store has recordings that the camera in this bay would not erase.',
    remedy: 'Check whether the memory of the camera is write-protected or damaged. The recordings are safe.',
  },
  'camera.port': {
    text: 'The serial port of this bay fails; recordings still come by the other way.',
    remedy: 'Check the serial contacts and the cable of this bay.',
  },
  'camera.twice': {
    text: 'One camera seems to be in two bays at a time.',
    remedy:
      'Find out which camera is in which bay, and correct station.yaml or the serial number of the camera.',
  },
  'camera.missing': {
    text: 'This camera has not been docked at this station for a long time. Whether it docks at another one, this station cannot know.',
    remedy:
      'Find the camera and dock it; recordings may be on it. Lost, broken or given back: "bodydock camera retire". Docked at another station now: take it out of station.yaml, or raise camera_missing_days (0: never told).',
  },
  'camera.clock-wrong': {
    text: 'The clock of this camera was far off when it was docked.',
    remedy:
      'The station corrects the times of the recordings. If it comes again, have the clock battery of the camera changed.',
  },
  'camera.battery-weak': {
    text: 'The battery of this camera is weak.',
    remedy:
      'Charge the camera before it is taken; if its charge falls from docking to docking, change the battery.',
  },
  // Which camera, and what is plugged in.
  'camera.unknown': {
    text: 'The camera in this bay is not registered at this station, or says no serial number. Nothing on it was touched.',
    remedy:
      'Take it out. If it belongs here: add it with its serial number to cameras in station.yaml, or name it in its bay.',
  },
  'camera.other': {
    text: 'Another camera of this station is in this bay than the one that the bay is for. Nothing on it was touched.',
    remedy:
      'Put each camera into its own bay. Or take camera out of the bays in station.yaml: then each is known by its serial number.',
  },
  'camera.locked-out': {
    text: 'Cameras in this bay did not accept their password several times in a row; no more is tried, so that no camera locks itself.',
    remedy:
      'Keep the camera: its recordings are still on it. Put its right password into its password_file, then "systemctl restart bodydock".',
  },
  'camera.serial-differs': {
    text: 'The camera in this bay says another serial number than station.yaml gives for it; it is still served.',
    remedy: 'Check whether it is the right camera; then correct its serial number in station.yaml.',
  },
  'usb.unexpected-device': {
    text: 'A camera, a phone or a disk is at a USB port that is no bay. It is not opened, and nothing on it is taken.',
    remedy:
      'Put a camera into a bay, take anything else out. If the port is a bay: `bodydock bays learn` writes the bays for station.yaml.',
  },
  // Disk and recordings.
  'spool.full': {
    text: 'The disk of the station is full: no recording is taken, cameras keep theirs.',
    remedy:
      'Restore the connection to the store; the station goes on by itself. Remove files outside of the spool; delete nothing in it.',
  },
  'spool.low': {
    text: 'The disk of the station is nearly full.',
    remedy: 'Check the connection to the store before the disk is full.',
  },
  'spool.reserve-used': {
    text: 'The disk is so full that log and records live on their reserve.',
    remedy: 'Remove other files from the disk; the station makes its reserve again by itself.',
  },
  'spool.gone': {
    text: 'The disk with the recordings is not there.',
    remedy: 'Check the disk and its mount. Cameras keep their recordings until it is back.',
  },
  'spool.quarantine': {
    text: 'Something on the disk of the station was damaged or unknown and was quarantined.',
    remedy:
      'Have the technician look at it and at the disk. Nothing was deleted; a file that is still on its camera is pulled again at the next docking.',
  },
  'spool.other-key': {
    text: 'What waits on the station was signed with a key that the station does not have: it is kept and not sent.',
    remedy:
      'Put that key back in place of keys.signing_file and restart the service. Where it is lost: move the present one away, then "bodydock keys rotate --reason lost --old-key KEY".',
  },
  'spool.recordings-lost': {
    text: 'The log names recordings that are neither on this station nor in the store.',
    remedy:
      'Do not change anything on the station. Call the technician and the data protection officer; then acknowledge it: "bodydock custody --acknowledge --reason CODE".',
  },
  'spool.write-failed': {
    text: 'The disk of the station refused one recording after the other: pulling has ended, cameras keep theirs.',
    remedy:
      'Check the disk of the station: full, read-only or failing. The station tries it again by itself and goes on.',
  },
  'disk.failing': {
    text: 'The disk of the station fails: reading or writing ended with an error of the device.',
    remedy: 'Restore the connection to the store so that everything is delivered, then change the disk.',
  },
  'recording.damaged': {
    text: 'Parts of a recording could not be read from the camera; the rest was kept, and the file stays on the camera.',
    remedy: 'Keep the camera and its memory as they are and call the technician.',
  },
  'recording.rejected': {
    text: 'A file on a camera is unusual: empty, of an unknown kind or with an invalid name. It was kept and is still delivered.',
    remedy: 'Nothing to do. If it happens often, show the camera to the technician.',
  },
  // Log and docking records.
  'custody.chain-broken': {
    text: 'The log of this station was altered or damaged: its chain does not hold.',
    remedy: 'Do not change anything on the station. Call the technician and the data protection officer.',
  },
  'custody.write-failed': {
    text: 'The log cannot be written: nothing is claimed, released or erased until it can.',
    remedy: 'Check the disk of the station: full, read-only or failing.',
  },
  'custody.store-differs': {
    text: 'The store holds another log of this station than the station itself.',
    remedy:
      'Was a backup restored, here or there? If not, call the data protection officer. Then acknowledge it: "bodydock custody --acknowledge --reason CODE".',
  },
  'custody.not-taken': {
    text: 'The log of this station does not get to the store: a part of it is not taken there, or cannot be read here.',
    remedy:
      'Reason "refused": at the store "journalctl -u bodydock-receiver" says why; after a change of keys the new one is missing in stations[].public_keys there. Reason "unreadable": check the disk of the station.',
  },
  'docking.journal-failed': {
    text: 'The journal of the stay in this bay cannot be written.',
    remedy: 'Check the disk of the station: full, read-only or failing.',
  },
  'docking.record-failed': {
    text: 'The signed record of the last stay in this bay could not be made; it is tried again.',
    remedy: 'Check the disk of the station: full, read-only or failing.',
  },
  // Central store.
  'store.silent': {
    text: 'The broker is there, but the central store does not answer.',
    remedy: 'Check that the receiver runs and is connected to the broker. Recordings wait on the station.',
  },
  'store.unknown-key': {
    text: 'Somebody answers as the central store with a key that the configuration of this station does not name.',
    remedy:
      'Compare store.public_keys with the keys of the store; the log of the agent names the key. If they are right, call IT security.',
  },
  'store.behind': {
    text: 'A recording, or the record of a stay, has waited too long for its receipt.',
    remedy:
      'Check the network, the broker and the store; there "journalctl -u bodydock-receiver" names "vault.full" or "vault.quota" where it has no room. If all is good, the uplink, or what broker.rate_bytes_per_s and broker.windows leave of it, is too little for what is recorded.',
  },
  'store.rolled-back': {
    text: 'The central store holds less than it had signed for, as after a backup was restored: nothing is erased from cameras, and the station keeps all copies.',
    remedy:
      'At the store, type "bodydock-receiver restored" once and have both roles sign it (handbook, 10): this station then offers again everything that it still holds. New recordings go on being delivered meanwhile.',
  },
  'restored.refused': {
    text: 'The central store says that it was restored from a backup, and not both roles have signed that: nothing is erased from cameras, and the station keeps all copies.',
    remedy:
      'If it was restored, have both roles sign it: "bodydock-receiver restored --fetch FOLDER" at the store says how (handbook, 10). Where "reason" is restored.no-roles or restored.signature, put the keys of both into roles in station.yaml. If it was not, somebody has its key: call IT security.',
  },
  'store.log-forked': {
    text: 'The log of the central store is not the one that this station saw before, or is shorter: no receipt counts, and nothing is erased from cameras.',
    remedy:
      'If the store was restored from a backup, type "bodydock-receiver restored" there and have both roles sign it. If not, somebody changed its log: secure the store and this station, let "bodydock verify" say what is missing, and only then type "bodydock custody --acknowledge --reason CODE" here.',
  },
  'policy.refused': {
    text: 'The central store sent a policy of both roles that this station does not take; what it held before stays in force.',
    remedy:
      'Ask both roles whether they signed it. If so, put the keys of both into roles in station.yaml where "reason" is policy.no-roles or policy.signature; where it is policy.number, have one with a higher number made at the store. If not, call IT security.',
  },
  'store.recordings-lost': {
    text: 'The central store was restored from a backup and may lack recordings of which this station has no copy any more.',
    remedy:
      'Dock the cameras: a file that is still on one comes again. The log of this station names the recordings ("store-lost"); "bodydock-receiver reconcile" at the store says which of them are lost. Then "bodydock custody --acknowledge --reason CODE".',
  },
  'recording.refused': {
    text: 'The store refuses a recording; the station keeps it and offers it again by itself.',
    remedy:
      'Look into the log of the receiver for that recording: "journalctl -u bodydock-receiver" there. Reason "manifest-signature": the store may not know the new key of this station yet (handbook, 8.1).',
  },
  'docking.refused': {
    text: 'The store refuses a docking record, or a report or text of the staff; the station keeps it and offers it again by itself.',
    remedy: 'Look into the log of the receiver for that document, as for "recording.refused".',
  },
  'receipt.refused': {
    text: 'A receipt came that does not hold: it was not given by the store for this recording.',
    remedy:
      'Reason "receipt.other-store": if the receiver in the journal is yours, list it under store.receivers; a vault replaced on purpose needs one with a new id. Else compare store.public_keys: earlier keys of the store belong there too. If they are right, receipts are forged: call IT security.',
  },
  'receipt.not-in-log': {
    text: 'A receipt came that is not in the log of the central store: it does not count, and the recording is offered again.',
    remedy:
      'Update the receiver first, if it is older than this station. If it is not, look into its journal ("journalctl -u bodydock-receiver") for "log.shorter"; if there is nothing, receipts are given beside the log: call IT security. Nothing is lost: files stay on their cameras.',
  },
  'release.listing': {
    text: 'Receipted files stay on the camera in this bay: it does not show all its files, so nobody could confirm an erasure.',
    remedy:
      'Do what "camera.listing" says. The files are erased once a listing shows everything. The recordings are safe.',
  },
  'release.refused': {
    text: 'Receipted files are not erased from the camera in this bay, because a condition of the release does not hold.',
    remedy:
      'Reason "recipient-unproven": make the proof (handbook, 1.7), then "systemctl restart bodydock". "receipt-other-store": see "receipt.refused". "joined-differently", "read-differently", "not-read-again": dock the camera again. Else erase nothing by hand; "journalctl -u bodydock" says why.',
  },
  // Broker.
  'broker.unreachable': {
    text: 'The broker cannot be reached; recordings wait on the station.',
    remedy: 'Check network, name resolution and the broker itself.',
  },
  'broker.tls': {
    text: 'The secured connection to the broker fails: a certificate is not accepted.',
    remedy:
      'Run "bodydock doctor": it looks at the certificates of both sides. Check the clocks of both sides, too.',
  },
  'broker.refused': {
    text: 'The broker refuses the connection of this station.',
    remedy:
      'Check what the broker allows this station: its certificate or password, its rights and its limits.',
  },
  'broker.client-id-in-use': {
    text: 'Another program connects to the broker under the name of this station.',
    remedy:
      'Find the second machine with the configuration of this station, such as a copied memory card, and switch it off.',
  },
  'broker.publish-refused': {
    text: 'The broker refuses messages of this station.',
    remedy: 'Check the rights (ACL) and quotas of this station at the broker.',
  },
  'broker.message-size': {
    text: 'The broker or the receiver takes only messages that are too small to deliver recordings.',
    remedy: 'Raise the largest message (packet) that the broker and the receiver take.',
  },
  'broker.offer-size': {
    text: 'A document does not fit into the largest message of the broker.',
    remedy: 'Raise the largest message (packet) that the broker takes.',
  },
  'broker.certificate-expiring': {
    text: 'A certificate for the connection to the broker ends soon, or has ended.',
    remedy:
      'Put a new certificate in the place of the old one ("bodydock keys enrol" gets one for a station); it is taken without a restart.',
  },
  // Station.
  'configuration.refused': {
    text: 'station.yaml was changed and is not right: the station goes on with what it had before.',
    remedy: 'Run "bodydock check": it names each line and what to do. A good file is taken over by itself.',
  },
  'station.clock-unsynchronised': {
    text: 'The clock of the station is not synchronised.',
    remedy: 'Check that the time server can be reached ("timedatectl"). Recordings are still taken.',
  },
  'station.short': {
    text: 'The station is short of memory or file handles: it takes and hands over nothing for now, cameras keep their recordings.',
    remedy:
      'Restart it: "systemctl restart bodydock". If it comes again, end other programs on the station and send the output of "journalctl -u bodydock" to the maker.',
  },
  'station.temperature': {
    text: 'The station is too warm.',
    remedy: 'Give it air: uncover it, clean it, move it away from heating and sun.',
  },
  'station.led': {
    text: 'The light of a bay cannot be switched.',
    remedy:
      'Check `led` of that bay in station.yaml, the light, and the right to write below /sys/class/leds.',
  },
  'station.screen': {
    text: 'The page for the screen of the dock is not served, or takes no reports.',
    remedy:
      'Check whether another program has the port of `screen.port` (EADDRINUSE), or the agent may not use it (EPERM: the package bodydock-screen is missing, handbook, 3.1). The station tries again every minute. Reason “questions”: correct the file of `screen.questions` (see the journal).',
  },
} as const;
