/* call-tape: preloaded into several of our programs, writes every call that changes what lies below a folder onto one tape, with its bytes, in the
 * order in which the calls were done. From it a test makes what a disk holds behind each of them, synced or not.
 *
 * TAPE_ROOT     the folder; it must be there when a program starts
 * TAPE_FILE     the tape, a file elsewhere, that all of the programs write to
 * TAPE_SYNC_US  each sync begins so much later: whatever was told too early gets out, and is in front of it on the tape
 * TAPE_SLOW_US  each write to a path that holds "/payload." lasts so much longer, as long as TAPE_APART, a file, is there
 *
 * One entry is a line "operation length position count path" and behind it `length` bytes of content. `count` is that of the bytes of the path,
 * which has no line end of its own: of a rename or a link both names stand there, with a NUL between. Only calls that succeeded are on it.
 * One call at a time is done, of all programs together (flock), so that what is behind another one on the tape began behind its end.
 * Where a program changes something by a call that the tape cannot say, it ends with SIGABRT.
 * Build: gcc -O2 -Wall -shared -fPIC -o call-tape.so call-tape.c -ldl -pthread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include "../preloaded.h"

static int tape_fd = -1;
static long slow_us, sync_us;
static const char *apart = "";
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what, const char *path) {
  dprintf(2, "call-tape: %s: %s\n", what, path);
  abort();
}

__attribute__((constructor)) static void start(void) {
  if (!*env("TAPE_ROOT")) return;
  if (!realpath(env("TAPE_ROOT"), root)) fail("no such folder", env("TAPE_ROOT"));
  slow_us = atol(env("TAPE_SLOW_US"));
  sync_us = atol(env("TAPE_SYNC_US"));
  apart = env("TAPE_APART");
  tape_fd = syscall(SYS_openat, AT_FDCWD, env("TAPE_FILE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (tape_fd < 0) fail("no tape", env("TAPE_FILE"));
  root_length = strlen(root);
}

/* 1 and the whole path where it is below the root. The last name may be a new one, or one of a link, and is taken as it is. */
static int resolve(const char *path, char *whole) {
  char folder[PATH_MAX];
  if (!root_length || !path) return 0;
  snprintf(folder, sizeof folder, "%s", path);
  for (size_t length = strlen(folder); length > 1 && folder[length - 1] == '/'; length--) folder[length - 1] = 0;
  char *slash = strrchr(folder, '/');
  if (!slash || slash == folder) return 0;
  *slash = 0;
  if (!realpath(folder, whole) || !is_below(whole)) return 0;
  size_t length = strlen(whole);
  snprintf(whole + length, PATH_MAX - length, "/%s", slash + 1);
  return 1;
}

static void enter(void) {
  int saved = errno;
  pthread_mutex_lock(&one);
  if (syscall(SYS_flock, tape_fd, LOCK_EX)) fail("flock", strerror(errno));
  errno = saved;
}

static void leave(void) {
  int saved = errno;
  syscall(SYS_flock, tape_fd, LOCK_UN);
  pthread_mutex_unlock(&one);
  errno = saved;
}

static void put(const void *bytes, size_t n) {
  for (const char *from = bytes; n > 0;) {
    ssize_t done = syscall(SYS_write, tape_fd, from, n);
    if (done <= 0) fail("the tape cannot be written", strerror(errno));
    from += done;
    n -= (size_t)done;
  }
}

static void put_head(const char *op, size_t length, off64_t position, const char *path, const char *second) {
  char head[128];
  size_t first = strlen(path), count = first + (second ? 1 + strlen(second) : 0);
  put(head, (size_t)snprintf(head, sizeof head, "%s %zu %lld %zu ", op, length, (long long)position, count));
  put(path, first);
  if (second) {
    put("", 1);
    put(second, strlen(second));
  }
  put("\n", 1);
}

static void named(const char *op, const char *path, const char *second) {
  int saved = errno;
  put_head(op, 0, 0, path, second);
  errno = saved;
}

static void written(const char *path, const struct iovec *parts, size_t n, off64_t position) {
  int saved = errno;
  put_head("write", n, position, path, NULL);
  for (; n > 0; parts++) {
    size_t length = parts->iov_len < n ? parts->iov_len : n;
    put(parts->iov_base, length);
    n -= length;
  }
  errno = saved;
}

static void linger(const char *path) {
  if (!slow_us || !strstr(path, "/payload.")) return;
  for (long left = slow_us; left > 0 && !syscall(SYS_faccessat, AT_FDCWD, apart, F_OK); left -= 10000) usleep(10000);
}


