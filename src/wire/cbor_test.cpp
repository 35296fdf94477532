#include "wire/cbor.h"

#include <doctest/doctest.h>

#include "api/cloudwatch.h"

namespace {

using namespace std::string_literals;
const api::Type& kPut = *api::cloudwatch::op::PutMetricData::operation().input;

Result<api::cloudwatch::PutMetricDataInput> parse(const std::string& body) {
  api::cloudwatch::PutMetricDataInput out;
  TRY_VOID(wire::decode_cbor(kPut, body, &out));
  return out;
}

}  // namespace

TEST_CASE("CBOR: definite and indefinite lengths, every float width, tagged time, unknown members skipped") {
  // {"Namespace": "N" in two chunks, "x": [1, {"a": h'00'}, null], "MetricData": [{"Value": 1.5 (half), "Timestamp": 1(1700000000.5)}]}
  const auto in = parse("\xBF\x69Namespace\x7F\x61N\x61M\xFF\x61x\x83\x01\xA1\x61\x61\x41\x00\xF6\x6AMetricData\x81\xA2\x65Value\xF9\x3E\x00\x69Timestamp\xC1"
                        "\xFB\x41\xD9\x54\xFC\x40\x20\x00\x00\xFF"s);
  REQUIRE(in);
  CHECK(in->namespace_ == "NM");
  CHECK(in->metric_data->at(0).value == 1.5);
  CHECK(in->metric_data->at(0).timestamp->ms == 1'700'000'000'500);
  CHECK(parse("").has_value());
  CHECK(parse("\xBF\xFF"s).has_value());
}

TEST_CASE("malformed CBOR is a SerializationException") {
  for (const std::string& body : {"\xFF"s, "\xBF"s, "\xBF\xFF\x00"s, "\x80"s, "\x01"s, "\xA1"s, "\xA1\x61"s, "\xA1\x61x"s, "\xA1\x01\x01"s,
                                  "\xBF\x69Namespace\xFF"s, "\xA1\x69Namespace\x01"s, "\xA1\x69Namespace\x61\xFF"s, "\xA1\x69Namespace\x7F\x41\x00\xFF"s,
                                  "\xA1\x69Namespace\x7B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, "\xA1\x6AMetricData\x9B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s,
                                  "\xA1\x6AMetricData\x9F"s, "\xA1\x6AMetricData\x81\x01"s, "\xA1\x61x\xFF"s, "\xA1\x61x\x1C"s, "\xA1\x61x\x1F"s, "\xA1\x61x\xDF"s,
                                  "\xA1\x6AMetricData\x81\xA1\x69Timestamp\x01"s, "\xA1\x6AMetricData\x81\xA1\x69Timestamp\xC1\xFB\x7F\xF0\x00\x00\x00\x00\x00\x00"s}) {
    const auto in = parse(body);
    REQUIRE_FALSE(in);
    CHECK(in.error().code == "SerializationException");
  }
  CHECK_FALSE(parse("\xA1\x61x" + std::string(100'000, '\x81') + "\x01"));
  CHECK_FALSE(parse("\xA1\x61x" + std::string(100'000, '\xC1') + "\x01"));
}

TEST_CASE("CBOR error answers read back") {
  const Error error = wire::decode_cbor_error(wire::encode_cbor_error("ResourceNotFound", "gone"));
  CHECK(error == Error{"ResourceNotFound", "gone"});
  CHECK(wire::decode_cbor_error("").code.empty());
  CHECK(wire::decode_cbor_error("\xA1\x66__type").code.empty());
}
