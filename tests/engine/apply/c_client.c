#include "tests/engine/apply/c_client.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct digest {
  c_client* client;
  EVP_MD_CTX* context;
};

static int read_old(void* user, uint64_t offset, void* out, size_t length) {
  const c_client* client = user;
  if (client->fault == C_FAULT_READ) return 1;
  if (offset > client->base_length || length > client->base_length - offset) return 2;
  memcpy(out, client->base + offset, length);
  return 0;
}

static int write_new(void* user, uint64_t offset, const void* bytes, size_t length) {
  c_client* client = user;
  if (client->fault == C_FAULT_WRITE) return -1;
  if (offset > client->result_length || length > client->result_length - offset) return 2;
  memcpy(client->result + offset, bytes, length);
  return 0;
}

static int segment_done(void* user, uint64_t segment) {
  c_client* client = user;
  if (client->fault == C_FAULT_DONE) return 1;
  client->segments_done++;
  client->last_segment = segment;
  return 0;
}

static void* sha256_open(void* user) {
  c_client* client = user;
  struct digest* digest;
  if (client->fault == C_FAULT_DIGEST) return NULL;
  digest = malloc(sizeof(*digest));
  if (digest == NULL) return NULL;
  digest->client = client;
  digest->context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL);
  client->open_digests++;
  return digest;
}

static void sha256_update(void* state, const void* bytes, size_t length) {
  EVP_DigestUpdate(((struct digest*)state)->context, bytes, length);
}

static void sha256_close(void* state, uint8_t out[32]) {
  struct digest* digest = state;
  EVP_DigestFinal_ex(digest->context, out, NULL);
  EVP_MD_CTX_free(digest->context);
  digest->client->open_digests--;
  free(digest);
}

void c_client_callbacks(c_client* client, skiff_callbacks* callbacks) {
  callbacks->user = client;
  callbacks->read_old = read_old;
  callbacks->write_new = write_new;
  callbacks->segment_done = segment_done;
  callbacks->sha256_open = sha256_open;
  callbacks->sha256_update = sha256_update;
  callbacks->sha256_close = sha256_close;
}

int c_client_push(skiff_applier* applier, const uint8_t* delta, uint64_t length, uint64_t step) {
  int code = SKIFF_OK;
  while (code == SKIFF_OK && !skiff_applier_done(applier)) {
    const uint64_t next = skiff_applier_next(applier);
    uint64_t wanted = skiff_applier_wanted(applier);
    if (wanted > step) wanted = step;
    if (next > length || wanted > length - next) return SKIFF_E_USAGE;
    code = skiff_applier_push(applier, delta + next, (size_t)wanted);
  }
  return code;
}
