// What every table does, compiled once for each record (state.h promises that to its readers).
#include "state/records.h"
#include "state/state.h"

namespace state {

#define SCALEOUT_TABLE(Record) template class Table<Record>;
SCALEOUT_RECORDS(SCALEOUT_TABLE)

}  // namespace state
