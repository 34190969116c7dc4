# A station's life from the packages to their removal, as root on a clean machine. Each "== NAME" begins what station-life.test.ts judges.
# Facts are lines "name value".
cd /
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
arch=$(dpkg --print-architecture)
step() { echo "== $1"; }
fact() { echo "$@"; }
# until_ok SECONDS COMMAND... : looks often; prints "late COMMAND" where it never comes true
until_ok() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS > end)); then fact late "$*"; return 1; fi
    sleep 0.05
  done
}
show() { systemctl show -P "$2" "$1"; }
restarts() { show bodydock NRestarts; }
change_packages() { dpkg --force-unsafe-io -i "$@"; }
# Nothing to do with what is judged, and slow.
rm -f /var/lib/man-db/auto-update
bay() { timeout 10 mosquitto_sub -t bodydock/v1/townhall-1/bay/bay-1 -C 1 | tr ',{}' '\n\n\n' | sed -n "s/^\"$1\"://p"; }
is_bay() { [ "$(bay "$1")" = "$2" ]; }

step install
apt-get install -y /packages/one/bodydock_[!9]*_"$arch".deb /packages/one/bodydock-receiver_[!9]*_all.deb
fact exit $?
fact version "$(bodydock --version)"
fact active "$(systemctl is-active bodydock)" "$(systemctl is-active bodydock-receiver)"
fact enabled "$(systemctl is-enabled bodydock)" "$(systemctl is-enabled bodydock-receiver)"
fact keys "$(stat -c '%a %U' /etc/bodydock/keys)"
fact configuration "$(stat -c '%a %U %G' /etc/bodydock/station.yaml)"
fact state "$(stat -c '%a %U' /var/lib/bodydock)"
fact manual "$(man -P cat bodydock 2>&1 | wc -l)"
fact complete "$(bash -c '. /usr/share/bash-completion/completions/bodydock; COMP_WORDS=(bodydock keys m) COMP_CWORD=2; _bodydock; echo "${COMPREPLY[*]}"')"
fact verify "$(systemd-analyze verify bodydock.service bodydock-mount.service bodydock-power.service bodydock-receiver.service 2>&1 | grep -v 'man ' | tr '\n' ' ')"

step untouched-example
bodydock check
fact exit $?

step first-steps
# The camera is a card that is mounted; files come into it whole.
mkdir -p /media/bay-1 /srv/cards/bay-1/DCIM /store
mount --bind /srv/cards/bay-1 /media/bay-1
bodydock keys make station --out /etc/bodydock/keys >/dev/null
bodydock keys make store --out /etc/bodydock/keys >/dev/null
bodydock keys make identity --out /store >/dev/null
printf 'listener 1883 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 10000\n' >/mosquitto.conf
systemd-run --quiet --unit=broker mosquitto -c /mosquitto.conf
cat >/etc/bodydock/station.yaml <<END
version: 1
station: townhall-1
spool: {path: /var/lib/bodydock/spool}
keys: {signing_file: keys/station.key}
recipients: [$(cat /store/store.recipient)]
store: {public_keys: [$(tail -1 /etc/bodydock/keys/store.pub)], receivers: [r-archive]}
broker: {url: "mqtt://127.0.0.1:1883"}
bays: [{id: bay-1, folder: /media/bay-1, camera: cam-01}]
cameras: [{id: cam-01}]
END
printf 'of-mails-1\n' >/etc/bodydock/keys/mail.password
chmod 600 /etc/bodydock/keys/mail.password
systemd-run --quiet --unit=mails -p StandardOutput=file:/mails python3 /mail-server.py \
  '{"tls": "plain", "cert": "", "key": "", "username": "dock", "password": "of-mails-1", "refused": [], "port": 2525}'
