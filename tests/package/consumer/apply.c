/* apply_c BASE DELTA RESULT: a whole update agent's worth of the C API, with OpenSSL's SHA-256. */
#include <openssl/evp.h>
#include <skiff/apply.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  FILE* base;
  FILE* result;
} files;

static int read_old(void* user, uint64_t offset, void* out, size_t length) {
  FILE* base = ((files*)user)->base;
  return fseek(base, (long)offset, SEEK_SET) != 0 || fread(out, 1, length, base) != length;
}

static int write_new(void* user, uint64_t offset, const void* bytes, size_t length) {
  FILE* result = ((files*)user)->result;
  return fseek(result, (long)offset, SEEK_SET) != 0 || fwrite(bytes, 1, length, result) != length;
}

static void* sha256_open(void* user) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  (void)user;
  if (context != NULL) EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  return context;
}

static void sha256_update(void* state, const void* bytes, size_t length) {
  EVP_DigestUpdate(state, bytes, length);
}

static void sha256_close(void* state, uint8_t digest[32]) {
  EVP_DigestFinal_ex(state, digest, NULL);
  EVP_MD_CTX_free(state);
}

static int push_all(skiff_applier* applier, FILE* delta) {
  static uint8_t buffer[10000];
  while (!skiff_applier_done(applier)) {
    const uint64_t wanted = skiff_applier_wanted(applier);
    const size_t length = wanted < sizeof buffer ? (size_t)wanted : sizeof buffer;
    fseek(delta, (long)skiff_applier_next(applier), SEEK_SET);
    const size_t got = fread(buffer, 1, length, delta);
    if (got == 0 || skiff_applier_push(applier, buffer, got) != SKIFF_OK) return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  files io = {fopen(argv[1], "rb"), fopen(argv[3], "wb")};
  FILE* delta = fopen(argv[2], "rb");
  if (io.base == NULL || io.result == NULL || delta == NULL) return 2;
  fseek(io.base, 0, SEEK_END);
  const skiff_callbacks callbacks = {&io,         read_old,      write_new,   NULL,
                                     sha256_open, sha256_update, sha256_close};
  const skiff_apply_options options = {(uint64_t)ftell(io.base), 0, NULL};
  skiff_applier* applier = skiff_applier_open(&callbacks, &options);
  const int failed = applier == NULL || push_all(applier, delta);
  if (failed && applier != NULL) fprintf(stderr, "%s\n", skiff_applier_error(applier));
  skiff_applier_close(applier);
  fclose(delta);
  fclose(io.base);
  return fclose(io.result) != 0 || failed;
}
