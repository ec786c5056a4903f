// The operators' API as an OpenAPI 3.1 description, made from the tables that the API runs by.
#pragma once

#include <string>

namespace skiff::server {

/// A JSON document.
std::string openapi_text();

}  // namespace skiff::server
