// Any bytes as the JSON of a public key: what is read keeps its id when read again, and no signature holds by
// chance.
#include <cstdlib>

#include "skiff/trust.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  const Result<Json> json = parse_json({data, size});
  if (!json) return 0;
  const Result<PublicKey> key = PublicKey::parse(*json);
  if (!key) return 0;
  const Result<PublicKey> again = PublicKey::parse(key->json());
  if (!again || !(*again == *key) || again->key_id() != key->key_id()) std::abort();
  if (key->verify({data, size}, {data, size})) std::abort();
  const Bytes zeros(64);
  if (key->verify({data, size}, zeros)) std::abort();
  return 0;
}
