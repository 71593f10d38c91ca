/* Checks for programs that test one part each: a line for every test that held, or the first fault. */
#ifndef OW_CHECK_H
#define OW_CHECK_H

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                \
  do {                                                                                  \
    if (!(condition)) {                                                                 \
      printf("not ok %s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);   \
      exit(1);                                                                          \
    }                                                                                   \
  } while (0)

#define CHECK_EQUAL(actual, expected)                                                   \
  do {                                                                                  \
    long long is = (long long)(actual);                                                 \
    long long should = (long long)(expected);                                           \
    if (is != should) {                                                                 \
      printf("not ok %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, is,   \
             should);                                                                   \
      exit(1);                                                                          \
    }                                                                                   \
  } while (0)

struct check_case {
  const char *name;
  void (*run)(void);
};

static inline int open_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  int count = 0;
  CHECK(folder != NULL);
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

/* Runs all; each must leave as many descriptors open as it found. */
static inline int run_cases(const struct check_case *cases, size_t count) {
  setvbuf(stdout, NULL, _IONBF, 0);
  for (size_t index = 0; index < count; index++) {
    int before = open_descriptors();
    cases[index].run();
    int after = open_descriptors();
    if (after != before) {
      printf("not ok %s: %d descriptors before, %d after\n", cases[index].name, before, after);
      return 1;
    }
    printf("ok %s\n", cases[index].name);
  }
  return 0;
}

#define RUN(cases) run_cases(cases, sizeof(cases) / sizeof *(cases))

#endif