/* Of a write at the file's own position the bytes lie in front of where it is then. */
#define WRITE(name, given, passed, parts, position) \
  ssize_t name given { \
    static ssize_t(*real) given; \
    if (!real) real = (ssize_t(*) given)dlsym(RTLD_NEXT, #name); \
    char whole[PATH_MAX]; \
    int saved = errno, is_ours = resolve_fd(fd, whole); \
    if (is_ours) linger(whole); \
    errno = saved; \
    if (!is_ours) return real passed; \
    enter(); \
    ssize_t result = real passed; \
    if (result > 0) written(whole, parts, (size_t)result, position); \
    leave(); \
    return result; \
  }
#define BEHIND (lseek64(fd, 0, SEEK_CUR) - result)
#define ONE_PART ((const struct iovec[]){{(void *)bytes, n}})
WRITE(write, (int fd, const void *bytes, size_t n), (fd, bytes, n), ONE_PART, BEHIND)
WRITE(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), parts, BEHIND)
WRITE(pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at), ONE_PART, at)
WRITE(pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n, at), ONE_PART, at)
WRITE(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), parts, at)
WRITE(pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at), parts, at)

#define SYNC(name, given, passed) \
  int name given { \
    static int(*real) given; \
    if (!real) real = (int(*) given)dlsym(RTLD_NEXT, #name); \
    char whole[PATH_MAX]; \
    int saved = errno, is_ours = resolve_fd(fd, whole); \
    errno = saved; \
    if (!is_ours) return real passed; \
    if (sync_us) usleep((useconds_t)sync_us); \
    enter(); \
    int result = real passed; \
    if (!result) named("sync", whole, NULL); \
    leave(); \
    return result; \
  }
SYNC(fsync, (int fd), (fd))
SYNC(fdatasync, (int fd), (fd))

#define ON_NAME(name, op) \
  int name(const char *path ARGUMENTS) { \
    static int(*real)(const char * ARGUMENTS); \
    if (!real) real = (int(*)(const char * ARGUMENTS))dlsym(RTLD_NEXT, #name); \
    char whole[PATH_MAX]; \
    int saved = errno, is_ours = resolve(path, whole); \
    errno = saved; \
    if (!is_ours) return real(path PASSED); \
    enter(); \
    int result = real(path PASSED); \
    if (!result) named(op, whole, NULL); \
    leave(); \
    return result; \
  }
#define ARGUMENTS
#define PASSED
ON_NAME(unlink, "unlink")
ON_NAME(rmdir, "unlink")
#undef ARGUMENTS
#undef PASSED
#define ARGUMENTS , mode_t mode
#define PASSED , mode
ON_NAME(mkdir, "mkdir")

#define ON_BOTH(name) \
  int name(const char *from, const char *to) { \
    REAL(int, #name, const char *, const char *); \
    char old[PATH_MAX], new[PATH_MAX]; \
    int saved = errno, from_ours = resolve(from, old), to_ours = resolve(to, new); \
    errno = saved; \
    if (!from_ours && !to_ours) return real(from, to); \
    if (!from_ours || !to_ours) fail(#name " over the border", to); \
    enter(); \
    int result = real(from, to); \
    if (!result) named(#name, old, new); \
    leave(); \
    return result; \
  }
ON_BOTH(rename)
ON_BOTH(link)

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
    struct stat before; \
    int saved = errno, is_ours = (flags & (O_CREAT | O_TRUNC)) && resolve(path, whole); \
    errno = saved; \
    if (!is_ours) return real(path, flags, mode); \
    if (flags & O_TMPFILE & ~O_DIRECTORY) fail("a file without a name", whole); \
    enter(); \
    int is_new = stat(whole, &before) != 0; \
    errno = saved; \
    int result = real(path, flags, mode); \
    if (result >= 0 && is_new) named("create", whole, NULL); \
    else if (result >= 0 && (flags & O_TRUNC)) named("truncate", whole, NULL); \
    leave(); \
    return result; \
  }
OPEN(open)
OPEN(open64)

/* What the tape cannot say. */
#define REFUSED(name, given, passed) \
  int name given { \
    static int(*real) given; \
    if (!real) real = (int(*) given)dlsym(RTLD_NEXT, #name); \
    char whole[PATH_MAX]; \
    int saved = errno; \
    if (resolve_fd(fd, whole)) fail(#name, whole); \
    errno = saved; \
    return real passed; \
  }
REFUSED(ftruncate, (int fd, off_t length), (fd, length))
REFUSED(ftruncate64, (int fd, off64_t length), (fd, length))
ssize_t copy_file_range(int from, off64_t *a, int fd, off64_t *b, size_t n, unsigned flags) {
  REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
  char whole[PATH_MAX];
  int saved = errno;
  if (resolve_fd(fd, whole)) fail("copy_file_range", whole);
  errno = saved;
  return real(from, a, fd, b, n, flags);
}
