/*
 * The program that runs code under test: requests on standard input, replies on standard output (protocol.h).
 * Usage: guest [v]. With "v" it may execute vector instructions.
 */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "execute.h"
#include "failure.h"
#include "protocol.h"
#include "trampoline.h"
#include "veneer.h"

#define IN_BYTES (16u << 20)
#define OUT_BYTES (4u << 20)
#define OUT_FLUSH (64u << 10)

static alignas(64) unsigned char in[IN_BYTES], out[OUT_BYTES];
static size_t in_start, in_end, out_end;

static void flush_out(void) {
  for (size_t done = 0; done < out_end;) {
    const ssize_t n = write(1, out + done, out_end - done);
    if (n < 0 && errno != EINTR) _exit(72);
    if (n > 0) done += (size_t)n;
  }
  out_end = 0;
}

/* Makes `bytes` of input available at in + in_start. Ends the process at the end of input. */
static void need(size_t bytes) {
  if (in_end - in_start >= bytes) return;
  flush_out(); /* the client may wait for these before it sends more */
  if (bytes > IN_BYTES) fail("guest: request too long, bytes", bytes);
  if (in_start + bytes > IN_BYTES || in_start == in_end) {
    memmove(in, in + in_start, in_end - in_start);
    in_end -= in_start;
    in_start = 0;
  }
  while (in_end - in_start < bytes) {
    const ssize_t n = read(0, in + in_end, IN_BYTES - in_end);
    if (n == 0) _exit(0);
    if (n < 0 && errno != EINTR) _exit(72);
    if (n > 0) in_end += (size_t)n;
  }
}

static void reserve_out(uint64_t bytes) {
  if (bytes > OUT_BYTES) fail("guest: reply too long, bytes", bytes);
  if (out_end + bytes > OUT_BYTES) flush_out();
}

static void load_image(const struct request *request, const unsigned char *image) {
  const uint64_t end = request->base + request->image_bytes;
  if (request->base % 8 != 0 || request->base < CODE_BASE || end > CODE_BASE + CODE_BYTES) {
    fail("guest: image does not fit at", request->base);
  }
  if (request->image_bytes == 0) return;
  /* Code that lies there already stays translated. */
  if (memcmp((const void *)request->base, image, request->image_bytes) == 0) return;
  memcpy((void *)request->base, image, request->image_bytes);
  __asm__ volatile("fence.i" ::: "memory");
}

static void serve(const struct request *request) {
  const size_t row_words = 16 + request->argument_bytes / 8;
  const uint64_t *masks = (const uint64_t *)(request + 1);
  const uint64_t *inputs = masks + row_words;
  const struct run *runs = (const struct run *)(inputs + row_words * request->input_count);
  const unsigned char *answers = (const unsigned char *)(runs + request->run_count);
  const unsigned char *image = answers + request->answer_bytes;
  const size_t image_padded = (request->image_bytes + 7u) & ~(size_t)7;
  if (image + image_padded != (const unsigned char *)request + request->length) {
    fail("guest: request's parts do not add up to its length", request->length);
  }
  if (request->argument_bytes % 16 != 0 || request->return_bytes % 16 != 0 || request->poison_bytes % 64 != 0 ||
      request->guard_bytes % PAGE_BYTES != 0 || request->guard_bytes > STACK_BYTES / 2 ||
      (uint64_t)request->argument_bytes + request->return_bytes > STACK_BYTES / 2) {
    fail("guest: areas out of range in request", request->id);
  }
  if (request->log_bytes > LOG_LIMIT || request->answer_bytes % 8 != 0)
    fail("guest: log or answers out of range in request", request->id);
  veneer_set_answers(answers, request->answer_bytes);
  load_image(request, image);

  reserve_out(sizeof(struct reply) + execute_record_limit(request) * request->run_count);
  const uint32_t ticks_before = execute_ticks;
  uint32_t limit_ms = request->limit_ms;
  unsigned char *reply_at = out + out_end, *end = reply_at + sizeof(struct reply);
  for (uint32_t i = 0; i < request->run_count; i++) {
    if (runs[i].input >= request->input_count) fail("guest: no such input", runs[i].input);
    if (runs[i].from_sp > row_words) fail("guest: no such word of a row", runs[i].from_sp);
    const struct job job = {.request = request,
                            .masks = masks,
                            .input = inputs + row_words * runs[i].input,
                            .run = &runs[i],
                            .limit_ms = limit_ms,
                            .first_poison = poison_of_seed(runs[0].seed)};
    execute_run(&job, end);
    const struct record *record = (const struct record *)end;
    /* What hung once will most likely hang again: do not wait as long for it. */
    if (record->kind == HUNG) limit_ms = request->limit_ms / 8;
    end += record->length;
  }
  const struct reply reply = {
      .length = (uint32_t)(end - reply_at), .id = request->id, .run_count = request->run_count};
  memcpy(reply_at, &reply, sizeof reply);
  out_end = (size_t)(end - out);
  /* After a slow request too: the client's watchdog counts from reply to reply. */
  if (out_end > OUT_FLUSH || execute_ticks != ticks_before) flush_out();
}

int main(int argc, char **argv) {
  uint32_t vector_bytes = 0;
  if (argc > 1 && strcmp(argv[1], "v") == 0) {
    uint64_t vlenb;
    __asm__("csrr %0, 0xc22" : "=r"(vlenb));
    vector_bytes = (uint32_t)vlenb;
  }
  execute_start(vector_bytes);
  const struct hello hello = {.magic = HELLO_MAGIC,
                              .version = PROTOCOL_VERSION,
                              .vector_bytes = vector_bytes,
                              .return_address = (uint64_t)trampoline_return};
  memcpy(out, &hello, sizeof hello);
  out_end = sizeof hello;
  for (;;) {
    need(sizeof(struct request));
    const uint32_t length = ((const struct request *)(in + in_start))->length;
    if (length < sizeof(struct request) || length % 8 != 0) fail("guest: bad request length", length);
    need(length);
    serve((const struct request *)(in + in_start));
    in_start += length;
  }
}
