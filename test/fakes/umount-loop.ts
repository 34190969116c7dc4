// A umount behind which the image file can be written again and mounted again.
// The kernel detaches the loop device of a mount by itself, but not while anybody else holds it open, or holds the mount in another mount
// namespace (seen at 3 of 1,600 umounts on a busy machine). A mount of the same image then gets the old device again, with the old disk's
// blocks in its cache: a test finds the files of the run before it.
// And it is busy for a moment where another thread of the test starts a program: between fork and exec the child holds all files that are open.

/** A script for sh: umount PATH, for a second where it is busy. Where the device is still there after five seconds, the image becomes a file of its own. */
export const UMOUNT_LOOP = `#!/bin/sh
set -eu
image=$(losetup --noheadings --output BACK-FILE "$(findmnt --noheadings --first-only --output SOURCE --mountpoint "$1")")
tries=0
until /bin/umount "$1"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 50 ]; then exit 32; fi
  sleep 0.02
done
looks=0
while [ -n "$(losetup --noheadings --associated "$image")" ]; do
  looks=$((looks + 1))
  if [ "$looks" -gt 500 ]; then
    cp --sparse=always "$image" "$image.let-go"
    mv "$image.let-go" "$image"
    exit
  fi
  sleep 0.01
done
`;
