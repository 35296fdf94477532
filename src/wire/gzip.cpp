#include "wire/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cassert>

namespace wire {
namespace {
constexpr int kGzipWindow = 15 + 16;  // zlib: a 32 KiB window with gzip's header
}

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return fail("InternalFailure", "zlib does not start.");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char buffer[16 * 1024];
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    state = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = sizeof buffer - stream.avail_out;
    if (out.size() + made > limit) {
      inflateEnd(&stream);
      return fail("RequestEntityTooLarge", fmt::format("The request body is larger than {} bytes when uncompressed.", limit));
    }
    out.append(buffer, made);
    if (state == Z_STREAM_END && stream.avail_in != 0) state = inflateReset(&stream);  // members may follow each other
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return fail("MalformedInput", "The request body is not valid gzip.");
  return out;
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  [[maybe_unused]] int state = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  assert(state == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  state = deflate(&stream, Z_FINISH);
  assert(state == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace wire
