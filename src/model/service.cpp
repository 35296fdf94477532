#include "model/service.h"

#include <fmt/format.h>

namespace model {

std::string ServiceEvent::key() const { return fmt::format("{}#{:08}", service, sequence); }

}  // namespace model
