#include "failure.h"

#include <string.h>
#include <unistd.h>

void fail(const char *message, uint64_t value) {
  char text[160];
  size_t n = strlen(message);
  if (n > sizeof text - 24) n = sizeof text - 24;
  memcpy(text, message, n);
  text[n++] = ' ', text[n++] = '0', text[n++] = 'x';
  for (int shift = 60; shift >= 0; shift -= 4) text[n++] = "0123456789abcdef"[value >> shift & 15];
  text[n++] = '\n';
  if (write(2, text, n) < 0) _exit(71);
  _exit(70);
}