cat >/etc/bodydock/receiver.yaml <<END
version: 1
receiver: r-archive
vault: {path: /var/lib/bodydock-receiver/vault, quota_bytes: 10000000000}
keys: {signing_file: keys/store.key}
stations: [{id: townhall-1, public_keys: [$(tail -1 /etc/bodydock/keys/station.pub)]}]
retention: {days: 14, documents_days: 730, timer_hours: 24}
roles: {officers: [], supervisors: []}
notify: {server: "smtp://localhost:2525", username: dock, password_file: keys/mail.password, from: dock@city.example, to: [it@city.example], daily_at: "$(date +%H:%M)"}
broker: {url: "mqtt://127.0.0.1:1883"}
END
bodydock check
fact check $?
bodydock-receiver check
fact receiver-check $?
systemctl enable --now bodydock bodydock-receiver
fact exit $?
fact active "$(systemctl is-active bodydock)" "$(systemctl is-active bodydock-receiver)" "$(systemctl is-active bodydock-mount)" "$(systemctl is-active bodydock-power)"
fact status "$(show bodydock StatusText)"
fact receiver-status "$(show bodydock-receiver StatusText)"
fact user "$(ps -o user= -p "$(show bodydock MainPID)")" "$(ps -o user= -p "$(show bodydock-receiver MainPID)")"
until_ok 30 grep -q '"from"' /mails
fact mail "$(grep '"from"' /mails | cut -d , -f 2-4)"
fact core "$(awk '/^Max core file size/ {print $5, $6}' "/proc/$(show bodydock MainPID)/limits")"
fact swap "$(cat "/sys/fs/cgroup$(show bodydock ControlGroup)/memory.swap.max" 2>/dev/null || show bodydock MemorySwapMax)"

step power
systemctl start bodydock-power
fact exit $?
# It is listened on before others may use it.
until_ok 20 sh -c 'test "$(stat -c %a /run/bodydock-power/control.sock)" = 660'
fact active "$(systemctl is-active bodydock-power)"
fact socket "$(stat -c '%a %U %G' /run/bodydock-power/control.sock)"
ask='const s = require("net").connect("/run/bodydock-power/control.sock"); s.write("power-cycle bay-1\n"); s.on("error", (e) => console.log(e.code)); s.pipe(process.stdout)'
fact agent "$(runuser -u bodydock -- node -e "$ask")"
fact other "$(runuser -u nobody -- node -e "$ask")"
pid=$(show bodydock-power MainPID)
kill -KILL "$pid"
until_ok 20 test ! -e "/proc/$pid"
until_ok 20 systemctl is-active bodydock-power
fact again "$(systemctl is-active bodydock-power)"
systemctl stop bodydock-power

step mounts
until_ok 20 sh -c 'test "$(stat -c %a /run/bodydock-mount/control.sock)" = 660'
fact socket "$(stat -c '%a %U %G' /run/bodydock-mount/control.sock)"
ask='const s = require("net").connect("/run/bodydock-mount/control.sock"); s.write("unmount bay-1\n"); s.on("error", (e) => console.log(e.code)); s.pipe(process.stdout)'
fact agent "$(runuser -u bodydock -- node -e "$ask")"
fact other "$(runuser -u nobody -- node -e "$ask")"
# What the helper has done, in its place under its own unit: a real mount, of a file system that every kernel has.
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for number in 0 1 2 3 4 5 6 7; do [ -e "/dev/loop$number" ] || mknod "/dev/loop$number" b 7 "$number"; done
truncate -s 16M /card.img && mkfs.ext4 -q -m 0 /card.img
install -m 600 -o bodydock /dev/null /private
cat >/in-its-place.sh <<'END'
tried() { local name=$1; shift; "$@" >/dev/null 2>&1; echo "$name $?"; }
at=/run/bodydock-mount/bay-9
mkdir $at
loop=$(losetup --read-only --find --show /card.img)
tried set-read-only blockdev --setro "$loop"
tried read dd if="$loop" of=/dev/null bs=4096 count=1
tried mount mount --internal-only --types ext4 --options ro,nosuid,nodev,noexec,noatime --source "$loop" --target $at
tried forget blockdev --flushbufs "$loop"
tried detach losetup --detach "$loop"
[ "$(readlink /proc/self/ns/net)" = "$(cat /net-of-all)" ] && echo "network shared" || echo "network own"
tried chroot chroot / true
tried set-clock date -s @1700000000
tried read-private cat /private
tried write-private tee -a /private </dev/null
tried give-away chown bodydock $at
tried namespace unshare --mount true
read -r _ </wait
tried unmount umount --internal-only --no-canonicalize $at
tried gone rmdir $at
END
mkfifo /wait
readlink /proc/self/ns/net >/net-of-all
mkdir -p /etc/systemd/system/bodydock-mount.service.d
printf '[Service]\nType=oneshot\nRestart=no\nExecStart=\nExecStart=/bin/bash /in-its-place.sh\nStandardOutput=file:/in-its-place\n' >/etc/systemd/system/bodydock-mount.service.d/in-its-place.conf
systemctl daemon-reload
systemctl restart --no-block bodydock-mount
until_ok 20 grep -q ^namespace /in-its-place
fact seen "$(findmnt -no FSTYPE,OPTIONS /run/bodydock-mount/bay-9 | tr -s ' ')"
fact agent-sees "$(grep -c ' /run/bodydock-mount/bay-9 ' "/proc/$(show bodydock MainPID)/mountinfo")"
echo >/wait
until_ok 20 grep -q ^gone /in-its-place
cat /in-its-place
rm -r /etc/systemd/system/bodydock-mount.service.d /card.img
# The kernel of the whole machine remembers it for whoever takes the device next.
for device in /dev/loop?; do losetup "$device" >/dev/null 2>&1 || blockdev --setrw "$device"; done
systemctl daemon-reload
systemctl restart bodydock-mount
until_ok 20 sh -c 'test "$(stat -c %a /run/bodydock-mount/control.sock)" = 660'
fact again "$(systemctl is-active bodydock-mount)"

