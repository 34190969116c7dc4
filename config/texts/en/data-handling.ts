// The annex on data handling in English.

export const HANDLING_EN = {
  title: 'Body cameras: what is stored where, how long, and who can see it',
  intro:
    'Annex to the works agreement. Made from the configuration that is in force at station {station}, not written by hand: whoever changes the configuration changes this text, and the digests at its end tell which files it was made from.',
  noStore:
    'The file of the central store (receiver.yaml) was not given. Where this text speaks of the store without a number, that file decides.',
  conflicts: {
    'unknown-station': 'The file of the store does not name this station: it takes nothing from it.',
    'unknown-receiver': 'The file of the station does not name this store: it delivers nothing to it.',
    'no-officers':
      'No key of a recording officer is configured: nobody can hold a recording beyond its time, nobody can have one deleted early.',
    'no-supervisors':
      'No key of a supervisor is configured: a hold lapses after {hold} days, and nobody can have a recording deleted early.',
  },

  places: 'What lies where, and how long',
  placesHead: ['Place', 'What lies there', 'How long'],
  camera: 'Camera',
  cameraWhat:
    'Recordings and accompanying files, as the camera itself writes them. This product has no influence on whether a camera encrypts.',
  cameraNever: 'Until somebody erases them by the camera’s own means. This station erases nothing.',
  cameraAfterReceipt:
    'Until the store has confirmed each single file with its signature and each recipient has shown that it can open. Then the station erases that one file and looks whether it is gone.',
  spool: 'Station, disk ({path})',
  spoolWhat:
    'Sealed recordings. Sealing happens in memory while the camera is read; the station holds no key that opens them.',
  spoolHow:
    'Until the store’s signed receipt, then at most {hours} hours, and in no case longer than {days} days (counted as below). Without a receipt until there is one.',
  stationDocuments: 'Station, documents',
  stationDocumentsWhat:
    'Signed documents on each recording and each docking: times, sizes, digests, number of the camera. No image, no sound, no readable file name.',
  stationDocumentsHow:
    '{days} days after the receipt, longer where a camera still holds the file: by them the station knows it again.',
  stationLog: 'Station, custody log',
  stationLogWhat: 'Which step was done when with which recording, by number. Chained and signed.',
  stationLogHow: '{days} days after the store holds that part of the log.',
  broker: 'Message broker ({broker})',
  brokerWhat:
    'Passes sealed recordings and signed documents on. Shows the state of each bay: alias of the camera, numbers of files, the light.',
  brokerHow: 'Recordings: not stored. State of a bay: until the next one replaces it.',
  screen: 'Screen of the dock',
  screenWhat:
    'Shows light, alias of the camera, progress and charge of each bay, and which cameras are out since when; no name of a person and no recording. Seen at this machine only, and nothing of what it shows is counted.',
  screenHow: 'Not stored.',
  staff: 'Reports of the staff at that screen',
  staffWhat:
    'Answers to the questions of the file, with station and day; words of their own are apart from them and sealed. No camera, no bay, no time of day, no person, no login. Only when the day is over are they signed and sent, all of a day together and in no order of time; until then they are on the disk of the station, words sealed already. Nobody should be named in them; the page says so.',
  staffHow:
    'At the station as docking records. At the store {days} days from arrival, the words {text} days from arrival.',
  staffHowUnknown:
    'At the station as docking records. At the store as long as documents, the words {text} days from arrival unless a policy says otherwise.',
  vault: 'Central store {receiver}',
  vaultWhat: 'Sealed recordings. The store’s program holds no key that opens them.',
  vaultHow: '{days} days (counted as below), unless an order holds the recording.',
  vaultHowUnknown: 'As the file of the store says; 14 days where it says nothing.',
  documents: 'Central store, documents',
  documentsWhat:
    'Signed documents on recordings, dockings, receipts and deletions; orders to hold or delete (number of the recording, a reason as a code, key ids); evaluations of recordings (answers to fixed questions, the day, the key id of the evaluator), which go with the documents of the recording.',
  documentsHow:
    '{days} days: from the deletion of the recording, for a docking from its arrival and not before its recordings. As long as the recording is there they stay. Its deletion record stays for ever: ids, digests, times and the order, no name.',
  documentsHowUnknown: 'As the file of the store says; 730 days where it says nothing.',
  lasting: 'Central store, its own log',
  lastingWhat:
    'What the store deleted, warned of and handed out, by numbers; changes and revocations of keys; and receipts, by digests.',
  lastingHow: 'Without a limit: only by it can be told later what was deleted and what was taken away.',
  quarantine: 'Quarantine of station and store',
  quarantineWhat: 'What was odd or damaged, sealed where it is a recording, with a note why.',
  quarantineHow: 'Until a person has looked at it. Nothing there goes by itself.',
  counted:
    'How days are counted: from the latest time at which the recording can have been made, where the camera’s clock was measured; else from its sealing; and from the store’s receipt where the station’s own clock was not set. A wrong clock never makes it sooner. What is due within 72 hours after its receipt is deleted only after a warning that is 24 hours old.',
  policy:
    'Policy {number}, which both roles signed, says: a recording stays no fewer than {days} and no more than {most} days, its documents no fewer than {documents} days after that. A hold by one role lapses after {hold} days, and the text of a staff report is gone after {text} days. A person who runs the store can only keep longer, and that text only shorter.',
  noPolicy:
    'No policy of both roles is in force: a recording stays no fewer than {days} days and its documents no fewer than {documents} days after that, whatever the store’s file says.',
  policyUnknown:
    'Whether a policy of both roles is in force, only the vault says, which was not read here; without one a recording stays no fewer than {days} days and its documents no fewer than {documents} days after that.',
  alone: 'Deletion is done by the program: every {hours} hours, without anybody’s doing.',
  byHand: 'Deletion does not run by itself here: somebody must call it.',
  aloneUnknown: 'Deletion is done by the store’s program.',

  sealed: 'Who can open recordings',
  sealedText:
    'Every recording is sealed to the public keys below, each of which stands for an identity (a secret file). A person who holds one of the {count} identities and can read the store can open. The station, the broker and the store’s program cannot. Which person keeps which identity is not known to the product and must be written down elsewhere.',
  recipient: '{recipient}, fingerprint {fingerprint}',

  roles: 'Who may do what',
  rolesHead: ['What', 'Who', 'What remains of it'],
  openWhat: 'See a recording',
  openWho: 'A person who holds one of the {count} identities and may read the store.',
  openTrace:
    'A reason as a code is asked for beforehand and comes into the store’s log, with time and number of the recording. A person who may write in the store can prevent that entry for a minute after it; and a copy opens without a trace.',
  exportWhat: 'Hand a recording to a court',
  exportWho: 'Whoever may read the store. The recording stays sealed.',
  exportTrace: 'As above.',
  holdWhat: 'Hold a recording beyond its time',
  holdWho:
    'A recording officer ({officers}) at once; it lapses after {hold} days unless a supervisor ({supervisors}) signs it too.',
  holdTrace: 'The signed order and an entry for each signature.',
  deleteWhat: 'End a hold, or delete early',
  deleteWho:
    'Only a recording officer ({officers}) and a supervisor ({supervisors}) together, never the same key twice.',
  deleteTrace: 'The signed order, a signed deletion record, entries in the log.',
  expireWhat: 'Delete when due',
  expireWho: 'Nobody: the program does it. Nobody is needed, and nobody can hinder it but by an order.',
  expireByHandWho: 'Whoever runs the store, with a command of its program; only what is due goes.',
  expireTrace: 'A signed deletion record and entries in the log.',
  configWhat: 'Change periods, recipients, keys',
  configWho: 'Whoever administers the machine, in its configuration file. No message from the network can.',
  configTrace: 'The digest of the station’s file stands in its log at every start and change.',
  keys: '{count} keys: {ids}',
  oneKey: '1 key: {id}',
  noKey: 'no key',
  keysUnknown: 'keys in the store’s file',

  persons: 'Data on persons: what can occur',
  personsCan: [
    'Image and sound of persons in front of and behind the camera: only inside the sealed recordings.',
    'Positions, times and device notes, where the camera writes accompanying files: only inside the sealed recordings.',
    'File names on the camera, which may hold a name: sealed; outside of that only their digest.',
    'Number of the camera, and its model and serial number where the camera or the configuration tells them: in signed documents. Messages show only the alias.',
    'Times of docking, battery, numbers and lengths of recordings. Whoever also has the duty roster can tell from them who has probably carried a camera. The product holds no roster and no assignment.',
    'Reason codes of orders and disclosures, and ids of the keys that signed.',
  ],
  personsCanStaff:
    'Words of staff at the dock’s screen, which may hold a name although the page asks for none: only sealed, for the same identities as the recordings.',
  cameras: 'Cameras of this station (number, alias shown to staff): {cameras}.',
  personsNever: 'What never occurs',
  personsNeverList: [
    'Names, personnel numbers, log-ins or e-mail addresses, in any document, log, message or setting. (An alias is chosen by whoever writes the configuration: above it can be seen.)',
    'Who carried which camera.',
    'An unsealed recording on the station’s disk, on the line, at the broker or in the store.',
    'Live pictures, remote start of a camera, remote listening.',
    'Recognition or evaluation of faces, voices, number plates, behaviour or performance.',
  ],

  logs: 'Logs',
  logsHead: ['Log', 'What stands in it', 'How long'],
  logStation: 'Custody log of the station',
  logStationWhat:
    'Starts, changes of the configuration, state of the clock; of each docking and recording: docked, listed, read, sealed, confirmed, erased. By numbers.',
  logStationHow: 'At the station {days} days after the store holds it; at the store {atStore}.',
  logStore: 'Log of the store',
  logStoreWhat: 'Warnings and deletions, orders, disclosures with reason, changes and revocations of keys.',
  logProgram: 'Program log (journal of the operating system)',
  logProgramWhat: 'Operation and faults, level “{level}”. No names, no file names, no serial numbers.',
  logProgramHow: 'As the operating system is set; the product neither prolongs nor shortens it.',
  daysOf: 'until {days} days after all that it speaks of',
  forEver: 'Without a limit.',
  asFile: 'as its file says',

  leaves: 'What leaves the house',
  leavesTls:
    'Station and store talk through the broker {broker} only, encrypted on the line (TLS). Recordings are sealed and documents signed before they travel.',
  leavesLocal:
    'Station and store talk through the broker {broker} on the station’s own machine only. Recordings are sealed and documents signed before they travel.',

  leavesNothingElse: 'No other address is contacted: no cloud, no maker, no statistics.',
  leavesOutside:
    'The store also shows size and digest of its custody log to these outside parties: {outside}. They learn nothing else. No other address is contacted: no cloud, no maker, no statistics.',
  leavesUnknown:
    'The station contacts no other address. Whether the store shows the digest of its custody log to outside parties is in its file. No cloud, no maker, no statistics.',

  holds: 'What this protects against, and what not',
  holdsList: [
    'Who manages or steals the station can open nothing that is sealed already, and take back nothing that has a receipt. He can see what is being read at that moment, and leave out what is not signed yet.',
    'Who manages the store can open nothing. What he removes, replaces, dates back or deletes too early is found by the verification once somebody outside has heard of it: {heard}. A deletion dated ahead it finds for good only where a witness or a time-stamp authority saw the log before that date. He can refuse to hand out, and copy what is sealed.',
    'One of the two roles alone can have a recording kept for {hold} days, once, and nothing else. Both together can have it deleted; the order with both signatures stays.',
    'Who has an identity can copy what he opens, and open a copy of the store without a trace. He can change nothing without the verification finding it.',
    'Who wears a camera can leave it off, and erase on it before it docks. The station sees what is there then.',
  ],
  heardStations: 'a station on another machine, with each receipt',
  heardOutside: 'a station on another machine, with each receipt, or {outside}, at least once a day',

  made: 'Made by bodydock {version} on {day} from station.yaml (SHA-256 {digest}){store}.',
  madeStore: ' and receiver.yaml (SHA-256 {digest})',
};

/** Texts of one language. */
export type HandlingWords = typeof HANDLING_EN;
