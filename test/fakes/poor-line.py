#!/usr/bin/env python3
"""A slow, late, lossy line between this machine and a network namespace: two TUN devices whose packets pass through here.

Usage: poor-line.py NAMESPACE NAMESPACE-ADDRESS OWN-ADDRESS BYTES-PER-S DELAY-MS LOST-PER-MILLE SEED
Prints "ready" once both ends are up, and one line of figures at SIGTERM. Loss, rate and delay count in each direction. The kernel's own
TCP runs on both ends, with its retransmissions and its time-outs.
"""
import ctypes, fcntl, heapq, json, os, random, select, signal, struct, subprocess, sys, time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
# A router's queue: what comes on top of it is dropped.
QUEUE_BYTES = 64 * 1024
# Small packets, as mobile networks make them: a lost one costs less.
MTU = 1280


def open_tun(name, own, peer):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    for words in (["addr", "add", own, "peer", peer, "dev", name], ["link", "set", name, "mtu", str(MTU), "up"]):
        subprocess.run(["ip", *words], check=True)
    return fd


class Way:
    """One direction."""

    def __init__(self, to, rate, delay, lost, seed):
        self.to, self.rate, self.delay, self.lost = to, rate, delay, lost
        self.random = random.Random(seed)
        self.free_at = 0.0
        self.due = []
        self.passed = self.dropped = self.overflowed = self.bytes = 0

    def take(self, packet, now):
        if (max(self.free_at, now) - now) * self.rate > QUEUE_BYTES:
            self.overflowed += 1
            return
        self.free_at = max(self.free_at, now) + len(packet) / self.rate
        if self.random.random() < self.lost:
            self.dropped += 1
            return
        self.passed += 1
        self.bytes += len(packet)
        heapq.heappush(self.due, (self.free_at + self.delay, self.passed, packet))

    def send(self, now):
        while self.due and self.due[0][0] <= now:
            try:
                os.write(self.to, heapq.heappop(self.due)[2])
            except OSError:
                pass  # an interface that is going down

    def figures(self):
        return {"passed": self.passed, "lost": self.dropped, "overflowed": self.overflowed, "bytes": self.bytes}


def main():
    namespace, far, own, rate, delay_ms, lost, seed = sys.argv[1:8]
    rate, delay, lost = float(rate), int(delay_ms) / 1000, int(lost) / 1000
    near_fd = open_tun("bd-near", own, far)
    # A device is made in the namespace of anybody who opens it.
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.setns(there, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    far_fd = open_tun("bd-far", far, own)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    assert libc.setns(here, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    ways = {near_fd: Way(far_fd, rate, delay, lost, f"{seed}-down"), far_fd: Way(near_fd, rate, delay, lost, f"{seed}-up")}
    over = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    print("ready", flush=True)
    while not over:
        now = time.monotonic()
        next_at = min((way.due[0][0] for way in ways.values() if way.due), default=now + 0.5)
        ready, _, _ = select.select(list(ways), [], [], min(0.5, max(0.0, next_at - now)))
        for fd in ready:
            try:
                packet = os.read(fd, 65536)
            except BlockingIOError:
                continue
            ways[fd].take(packet, time.monotonic())
        for way in ways.values():
            way.send(time.monotonic())
    print(json.dumps({"down": ways[near_fd].figures(), "up": ways[far_fd].figures()}), flush=True)


main()
