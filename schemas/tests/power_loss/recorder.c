/* Records what a process made durable: loaded before the C library (LD_PRELOAD), it copies what is synced from the disk FW_LIVE to
   the record FW_DURABLE, in place of syncing it. Nothing else of the disk survives a loss of power.

   FW_DURABLE/file-ID     the bytes of a file when it was last synced
   FW_DURABLE/folder-ID   the entries of a folder when it was last synced: "f ID NAME" or "d ID NAME"

   An ID is inode and time of birth, for inodes are used again. A kill may leave the record of a file half-way between two syncs, as
   the power may leave a disk. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* A record that cannot be written must end the child: the test would judge a disk that never was. */
static void must(int holds, const char *what) {
    if (!holds) {
        perror(what);
        _exit(70);
    }
}

static struct statx look(int at, const char *name) {
    struct statx found;
    must(statx(at, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_TYPE | STATX_BTIME, &found) == 0, "statx");
    must((found.stx_mask & STATX_BTIME) != 0, "time of birth");
    return found;
}

static void id(const struct statx *of, char text[64]) {
    snprintf(text, 64, "%llu-%lld.%09u", (unsigned long long)of->stx_ino, (long long)of->stx_btime.tv_sec, of->stx_btime.tv_nsec);
}

/* Brings the record of a file up to date; what has not changed is only compared. */
static void copy_file(int from, int to) {
    static char now[1 << 20], before[1 << 20];
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", from);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    must(reader >= 0, "open again");
    off_t at = 0;
    ssize_t count;
    while ((count = pread(reader, now, sizeof now, at)) > 0) {
        ssize_t known = pread(to, before, (size_t)count, at);
        if (known != count || memcmp(now, before, (size_t)count) != 0)
            must(pwrite(to, now, (size_t)count, at) == count, "pwrite");
        at += count;
    }
    must(count == 0, "pread");
    must(ftruncate(to, at) == 0, "ftruncate");
    close(reader);
}

static void copy_entries(int from, int to) {
    char path[64], line[PATH_MAX], entry_id[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", from);
    DIR *folder = opendir(path);
    must(folder != NULL, "opendir");
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        struct statx found;
        /* An entry may go while we read: then it was not there. */
        if (statx(from, entry->d_name, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_TYPE | STATX_BTIME, &found) != 0)
            continue;
        id(&found, entry_id);
        int length = snprintf(line, sizeof line, "%c %s %s\n", S_ISDIR(found.stx_mode) ? 'd' : 'f', entry_id, entry->d_name);
        must(write(to, line, (size_t)length) == length, "write");
    }
    closedir(folder);
}

/* Whether what is synced lies on the disk that we watch. */
static int is_watched(int fd) {
    const char *live = getenv("FW_LIVE");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (live == NULL || length < 0)
        return 0;
    path[length] = 0;
    size_t live_length = strlen(live);
    return strncmp(path, live, live_length) == 0 && (path[live_length] == '/' || path[live_length] == 0);
}

static void record(const char *durable, int fd) {
    char of[64], half[PATH_MAX], whole[PATH_MAX];
    pthread_mutex_lock(&one_at_a_time);
    struct statx found = look(fd, "");
    int is_folder = S_ISDIR(found.stx_mode);
    id(&found, of);
    snprintf(whole, sizeof whole, "%s/%s-%s", durable, is_folder ? "folder" : "file", of);
    snprintf(half, sizeof half, "%s/half", durable);
    int to = open(is_folder ? half : whole, O_RDWR | O_CREAT | (is_folder ? O_TRUNC : 0) | O_CLOEXEC, 0600);
    must(to >= 0, "open the record");
    if (is_folder) {
        copy_entries(fd, to);
        must(rename(half, whole) == 0, "rename");
    } else {
        copy_file(fd, to);
    }
    close(to);
    pthread_mutex_unlock(&one_at_a_time);
}

static int synced(const char *call, int fd) {
    const char *durable = getenv("FW_DURABLE");
    if (durable != NULL && is_watched(fd)) {
        record(durable, fd);
        return 0;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
    must(real != NULL, call);
    return real(fd);
}

int fsync(int fd) { return synced("fsync", fd); }

int fdatasync(int fd) { return synced("fdatasync", fd); }
