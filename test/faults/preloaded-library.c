/* preloaded-library: preloaded into one of our programs, cuts the power of the file system that it writes to, at a call that is named by operation,
 * class of the path and number within these, because the number among all calls of a program with parallel writers differs from run to run.
 *
 * CUT_ROOT    folder on an ext4 of its own; other folders are not looked at; it must be there when the program starts
 * CUT_REPORT  file elsewhere that gets one line "operation class" for each call; "cut-failed" where the cut did not succeed
 * CUT_MODE    cut (default); torn: half of the write is done, then the cut; error: the call fails with CUT_ERRNO, and the program goes on; stop: SIGTERM
 *             instead of the cut, and it goes on; hang: SIGTERM, and neither this call nor any later one ever comes back
 * CUT_HOW     shutdown (default): the ext4 loses what was not synced; pushed: it does, but its journal is written first, names without bytes among
 *             it; kill: the program alone dies, and whoever holds the file system forgets the rest
 * CUT_OP, CUT_CLASS, CUT_AT  the point; without CUT_AT the calls are only listed; an empty CUT_OP takes every call of any class
 * CUT_WELL    with error: name of a file; until it is there, every later call fails as well that can fail with that error, or those of the
 *             point's own class alone where CUT_ALONE is set
 * CUT_SLOW_MS each write lasts so long; where CUT_SLOW is set, only to classes that hold it; where CUT_APART names a file, one after the other, and
 *             as long as it is there
 * CUT_MORE    "close": closing a file that was open for writing is a call too; "read": reading one is; "open": opening one to read
 *
 * A sync that fails loses what was written since the last one, as Linux may: these bytes read as zeros then, and the next sync succeeds. A disk that
 * is full takes half of the first write. The class is the path below the root with ids and digests as * and numbers as #; that of a rename is its target. A cut comes after its call, that of a
 * sync before it and a while later: a disk that takes its time, while whatever was told too early gets out.
 * Build: gcc -O2 -Wall -shared -fPIC -o preloaded-library.so preloaded-library.c -ldl -pthread
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "preloaded.h"

#define EXT4_SHUTDOWN _IOR('X', 125, unsigned int)
#define WITHOUT_LOG_FLUSH 2u
#define SLOW_SYNC_US 100000
#define STEP_MS 10
#define ID_LENGTH 26
#define DIGEST_LENGTH 32

#define RANGES_MAX 16384
enum { GO_ON, CUT_AFTER, TEAR, FAIL, FILL };
enum { SHUTDOWN, PUSHED, KILL };
static int root_fd = -1, report_fd = -1, torn, error_number, is_ill, stops, hangs, with_open, with_close, with_read, slow_ms, how, alone;
static const char *point_op = "", *point_class = "", *well = "", *apart = "";
static struct { dev_t disk; ino_t file; off64_t from, to; } unsynced[RANGES_MAX];
static int unsynced_count;
static long point_at, seen;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, slow = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void) {
  if (!*env("CUT_ROOT")) return;
  if (!realpath(env("CUT_ROOT"), root)) {
    dprintf(2, "preloaded-library: no folder %s: none of its calls would be seen\n", env("CUT_ROOT"));
    abort();
  }
  point_op = env("CUT_OP");
  point_class = env("CUT_CLASS");
  point_at = atol(env("CUT_AT"));
  torn = !strcmp(env("CUT_MODE"), "torn");
  error_number = !strcmp(env("CUT_MODE"), "error") ? atoi(env("CUT_ERRNO")) : 0;
  well = env("CUT_WELL");
  alone = *env("CUT_ALONE") != 0;
  slow_ms = atoi(env("CUT_SLOW_MS"));
  apart = env("CUT_APART");
  how = !strcmp(env("CUT_HOW"), "kill") ? KILL : !strcmp(env("CUT_HOW"), "pushed") ? PUSHED : SHUTDOWN;
  with_close = strstr(env("CUT_MORE"), "close") != NULL;
  with_read = strstr(env("CUT_MORE"), "read") != NULL;
  with_open = strstr(env("CUT_MORE"), "open") != NULL;
  hangs = !strcmp(env("CUT_MODE"), "hang");
  stops = hangs || !strcmp(env("CUT_MODE"), "stop");
  root_fd = syscall(SYS_openat, AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  report_fd = syscall(SYS_openat, AT_FDCWD, env("CUT_REPORT"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  root_length = strlen(root);
}

/* 1 and the whole path where it is below the root; of a new name, the folder is resolved. */
static int resolve(const char *path, char *whole) {
  char folder[PATH_MAX];
  if (!root_length || !path) return 0;
  if (realpath(path, whole)) return is_below(whole);
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (!slash || slash == folder) return 0;
  *slash = 0;
  if (!realpath(folder, whole) || !is_below(whole)) return 0;
  size_t length = strlen(whole);
  snprintf(whole + length, PATH_MAX - length, "/%s", slash + 1);
  return 1;
}

