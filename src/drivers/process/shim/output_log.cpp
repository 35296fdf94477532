#include "drivers/process/shim/output_log.h"

#include <unistd.h>

#include <cerrno>

#include "drivers/process/container_files.h"

namespace drivers::process {
namespace {
constexpr std::size_t kLongestLine = 16 * 1024;  // longer ones are cut into P pieces, as container runtimes do

std::string time_stamp() { return log_time_stamp(wall_clock_ms()); }
}  // namespace

bool OutputLog::pump(int fd, bool is_stderr) {
  char buffer[16 * 1024];
  // At most a few buffers at a time: a talkative container must not keep the shim from its signals.
  for (int round = 0; round < 4; ++round) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n > 0) {
      take(streams_[is_stderr], {buffer, static_cast<std::size_t>(n)});
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    flush();
    return n < 0 && errno == EAGAIN;
  }
  flush();
  return true;
}

void OutputLog::take(Stream& stream, std::string_view bytes) {
  if (stamp_.empty()) stamp_ = time_stamp();
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end != std::string_view::npos && stream.pending.size() + end <= kLongestLine) {
      stream.pending.append(bytes.substr(0, end));
      append_log_line(out_, stamp_, stream.name, 'F', stream.pending);
      stream.pending.clear();
      bytes.remove_prefix(end + 1);
      continue;
    }
    const std::size_t room = kLongestLine - stream.pending.size();
    stream.pending.append(bytes.substr(0, room));
    bytes.remove_prefix(std::min(room, bytes.size()));
    if (stream.pending.size() < kLongestLine) continue;
    append_log_line(out_, stamp_, stream.name, 'P', stream.pending);
    stream.pending.clear();
  }
}

void OutputLog::note(std::string_view text) {
  if (stamp_.empty()) stamp_ = time_stamp();
  append_log_line(out_, stamp_, "stderr", 'F', std::string("[scaleout] ").append(text));
  flush();
}

void OutputLog::flush() {
  if (!out_.empty()) writer_.write(out_, stamp_);
  stamp_.clear();
  out_.clear();
  if (out_.capacity() > 64 * 1024) out_.shrink_to_fit();
}

void OutputLog::finish() {
  for (Stream& stream : streams_) {
    if (stream.pending.empty()) continue;
    if (stamp_.empty()) stamp_ = time_stamp();
    append_log_line(out_, stamp_, stream.name, 'F', stream.pending);
    stream.pending.clear();
  }
  flush();
}

}  // namespace drivers::process