step watchdog
mkdir -p /etc/systemd/system/bodydock.service.d
printf '[Service]\nWatchdogSec=3s\nTimeoutAbortSec=1s\n' >/etc/systemd/system/bodydock.service.d/quick.conf
systemctl daemon-reload
systemctl restart bodydock
pid=$(show bodydock MainPID)
kill -STOP "$pid"
until_ok 20 test ! -e "/proc/$pid"
until_ok 20 systemctl is-active bodydock
fact ended "$(journalctl -u bodydock --no-pager | grep -c 'Watchdog timeout')"
fact restarts "$(restarts)"
fact other-pid "$([ "$(show bodydock MainPID)" != "$pid" ] && echo yes)"
after_watchdog=$(date +%s)

step killed
pid=$(show bodydock MainPID)
kill -KILL "$pid"
until_ok 20 test ! -e "/proc/$pid"
until_ok 20 systemctl is-active bodydock
fact restarts "$(restarts)"

step put-right
cp /etc/bodydock/station.yaml /station.good
sed -i 's/^version: 1/version: 7/' /etc/bodydock/station.yaml
systemctl restart bodydock
fact exit $?
fact status "$(show bodydock ExecMainStatus)"
cp /station.good /etc/bodydock/station.yaml
until_ok 30 systemctl is-active bodydock
fact active "$(systemctl is-active bodydock)"
systemctl start bodydock # for what follows

step denied
mkdir -p /home/person /var/lib/other && echo secret >/home/person/file && chmod -R a+rwX /home/person /var/lib/other
ip address add 198.51.100.2/32 dev lo
ip link set lo up
node -e 'require("net").createServer((s)=>s.end()).listen(8000,"0.0.0.0")' & listener=$!
sed -e 's#^ExecStart=.*#ExecStart=/usr/bin/node /probe.mjs#' -e 's/^Type=.*/Type=oneshot/' \
  -e '/^Restart/d' -e '/^Watchdog/d' -e '/^NotifyAccess/d' -e '/^Wants/d' /usr/lib/systemd/system/bodydock.service >/etc/systemd/system/probe.service
mkdir -p /etc/systemd/system/probe.service.d
cp /usr/share/doc/bodydock/examples/only-the-broker.conf /etc/systemd/system/probe.service.d/
systemctl daemon-reload
until_ok 5 node -e 'require("net").connect(8000,"198.51.100.2").on("connect",()=>process.exit(0)).on("error",()=>process.exit(1))'
systemctl start probe
fact exit $?
journalctl -u probe -o cat --no-pager | grep '^probe '
node /probe.mjs write-other-state write-program read-home read-key-file | sed 's/^probe /outside /'
kill $listener
rm -f /usr/lib/bodydock/probe

# stop_receiver_in_the_middle FILE: has the file pulled, and holds the receiver still when a part of it is in the vault
stop_receiver_in_the_middle() {
  systemctl stop bodydock-receiver
  head -c 60000000 /dev/urandom >"/srv/cards/.next" && touch -d "1 hour ago" /srv/cards/.next && mv /srv/cards/.next "/srv/cards/bay-1/$1"
  until_ok 60 is_bay entries_spooled "$2"
  systemctl start bodydock-receiver
  python3 /hold-in-the-middle.py /var/lib/bodydock-receiver/vault "$(show bodydock-receiver MainPID)" 8000000
}

