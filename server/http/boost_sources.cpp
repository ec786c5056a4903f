// The one place where Asio's and Beast's non-template code is compiled (separate compilation, as they offer).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
