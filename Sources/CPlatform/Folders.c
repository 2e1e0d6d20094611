// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "CPlatform.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ocelli_path_kind ocelli_path_look(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) return OCELLI_PATH_OTHER;
  int isLink = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
  return isLink ? OCELLI_PATH_LINK_TO_FOLDER : OCELLI_PATH_FOLDER;
}

_Bool ocelli_is_readable(const char *path) { return access(path, R_OK) == 0; }

int32_t ocelli_folder_list(
    const char *path, void (*visit)(void *context, const char *name), void *context) {
  DIR *folder = opendir(path);
  if (folder == NULL) return errno;
  struct dirent *entry;
  errno = 0;
  while ((entry = readdir(folder)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      visit(context, entry->d_name);
    errno = 0;
  }
  int32_t error = errno;
  closedir(folder);
  return error;
}

int32_t ocelli_folder_create(const char *path) {
  char part[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof part) return ENAMETOOLONG;
  for (size_t end = 1; end <= length; end++) {
    if (path[end] != '/' && path[end] != 0) continue;
    memcpy(part, path, end);
    part[end] = 0;
    if (mkdir(part, 0777) == 0) continue;
    int32_t error = errno;
    if (ocelli_path_look(part) == OCELLI_PATH_OTHER) return error;
  }
  return 0;
}