step upgrade
stop_receiver_in_the_middle first.mp4 1
fact receipted-before "$(bay entries_receipted)"
change_packages /packages/one/bodydock_99*_"$arch".deb /packages/one/bodydock-receiver_99*_all.deb >/upgrade.log 2>&1
fact exit $?
fact version "$(bodydock --version)" "$(bodydock-receiver --version)"
fact active "$(systemctl is-active bodydock)" "$(systemctl is-active bodydock-receiver)"
fact runs "$(tr '\0' ' ' <"/proc/$(show bodydock MainPID)/cmdline")"
until_ok 60 is_bay entries_receipted 1
fact receipted "$(bay entries_receipted)"
fact old-left "$(ls /usr/lib/bodydock | tr '\n' ' ')"

step rollback
stop_receiver_in_the_middle second.mp4 2
fact receipted-before "$(bay entries_receipted)"
change_packages /packages/one/bodydock_[!9]*_"$arch".deb /packages/one/bodydock-receiver_[!9]*_all.deb >/rollback.log 2>&1
fact exit $?
fact version "$(bodydock --version)"
until_ok 60 is_bay entries_receipted 2
fact receipted "$(bay entries_receipted)"

step no-journal
systemctl stop systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald 2>/dev/null
fact journal "$(systemctl is-active systemd-journald)"
head -c 3000000 /dev/urandom >/srv/cards/.next && touch -d "1 hour ago" /srv/cards/.next && mv /srv/cards/.next /srv/cards/bay-1/third.mp4
until_ok 60 is_bay entries_receipted 3
fact receipted "$(bay entries_receipted)"
fact active "$(systemctl is-active bodydock)"
systemctl start systemd-journald.socket systemd-journald

step alive
fact ctrl-alt-del "$(systemctl is-enabled ctrl-alt-del.target)"
# Long enough for the short watchdog since it fired, had the word not come.
until_ok 20 test "$(date +%s)" -gt $((after_watchdog + 9))
fact timeouts "$(journalctl -u bodydock --no-pager | grep -c 'Watchdog timeout')"

step stop
begun=$(date +%s%N)
systemctl stop bodydock
fact exit $?
fact ms $((($(date +%s%N) - begun) / 1000000))
fact result "$(show bodydock Result)" "$(show bodydock ExecMainStatus)"
systemctl stop bodydock-receiver
fact receiver-result "$(show bodydock-receiver Result)" "$(show bodydock-receiver ExecMainStatus)"
journalctl -u bodydock-receiver --no-pager -n 15

step evidence
bodydock verify /var/lib/bodydock-receiver/vault /var/lib/bodydock/spool --keys /etc/bodydock/keys >/verify.log
fact verify $?
tail -30 /verify.log
for folder in $(ls -d /var/lib/bodydock-receiver/vault/*/*/*/ /var/lib/bodydock-receiver/vault/*/*/ /var/lib/bodydock-receiver/vault/*/ 2>/dev/null); do
  [ -e "$folder/payload.age" ] || continue
  fact stored "$(sed -n 's/.*"original":{[^}]*"sha256":"\([0-9a-f]*\)".*/\1/p' "$folder/manifest.json")"
done
sha256sum /media/bay-1/*.mp4 | sed 's/^\([0-9a-f]*\).*/camera \1/'
# Segments have random names: the starts are put in order by their time.
fact versions "$(cat /var/lib/bodydock/spool/custody/*.jsonl | python3 -c '
import json, sys
entries = [json.loads(line) for line in sys.stdin]
starts = sorted((e["at"], e["facts"]["version"]) for e in entries if e["event"] == "agent-started")
versions = [version for _, version in starts]
print(*[v for at, v in enumerate(versions) if at == 0 or v != versions[at - 1]])
')"

step remove
sums() { find /etc/bodydock /var/lib/bodydock /var/lib/bodydock-receiver -type f -exec sha256sum {} + | sort; stat -c '%n %a %u' /etc/bodydock/keys/* /var/lib/bodydock /var/lib/bodydock-receiver; }
sums >/before
apt-get purge -y bodydock bodydock-receiver 2>&1
fact exit $?
sums >/after
fact files "$(wc -l </before)"
fact difference "$(cmp /before /after && echo none)"
fact user "$(id -un bodydock)"
fact left "$(ls -d /usr/lib/bodydock /usr/lib/systemd/system/bodydock.service /usr/bin/bodydock /usr/lib/udev/rules.d/70-bodydock.rules 2>/dev/null | tr '\n' ' ')"
fact unit "$(systemctl is-active bodydock)"
