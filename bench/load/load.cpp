// skiff_load: a crowd of devices on loopback, for as long as it is told; prints what it saw as JSON.
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/load/connection.hpp"

namespace skiff::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr unsigned kMostSeconds = 120;
constexpr unsigned kMostConnections = 20'000;
constexpr unsigned kSilentPerAddress = 50;

struct Options {
  std::string mode;
  Address server;
  std::string ca;
  std::string devices;  ///< folder of NAME.crt and NAME.pem; empty: nobody shows a certificate
  unsigned connections = 1;
  double seconds = 1;
  std::string request;  ///< file
};

/// The contexts of all devices, or one without a certificate.
std::vector<TlsContext> make_contexts(const Options& options) {
  std::vector<TlsContext> contexts;
  if (!options.devices.empty()) {
    std::vector<fs::path> certificates;
    for (const auto& entry : fs::directory_iterator(options.devices)) {
      if (entry.path().extension() == ".crt") certificates.push_back(entry.path());
    }
    std::sort(certificates.begin(), certificates.end());
    for (const fs::path& file : certificates) {
      contexts.push_back(make_context(options.ca, file, fs::path(file).replace_extension(".pem")));
    }
  }
  if (contexts.empty()) contexts.push_back(make_context(options.ca, "", ""));
  return contexts;
}

/// What all connections saw together.
struct Sums {
  std::mutex mutex;
  std::vector<double> milliseconds;
  std::uint64_t bytes = 0;
  std::map<unsigned, std::uint64_t> statuses;
  std::uint64_t failures = 0;

  void add(const std::vector<double>& times, std::uint64_t more_bytes) {
    const std::lock_guard lock(mutex);
    milliseconds.insert(milliseconds.end(), times.begin(), times.end());
    bytes += more_bytes;
  }
  void add_status(unsigned status, std::uint64_t times) {
    const std::lock_guard lock(mutex);
    statuses[status] += times;
  }
  void add_failure() {
    const std::lock_guard lock(mutex);
    ++failures;
  }
};

double since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// Runs `work(thread's number)` in a thread for each connection.
template <typename Work>
void in_threads(unsigned count, Sums& sums, const Work& work) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        work(i);
      } catch (const std::exception&) {
        sums.add_failure();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// One request after the other on each connection, once all are connected.
double ask(const Options& options, const std::vector<TlsContext>& contexts, const std::string& request,
           Sums& sums) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (unsigned i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(options.server, contexts[i % contexts.size()].get()));
  }
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  in_threads(options.connections, sums, [&](unsigned i) {
    std::vector<double> times;
    std::map<unsigned, std::uint64_t> statuses;
    std::uint64_t bytes = 0;
    while (Clock::now() < end) {
      const auto asked = Clock::now();
      const Answer answer = connections[i]->ask(request, end);
      if (answer.is_whole) times.push_back(since(asked));
      bytes += answer.body;
      ++statuses[answer.status];
    }
    sums.add(times, bytes);
    for (const auto& [status, count] : statuses) sums.add_status(status, count);
  });
  return since(begin) / 1'000;
}

/// Connections that end as soon as they are made.
double shake_hands(const Options& options, const std::vector<TlsContext>& contexts, Sums& sums) {
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  in_threads(options.connections, sums, [&](unsigned i) {
    std::vector<double> times;
    while (Clock::now() < end) {
      const auto began = Clock::now();
      const Connection connection(options.server, contexts[i % contexts.size()].get());
      times.push_back(since(began));
    }
    sums.add(times, 0);
  });
  return since(begin) / 1'000;
}

/// Connections that have asked once and stay; until standard input ends.
double hold(const Options& options, const std::vector<TlsContext>& contexts, const std::string& request,
            Sums& sums) {
  const auto begin = Clock::now();
  std::vector<std::unique_ptr<Connection>> connections;
  for (unsigned i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(options.server, contexts[i % contexts.size()].get()));
    sums.add_status(connections.back()->ask(request, Clock::time_point::max()).status, 1);
  }
  const double seconds = since(begin) / 1'000;
  std::cout << "ready" << std::endl;
  std::string rest;
  std::getline(std::cin, rest);
  return seconds;
}

