/* power-off FOLDER: the ext4 on which the folder lies ends at this moment, without its journal; what was not synced is gone.
 * Build: gcc -O2 -Wall -o power-off power-off.c */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define EXT4_SHUTDOWN _IOR('X', 125, unsigned int)

int main(int count, char **names) {
  unsigned int without_log_flush = 2;
  int fd = count == 2 ? open(names[1], O_RDONLY | O_DIRECTORY) : -1;
  if (fd >= 0 && !ioctl(fd, EXT4_SHUTDOWN, &without_log_flush)) return 0;
  perror("power-off");
  return 1;
}
