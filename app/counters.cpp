#include "app/counters.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace http_api {
namespace {

void append_metric(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_single(std::string& out, std::string_view name, std::string_view type, std::string_view help,
                   const std::string& value) {
  append_metric(out, name, type, help);
  out.append(name).append(" ").append(value).append("\n");
}

std::string label_value(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;  // a line feed cannot come: settings.cpp lets only printable characters in
  }
  return escaped;
}

std::string seconds(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6f", value);
  return text;
}

}  // namespace

std::string Counters::render(const Facts& facts) const {
  std::string out;
  append_metric(out, "http_api_requests_total", "counter", "Requests answered, by route and status.");
  for (std::size_t route = 0; route < kRoutes; ++route) {
    for (std::size_t column = 0; column < kStatuses.size(); ++column) {
      if (answers_[route][column] == 0) continue;
      out.append("http_api_requests_total{route=\"").append(route_label(static_cast<Route>(route)));
      out.append("\",status=\"").append(std::to_string(kStatuses[column])).append("\"} ");
      out.append(std::to_string(answers_[route][column])).append("\n");
    }
  }
  append_single(out, "http_api_connections", "gauge", "Connections open now.", std::to_string(connections_open));
  append_single(out, "http_api_connections_accepted_total", "counter", "Connections accepted.",
                std::to_string(connections_accepted));
  append_single(out, "http_api_client_timeouts_total", "counter", "Connections closed because the client was too slow.",
                std::to_string(clients_timed_out));
  append_single(out, "http_api_draining", "gauge", "1 after SIGTERM.", facts.draining ? "1" : "0");
  append_metric(out, "http_api_build_info", "gauge", "Always 1; the label tells APP_VERSION.");
  out.append("http_api_build_info{version=\"").append(label_value(facts.app_version)).append("\"} 1\n");
  append_single(out, "process_cpu_seconds_total", "counter", "User and system CPU time.", seconds(facts.cpu_seconds));
  append_single(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
                std::to_string(facts.resident_bytes));
  append_single(out, "process_start_time_seconds", "gauge", "Start, in seconds since the epoch.",
                seconds(facts.start_unix_seconds));
  return out;
}

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

std::uint64_t process_resident_bytes() {
  unsigned long long size = 0;
  unsigned long long resident = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr) return 0;  // no /proc in the container: told as 0
  const int read = std::fscanf(statm, "%llu %llu", &size, &resident);
  std::fclose(statm);
  return read == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace http_api
