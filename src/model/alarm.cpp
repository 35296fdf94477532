#include "model/alarm.h"

#include <fmt/format.h>

namespace model {

std::string AlarmHistoryItem::key() const { return fmt::format("{}#{:08}", alarm, sequence); }

}  // namespace model
