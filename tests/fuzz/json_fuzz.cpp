// Any bytes as JSON: what is read is written and read back the same, in both forms.
#include <cstdlib>

#include "skiff/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skiff::Result<skiff::Json> value = skiff::parse_json({data, size});
  if (!value) return 0;
  const std::string text = skiff::json_text(*value);
  if (skiff::parse_json(skiff::as_bytes(text)) != *value) std::abort();
  const skiff::Result<std::string> canonical = skiff::canonical_json(*value);
  // The canonical form leaves control characters as they are, so it is never longer.
  if (canonical && canonical->size() > text.size()) std::abort();
  return 0;
}