/// Connections that say nothing, from many addresses; those that the server ends are made again.
double be_silent(const Options& options, Sums& sums) {
  const auto begin = Clock::now();
  const auto from = [](unsigned i) {
    const unsigned site = i / kSilentPerAddress;
    return "127.1." + std::to_string(site / 250) + "." + std::to_string(1 + site % 250);
  };
  std::vector<pollfd> sockets;
  for (unsigned i = 0; i < options.connections; ++i) {
    sockets.push_back({connect_tcp(options.server, from(i)), POLLIN | POLLRDHUP, 0});
  }
  std::cout << "ready" << std::endl;
  while (since(begin) < options.seconds * 1'000) {
    if (::poll(sockets.data(), sockets.size(), 100) <= 0) continue;
    for (unsigned i = 0; i < sockets.size(); ++i) {
      if (sockets[i].revents == 0) continue;
      ::close(sockets[i].fd);
      sockets[i].fd = connect_tcp(options.server, from(i));
      sums.add_failure();
    }
  }
  for (const pollfd& socket : sockets) ::close(socket.fd);
  return since(begin) / 1'000;
}

double percentile(std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const double rank = std::ceil(part * static_cast<double>(sorted.size()));
  return sorted[std::max<std::size_t>(static_cast<std::size_t>(rank), 1) - 1];
}

void print(Sums& sums, double seconds) {
  std::sort(sums.milliseconds.begin(), sums.milliseconds.end());
  std::cout << "{\"seconds\": " << seconds << ", \"count\": " << sums.milliseconds.size()
            << ", \"bytes\": " << sums.bytes << ", \"p50_ms\": " << percentile(sums.milliseconds, 0.5)
            << ", \"p99_ms\": " << percentile(sums.milliseconds, 0.99) << ", \"failures\": " << sums.failures
            << ", \"statuses\": {";
  const char* comma = "";
  for (const auto& [status, count] : sums.statuses) {
    std::cout << comma << "\"" << status << "\": " << count;
    comma = ", ";
  }
  std::cout << "}}" << std::endl;
}

std::string read_text(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Options parse(int argc, char** argv) {
  if (argc != 9) {
    throw std::runtime_error(
        "usage: skiff_load ask|handshake|hold|silent HOST PORT CA DEVICES CONNECTIONS SECONDS REQUEST-FILE");
  }
  Options options;
  options.mode = argv[1];
  options.server = {argv[2], static_cast<std::uint16_t>(std::stoul(argv[3]))};
  options.ca = argv[4];
  options.devices = argv[5];
  options.connections = std::min(static_cast<unsigned>(std::stoul(argv[6])), kMostConnections);
  options.seconds = std::min(std::stod(argv[7]), static_cast<double>(kMostSeconds));
  options.request = read_text(argv[8]);
  return options;
}

double run(const Options& options, Sums& sums) {
  if (options.mode == "silent") return be_silent(options, sums);
  const std::vector<TlsContext> contexts = make_contexts(options);
  if (options.mode == "ask") return ask(options, contexts, options.request, sums);
  if (options.mode == "handshake") return shake_hands(options, contexts, sums);
  if (options.mode == "hold") return hold(options, contexts, options.request, sums);
  throw std::runtime_error("no mode " + options.mode);
}

}  // namespace
}  // namespace skiff::bench

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    const skiff::bench::Options options = skiff::bench::parse(argc, argv);
    skiff::bench::Sums sums;
    const double seconds = skiff::bench::run(options, sums);
    skiff::bench::print(sums, seconds);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff_load: %s\n", error.what());
    return 1;
  }
}
