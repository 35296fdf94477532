#include "state/codec.h"

#include "state/records.h"
#include "state/state.h"

namespace state {

#define SCALEOUT_STORED(Record)                  \
  template std::string encode(const Record&);    \
  template Result<Record> decode(std::string_view);

SCALEOUT_RECORDS(SCALEOUT_STORED)
SCALEOUT_STORED(StoredReply)

}  // namespace state
