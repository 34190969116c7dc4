/* What libraries that are preloaded into our programs share: which calls are about what lies below one folder. Included once, in one source. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;

static const char *env(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

static int is_below(const char *path) {
  return !strncmp(path, root, root_length) && (path[root_length] == 0 || path[root_length] == '/');
}

/* 1 and the whole path where the file that is open lies below the root. */
static int resolve_fd(int fd, char *whole) {
  char link[64];
  if (!root_length || fd <= 2) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlink, link, whole, PATH_MAX - 1);
  if (length <= 0) return 0;
  whole[length] = 0;
  return is_below(whole);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)
