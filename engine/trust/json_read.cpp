// parse_json over nlohmann's event parser, narrowed until one text has one meaning.
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "skiff/json.hpp"
#include "trust/json_limits.hpp"

namespace skiff {
namespace {

using Events = nlohmann::json;

/// Walks the text and keeps count, so that an error raised by an event can name its byte.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::size_t* count_;
};

/// Builds the value from the parser's events; the first refusal ends the parse.
class Builder {
 public:
  explicit Builder(const std::size_t* position) : position_(position) {}

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(Events::number_integer_t value) {
    if (value == 0) return refuse("negative zero");  // the parser calls this for numbers with a minus only
    if (value < -kMaxJsonInteger) return refuse("integer below -(2^53-1)");
    return add(Json(std::int64_t{value}));
  }
  bool number_unsigned(Events::number_unsigned_t value) {
    if (value > std::uint64_t{kMaxJsonInteger}) return refuse("integer above 2^53-1");
    return add(Json(std::uint64_t{value}));
  }
  bool number_float(Events::number_float_t, const std::string& text) {
    return refuse("number that is no small integer: " + text.substr(0, kQuotedLength));
  }
  bool string(std::string& value) { return add(Json(std::move(value))); }
  bool binary(Events::binary_t&) { return refuse("binary value"); }

  bool start_object(std::size_t) { return open(Json(Json::Object())); }
  bool start_array(std::size_t) { return open(Json(Json::Array())); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (open_.back().container.object()->contains(name)) {
      return refuse("duplicate key \"" + name.substr(0, kQuotedLength) + "\"");
    }
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Events::exception&) {
    message_ = "not JSON at byte " + std::to_string(position);
    return false;
  }

  [[nodiscard]] const std::string& message() const { return message_; }
  Json take() { return std::move(root_); }

 private:
  static constexpr std::size_t kQuotedLength = 40;

  /// A container whose end is not read yet, and the key its next member goes under.
  struct Open {
    Json container;
    std::string key;
  };

  bool refuse(std::string what) {
    message_ = std::move(what) + " before byte " + std::to_string(*position_);
    return false;
  }
  bool open(Json container) {
    if (open_.size() == kMaxJsonDepth) return refuse("nesting deeper than " + std::to_string(kMaxJsonDepth));
    open_.push_back({std::move(container), {}});
    return true;
  }
  bool close() {
    Json done = std::move(open_.back().container);
    open_.pop_back();
    return add(std::move(done));
  }
  bool add(Json value) {
    if (++values_ > kMaxJsonValues) return refuse("more than " + std::to_string(kMaxJsonValues) + " values");
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Json::Array* const array = open_.back().container.array()) {
      array->push_back(std::move(value));
    } else {
      open_.back().container.object()->emplace(std::move(open_.back().key), std::move(value));
    }
    return true;
  }

  const std::size_t* position_;
  std::vector<Open> open_;
  Json root_;
  std::string message_;
  std::size_t values_ = 0;
};

}  // namespace

Result<Json> parse_json(ByteView untrusted_text) {
  const std::string_view text = as_text(untrusted_text);
  // Both are let through by the parser: it skips a byte order mark, and a NUL ends its input early.
  if (text.starts_with("\xEF\xBB\xBF")) return fail(ErrorKind::kFormat, "byte order mark at byte 0");
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(ErrorKind::kFormat, "NUL at byte " + std::to_string(nul));
  }
  std::size_t position = 0;
  Builder builder(&position);
  const CountingIterator begin(text.data(), &position);
  const CountingIterator end(text.data() + text.size(), &position);
  if (!Events::sax_parse(begin, end, &builder, nlohmann::detail::input_format_t::json, true)) {
    return fail(ErrorKind::kFormat, builder.message());
  }
  return builder.take();
}

}  // namespace skiff
