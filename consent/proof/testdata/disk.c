/* A disk that forgets, and one that is slow. Preloaded into redis-server it notes, for each file, how long the file was when
 * the last fsync or fdatasync of it began that has come back well: so much outlives a power cut, for sure. The notes lie in
 * a table that the test maps too; a fork writes into the same one.
 *
 *   BOHOJA_DISK_NOTES    the table's file, of DISK_ROWS rows of two 64-bit numbers: inode, length
 *   BOHOJA_DISK_SLOW_US  microseconds by which every sync takes longer
 *
 * A file that is removed or replaced loses its note, since its inode may be given to another.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_ROWS 4096

struct row { _Atomic uint64_t inode, length; };

static struct row *table;
static useconds_t slow;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("BOHOJA_DISK_NOTES"), *us = getenv("BOHOJA_DISK_SLOW_US");
    if (us) slow = (useconds_t)atoi(us);
    if (!name) return;
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0) _exit(91);
    void *at = mmap(0, DISK_ROWS * sizeof(struct row), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) _exit(92);
    close(fd);
    table = at;
}

static void note(uint64_t inode, uint64_t length) {
    for (uint64_t i = 0; table && i < DISK_ROWS; i++) {
        struct row *r = &table[(inode + i) % DISK_ROWS];
        uint64_t free = 0;
        if (r->inode == inode || atomic_compare_exchange_strong(&r->inode, &free, inode) || free == inode) {
            r->length = length;
            return;
        }
    }
    if (table) _exit(93); /* a note that is lost would make the test blind */
}

static int synced(int fd, int (*sync)(int)) {
    struct stat before;
    int known = fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
    if (slow) usleep(slow);
    int result = sync(fd);
    if (result == 0 && known) note(before.st_ino, (uint64_t)before.st_size);
    return result;
}

int fsync(int fd) { return synced(fd, (int (*)(int))dlsym(RTLD_NEXT, "fsync")); }
int fdatasync(int fd) { return synced(fd, (int (*)(int))dlsym(RTLD_NEXT, "fdatasync")); }

static void forget(const char *name) {
    struct stat old;
    if (stat(name, &old) == 0 && S_ISREG(old.st_mode)) note(old.st_ino, 0);
}

int unlink(const char *name) {
    forget(name);
    return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(name);
}

int rename(const char *from, const char *to) {
    forget(to);
    return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