/* Of an id, or of a digest in hexadecimal, at the beginning of the text; 0 where there is none. */
static size_t id_length(const char *text) {
  size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz234567");
  if (length >= ID_LENGTH) return length;
  length = strspn(text, "0123456789abcdef");
  return length >= DIGEST_LENGTH ? length : 0;
}

static void class_of(const char *whole, char *class) {
  const char *from = whole + root_length;
  if (*from == '/') from++;
  char *to = class;
  for (size_t length; *from; ) {
    if ((length = id_length(from))) { *to++ = '*'; from += length; }
    else if (isdigit((unsigned char)*from)) { *to++ = '#'; while (isdigit((unsigned char)*from)) from++; }
    else *to++ = *from++;
  }
  if (to == class) *to++ = '.';
  *to = 0;
}

/* A sync of another file writes the journal with all that it holds. */
static void push_journal(void) {
  int fd = syscall(SYS_openat, root_fd, ".pushed", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || syscall(SYS_write, fd, "x", 1) != 1 || syscall(SYS_fsync, fd)) dprintf(report_fd, "cut-failed %d\n", errno);
}

static void cut(void) {
  if (stops) {
    syscall(SYS_kill, getpid(), SIGTERM);
    while (hangs) pause();
    return;
  }
  unsigned int flags = WITHOUT_LOG_FLUSH;
  if (how == PUSHED) push_journal();
  if (how != KILL && ioctl(root_fd, EXT4_SHUTDOWN, &flags)) dprintf(report_fd, "cut-failed %d\n", errno);
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* A full disk still reads, removes, syncs and closes. */
static int can_fail(const char *op) {
  return error_number != ENOSPC || !strcmp(op, "write") || !strcmp(op, "create") || !strcmp(op, "mkdir") || !strcmp(op, "rename") || !strcmp(op, "link");
}

static int fails_as_well(const char *op, int is_named) {
  if (is_ill && !syscall(SYS_faccessat, AT_FDCWD, well, F_OK)) is_ill = 0;
  return is_ill && (alone ? is_named : can_fail(op));
}

static void wrote(int fd, off64_t to, ssize_t n) {
  struct stat file;
  if (!error_number || n <= 0 || fstat(fd, &file)) return;
  if (to < 0) to = lseek64(fd, 0, SEEK_CUR);
  pthread_mutex_lock(&one);
  int last = unsynced_count - 1;
  if (last >= 0 && unsynced[last].file == file.st_ino && unsynced[last].disk == file.st_dev && unsynced[last].to == to - n) unsynced[last].to = to;
  else if (unsynced_count < RANGES_MAX) {
    unsynced[unsynced_count].disk = file.st_dev;
    unsynced[unsynced_count].file = file.st_ino;
    unsynced[unsynced_count].from = to - n;
    unsynced[unsynced_count++].to = to;
  }
  pthread_mutex_unlock(&one);
}

/* Nothing of the file waits for a sync any more: it is durable, or lost. */
static void settle(int fd, int is_lost) {
  static const char zeros[4096];
  struct stat file;
  if (!error_number || fstat(fd, &file)) return;
  pthread_mutex_lock(&one);
  int kept = 0;
  for (int at = 0; at < unsynced_count; at++) {
    if (unsynced[at].file != file.st_ino || unsynced[at].disk != file.st_dev) { unsynced[kept++] = unsynced[at]; continue; }
    for (off64_t from = unsynced[at].from; is_lost && from < unsynced[at].to; from += sizeof zeros) {
      off64_t left = unsynced[at].to - from;
      (void)!syscall(SYS_pwrite64, fd, zeros, left < (off64_t)sizeof zeros ? (size_t)left : sizeof zeros, from);
    }
  }
  unsynced_count = kept;
  pthread_mutex_unlock(&one);
}

static int hit(const char *op, const char *whole) {
  char class[PATH_MAX];
  class_of(whole, class);
  if (slow_ms && !strcmp(op, "write") && strstr(class, env("CUT_SLOW"))) {
    if (!*apart) usleep((useconds_t)slow_ms * 1000);
    else {
      pthread_mutex_lock(&slow);
      for (int left = slow_ms; left > 0 && !syscall(SYS_faccessat, AT_FDCWD, apart, F_OK); left -= STEP_MS) usleep(STEP_MS * 1000);
      pthread_mutex_unlock(&slow);
    }
  }
  pthread_mutex_lock(&one);
  dprintf(report_fd, "%s %s\n", op, class);
  int is_named = !*point_op || (!strcmp(op, point_op) && !strcmp(class, point_class));
  int is_due = is_named && ++seen == point_at;
  if (error_number) {
    int fails = is_due || fails_as_well(op, is_named), fills = is_due && *well && error_number == ENOSPC && !strcmp(op, "write");
    if (fails) dprintf(report_fd, "failed\n");
    if (is_due) is_ill = *well != 0;
    pthread_mutex_unlock(&one);
    return fills ? FILL : fails ? FAIL : GO_ON;
  }
  if (!is_due) {
    pthread_mutex_unlock(&one);
    return GO_ON;
  }
  dprintf(report_fd, "cut\n");
  if (stops) {
    if (!hangs) pthread_mutex_unlock(&one);
    return CUT_AFTER;
  }
  if (!strcmp(op, "fsync")) {
    pthread_mutex_unlock(&one);
    usleep(SLOW_SYNC_US);
    cut();
  }
  return torn && !strcmp(op, "write") ? TEAR : CUT_AFTER; /* the others wait at the lock */
}

#define ON_FD(op) \
  char whole[PATH_MAX]; \
  int saved = errno, is_ours = resolve_fd(fd, whole), what = is_ours ? hit(op, whole) : GO_ON; \
  errno = saved
#define FAILS_HERE \
  if (what == FAIL) { \
    errno = error_number; \
    return -1; \
  }
#define ON_PATH(op, path) \
  char whole[PATH_MAX]; \
  int saved = errno, what = resolve(path, whole) ? hit(op, whole) : GO_ON; \
  errno = saved; \
  FAILS_HERE
#define DONE \
  if (what == CUT_AFTER || what == TEAR) cut(); \
  return result
#define WRITTEN(to) \
  saved = errno; \
  if (is_ours) wrote(fd, to, result); \
  errno = saved; \
  DONE

static int is_half(int what) { return what == TEAR || what == FILL; }
static size_t half(size_t n, int what) { return is_half(what) && n > 1 ? n / 2 : n; }

ssize_t write(int fd, const void *bytes, size_t n) {
  REAL(ssize_t, "write", int, const void *, size_t);
  ON_FD("write");
  FAILS_HERE
  ssize_t result = real(fd, bytes, half(n, what));
  WRITTEN(-1);
}
#define PWRITE(name, offset_type) \
  ssize_t name(int fd, const void *bytes, size_t n, offset_type at) { \
    REAL(ssize_t, #name, int, const void *, size_t, offset_type); \
    ON_FD("write"); \
    FAILS_HERE \
    ssize_t result = real(fd, bytes, half(n, what), at); \
    WRITTEN(at + result); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  ON_FD("write");
  FAILS_HERE
  struct iovec first = {parts[0].iov_base, parts[0].iov_len / 2};
  ssize_t result = is_half(what) ? real(fd, &first, 1) : real(fd, parts, count);
  WRITTEN(-1);
}
#define PWRITEV(name, offset_type) \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type at) { \
    REAL(ssize_t, #name, int, const struct iovec *, int, offset_type); \
    ON_FD("write"); \
    FAILS_HERE \
    struct iovec first = {parts[0].iov_base, parts[0].iov_len / 2}; \
    ssize_t result = is_half(what) ? real(fd, &first, 1, at) : real(fd, parts, count, at); \
    WRITTEN(at + result); \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)
ssize_t copy_file_range(int from, off64_t *a, int fd, off64_t *b, size_t n, unsigned flags) {
  REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
  ON_FD("write");
  FAILS_HERE
  ssize_t result = real(from, a, fd, b, half(n, what), flags);
  WRITTEN(b ? *b : -1);
}
#define SYNC(name) \
  int name(int fd) { \
    REAL(int, #name, int); \
    ON_FD("fsync"); \
    if (is_ours && what == FAIL) settle(fd, 1); \
    FAILS_HERE \
    int result = real(fd); \
    if (is_ours && !result) settle(fd, 0); \
    DONE; \
  }
SYNC(fsync)
SYNC(fdatasync)
#define TRUNCATE(name, offset_type) \
  int name(int fd, offset_type length) { \
    REAL(int, #name, int, offset_type); \
    ON_FD("truncate"); \
    FAILS_HERE \
    int result = real(fd, length); \
    DONE; \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
#define ON_NAME(name, op, path, given, passed) \
  int name given { \
    static int(*real) given; \
    if (!real) real = (int(*) given)dlsym(RTLD_NEXT, #name); \
    ON_PATH(op, path); \
    int result = real passed; \
    DONE; \
  }
ON_NAME(unlink, "unlink", path, (const char *path), (path))
ON_NAME(rmdir, "rmdir", path, (const char *path), (path))
ON_NAME(mkdir, "mkdir", path, (const char *path, mode_t mode), (path, mode))
ON_NAME(rename, "rename", to, (const char *from, const char *to), (from, to))
ON_NAME(link, "link", to, (const char *from, const char *to), (from, to))
#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
      va_list rest; \
      va_start(rest, flags); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    char whole[PATH_MAX]; \
    int makes = flags & (O_CREAT | O_TRUNC); \
    int saved = errno, what = (makes || with_open) && resolve(path, whole) ? hit(makes ? "create" : "open", whole) : GO_ON; \
    errno = saved; \
    FAILS_HERE \
    int result = real(path, flags, mode); \
    DONE; \
  }
OPEN(open)
OPEN(open64)

/* The number is free again whatever close says. */
int close(int fd) {
  REAL(int, "close", int);
  char whole[PATH_MAX];
  int saved = errno, flags = with_close ? (int)syscall(SYS_fcntl, fd, F_GETFL) : -1;
  int what = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && resolve_fd(fd, whole) ? hit("close", whole) : GO_ON;
  errno = saved;
  int result = real(fd);
  FAILS_HERE
  DONE;
}
/* Node closes its files by number of the call. */
long syscall(long number, ...) {
  REAL(long, "syscall", long, ...);
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long), d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  return number == SYS_close ? close((int)a) : real(number, a, b, c, d, e, f);
}
#define READ(name, given, passed) \
  ssize_t name given { \
    static ssize_t(*real) given; \
    if (!real) real = (ssize_t(*) given)dlsym(RTLD_NEXT, #name); \
    char whole[PATH_MAX]; \
    int saved = errno, what = with_read && resolve_fd(fd, whole) ? hit("read", whole) : GO_ON; \
    errno = saved; \
    FAILS_HERE \
    ssize_t result = real passed; \
    DONE; \
  }
READ(read, (int fd, void *bytes, size_t n), (fd, bytes, n))
READ(pread, (int fd, void *bytes, size_t n, off_t at), (fd, bytes, n, at))
READ(pread64, (int fd, void *bytes, size_t n, off64_t at), (fd, bytes, n, at))
READ(preadv, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
READ(preadv64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at))
