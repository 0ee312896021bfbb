/*
 * A file system with one file that can be opened, and a read of it that never returns: what a call into a broken kernel
 * module looks like. The kernel waits for an answer without listening to signals, SIGKILL included, until this process ends.
 *
 * Usage: blocking-file MOUNT_POINT; prints "ready" when it is mounted.
 * See https://docs.kernel.org/filesystems/fuse.html
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int device;

static void answer(uint64_t unique, int error, const void *data, size_t size) {
  char buffer[4096];
  struct fuse_out_header header = {.len = sizeof header + size, .error = error, .unique = unique};
  memcpy(buffer, &header, sizeof header);
  if (size > 0) memcpy(buffer + sizeof header, data, size);
  if (write(device, buffer, header.len) < 0) perror("answer");
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr attr = {.ino = node, .nlink = 1, .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0444, .size = 4096};
  return attr;
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) return perror("/dev/fuse"), 1;
  char options[128];
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
  if (mount("blocking-file", arguments[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) return perror("mount"), 1;
  printf("ready\n");
  fflush(stdout);

  static char request[1 << 17];
  for (;;) {
    ssize_t length = read(device, request, sizeof request);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return 0; /* unmounted */
    struct fuse_in_header *header = (struct fuse_in_header *)request;
    const char *argument = request + sizeof *header;
    switch (header->opcode) {
      case FUSE_INIT: {
        struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096};
        answer(header->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_LOOKUP: {
        struct fuse_entry_out out = {.nodeid = 2, .entry_valid = 60, .attr_valid = 60, .attr = attributes(2)};
        int known = strcmp(argument, "file") == 0;
        answer(header->unique, known ? 0 : -ENOENT, &out, known ? sizeof out : 0);
        break;
      }
      case FUSE_GETATTR: {
        struct fuse_attr_out out = {.attr_valid = 60, .attr = attributes(header->nodeid)};
        answer(header->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_OPEN: {
        struct fuse_open_out out = {.open_flags = FOPEN_DIRECT_IO};
        answer(header->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_READ:
      case FUSE_INTERRUPT:
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
        break; /* no answer */
      default:
        answer(header->unique, -ENOSYS, NULL, 0);
    }
  }
}
