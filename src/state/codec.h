// encode() and decode() of table.h, for the files that instantiate a Table of their own record.
#pragma once

#include "base/record_codec.h"
#include "state/table.h"

namespace state {

template <class Record>
std::string encode(const Record& record) {
  return record::to_json(record);
}
template <class Record>
Result<Record> decode(std::string_view text) {
  return record::from_json<Record>(text);
}

}  // namespace state
