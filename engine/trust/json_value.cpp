// What every JSON value does.
#include <utility>

#include "skiff/json.hpp"

namespace skiff {

Json::Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}
bool Json::operator==(const Json& other) const { return value_ == other.value_; }

}  // namespace skiff
