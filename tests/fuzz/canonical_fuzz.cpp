// Any bytes as JSON in canonical form: where the form is JSON again, it is its own canonical form.
#include <cstdlib>

#include "skiff/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skiff::Result<skiff::Json> value = skiff::parse_json({data, size});
  if (!value) return 0;
  const skiff::Result<std::string> canonical = skiff::canonical_json(*value);
  if (!canonical) return 0;
  // Control characters stand in it as they are, which JSON does not allow: then it cannot be read back.
  const skiff::Result<skiff::Json> again = skiff::parse_json(skiff::as_bytes(*canonical));
  if (!again) return 0;
  if (*again != *value) std::abort();
  if (skiff::canonical_json(*again) != *canonical) std::abort();
  return 0;
}
