// Tries what the agent's unit must deny, and what it must not, and prints one line for each: "probe NAME ok" or the system's error code.
// With names, only these: as root outside of the unit the others would do harm.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';

const told = (name, outcome) => console.log(`probe ${name} ${outcome}`);
const wanted = new Set(process.argv.slice(2));
const isWanted = (name) => wanted.size === 0 || wanted.has(name);
function attempt(name, call) {
  if (!isWanted(name)) return;
  try {
    call();
    told(name, 'ok');
  } catch (error) {
    told(name, error.code ?? error.message);
  }
}
/** A system call by Python, since Node has none; the exit code is the error number. */
function systemCall(expression) {
  const script = `import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
sys.exit(0 if libc.${expression} != -1 else ctypes.get_errno())`;
  try {
    execFileSync('/usr/bin/python3', ['-c', script], { stdio: 'ignore' });
  } catch (error) {
    throw Object.assign(new Error(), { code: `errno-${error.status ?? error.signal}` });
  }
}

attempt('write-state', () => writeFileSync('/var/lib/bodydock/probe', 'x'));
attempt('write-other-state', () => writeFileSync('/var/lib/other/probe', 'x'));
attempt('write-program', () => writeFileSync('/usr/lib/bodydock/probe', 'x'));
attempt('write-configuration', () => writeFileSync('/etc/bodydock/probe', 'x'));
attempt('read-home', () => readFileSync('/home/person/file'));
attempt('read-key-file', () => readFileSync('/etc/bodydock/keys/station.key'));
attempt('read-credential', () => readFileSync(`${process.env.CREDENTIALS_DIRECTORY}/keys_station.key`));
attempt('set-user-id', () => chmodSync('/var/lib/bodydock/probe', 0o4755));
attempt('trace', () => systemCall('ptrace(16, 1, 0, 0)'));
attempt('load-module', () => systemCall('init_module(0, 0, 0)'));
attempt('mount', () => systemCall("mount(b'none', b'/tmp', b'tmpfs', 0, 0)"));
attempt('namespace', () => systemCall('unshare(0x10000000)'));
attempt('set-clock', () => systemCall('clock_settime(0, (ctypes.c_long * 2)(1800000000, 0))'));
attempt('other-family', () => systemCall('socket(16 + 1, 3, 0)')); // AF_PACKET
const reach = (name, port, host) =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    const over = (outcome) => (told(name, outcome), socket.destroy(), resolve());
    socket.on('connect', () => over('ok'));
    socket.on('error', (error) => over(error.code));
    socket.setTimeout(2000, () => over('ETIMEDOUT'));
  });
if (isWanted('connect-broker')) await reach('connect-broker', 1883, '127.0.0.1');
await reach('connect-elsewhere', 8000, '198.51.100.2');
