#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "functions.h"
#include "record.h"

/* Where a callee with a result in memory is told to put it: known to the host. */
#define SRET_ADDRESS ((word *)0x30000000)

void psabi_call(const struct request *, void (*target)(void));

_Alignas(16) word psabi_args[MAX_PARAMS][2], psabi_seen[MAX_PARAMS][2], psabi_given[2][2], psabi_got[2][2];
word psabi_got_memory[SRET_WORDS], psabi_dump[16 + STACK_WORDS + 1], psabi_results[4], psabi_has_sret;

static void run(const struct pair *pair, const struct request *request, struct reply *reply) {
  memset(reply, 0, sizeof *reply);
  memcpy(psabi_args, request->args, sizeof psabi_args);
  memcpy(psabi_given, request->given, sizeof psabi_given);
  memset(psabi_seen, 0, sizeof psabi_seen);
  memset(psabi_got, 0, sizeof psabi_got);
  memset(psabi_got_memory, 0, sizeof psabi_got_memory);
  memset(SRET_ADDRESS, 0, SRET_WORDS * sizeof(word));
  psabi_has_sret = request->has_sret;

  memcpy(psabi_results, request->result_x, sizeof psabi_results);
  pair->caller();
  memcpy(reply->x, psabi_dump, sizeof psabi_dump);
  memcpy(reply->got, psabi_got, sizeof psabi_got);
  memcpy(reply->got_memory, psabi_got_memory, sizeof psabi_got_memory);

  psabi_call(request, pair->callee);
  memcpy(reply->seen, psabi_seen, sizeof psabi_seen);
  memcpy(reply->result_x, psabi_results, sizeof psabi_results);
  memcpy(reply->given_memory, SRET_ADDRESS, sizeof reply->given_memory);
}

int main(void) {
  static struct request request;
  static struct reply reply;
  void *at = mmap(SRET_ADDRESS, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (at != SRET_ADDRESS) return 1;
  for (const struct pair *pair = psabi_pairs; pair->caller != 0; pair++) {
    if (fread(&request, sizeof request, 1, stdin) != 1) return 1;
    run(pair, &request, &reply);
    if (fwrite(&reply, sizeof reply, 1, stdout) != 1) return 1;
  }
  return 0;
}
